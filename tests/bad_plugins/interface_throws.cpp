#include <stdexcept>

#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.interface_throws");
  table.get_interface = [](void* self, weft_str id, uint32_t n) -> const void* {
    if (n > 0) throw std::runtime_error("get_interface");
    return test_plugin::get_interface(self, id, n);
  };
  return &table;
}
