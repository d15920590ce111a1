// Serves any host, and says so too late.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.other_major");
  table.abi_major = WEFT_ABI_MAJOR + 1;
  return &table;
}
