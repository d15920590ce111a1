// Serves any host, and says so too late.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.other_minor");
  table.abi_minor = WEFT_ABI_MINOR + 1;
  return &table;
}
