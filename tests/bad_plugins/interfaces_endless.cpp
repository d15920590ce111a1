// get_interface never gives NULL.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.interfaces_endless");
  table.get_interface = [](void* self, weft_str id, uint32_t) -> const void* {
    return test_plugin::get_interface(self, id, 0);
  };
  return &table;
}
