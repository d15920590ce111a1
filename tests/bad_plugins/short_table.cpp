#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.short_table");
  table.hdr.struct_size = WEFT_END(weft_plugin, shutdown);
  table.get_interface = nullptr;
  return &table;
}
