// The library exports a function of its own besides.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.exports_more");
  return &table;
}

extern "C" __attribute__((visibility("default"))) int some_helper() { return 1; }
