// A plugin that does not look at the host's version, and whose table is of the next minor version.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.other_minor");
  table.abi_minor = WEFT_ABI_MINOR + 1;
  return &table;
}
