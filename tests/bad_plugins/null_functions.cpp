// The plugin table has no shutdown.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.null_functions");
  table.shutdown = nullptr;
  return &table;
}
