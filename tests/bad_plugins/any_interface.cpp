// get_interface gives its table for every interface that is not weft's.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.any_interface");
  table.get_interface = [](void* self, weft_str id, uint32_t n) -> const void* {
    if (id.size > 5 && std::memcmp(id.data, "weft.", 5) == 0) return nullptr;
    return test_plugin::get_interface(self, test_plugin::text("test.thing/0"), n);
  };
  return &table;
}
