// The query does not return.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.hangs_in_query");
  for (volatile int going = 1; going != 0;) {
  }
  return &table;
}
