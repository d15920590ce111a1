// init writes to standard output.
#include <cstdio>

#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.prints");
  table.init = [](const weft_host* host, const weft_json* options, void** self) -> weft_status* {
    std::puts("hello from a plugin");
    return test_plugin::init(host, options, self);
  };
  return &table;
}
