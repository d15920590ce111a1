// Each query gives another table.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  const weft_plugin table = test_plugin::table("test.query_changes");
  static weft_plugin tables[] = {table, table};
  static int asked = 0;
  return &tables[asked++ % 2];
}
