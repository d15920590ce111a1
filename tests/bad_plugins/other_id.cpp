#include "table.hpp"

TEST_PLUGIN_QUERY {
  static const weft_plugin table = test_plugin::table("test.somebody_else");
  return &table;
}
