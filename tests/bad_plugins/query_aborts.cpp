// The query ends the process where the host has another major version.
#include <cstdlib>

#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.query_aborts");
  if (host_major != WEFT_ABI_MAJOR) std::abort();
  return &table;
}
