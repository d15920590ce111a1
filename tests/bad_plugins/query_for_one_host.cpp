// The query gives NULL to later hosts of its major version.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.query_for_one_host");
  if (host_minor != WEFT_ABI_MINOR) return nullptr;
  return &table;
}
