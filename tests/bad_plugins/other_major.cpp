// A plugin that does not look at the host's version, and whose table is of the next major version.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.other_major");
  table.abi_major = WEFT_ABI_MAJOR + 1;
  return &table;
}
