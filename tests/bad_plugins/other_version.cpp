// The plugin table says another version than the manifest.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.other_version");
  table.version = test_plugin::text("2.0.0");
  return &table;
}
