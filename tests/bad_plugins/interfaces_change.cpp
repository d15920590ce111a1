// get_interface gives a new table each time.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.interfaces_change");
  table.get_interface = [](void*, weft_str id, uint32_t n) -> const void* {
    static weft_interface tables[64];
    static int given = 0;
    if (!test_plugin::is(id, test_plugin::text("test.thing/0")) || n > 0) return nullptr;
    weft_interface& next = tables[given++ % 64];
    next = {{WEFT_END(weft_interface, get_extension), 0}, nullptr, nullptr};
    return &next;
  };
  return &table;
}
