// It has nothing of what its manifest promises.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.promise_broken");
  table.get_interface = [](void*, weft_str, uint32_t) -> const void* { return nullptr; };
  return &table;
}
