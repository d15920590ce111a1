// init ends the process.
#include <cstdlib>

#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.aborts");
  table.init = [](const weft_host*, const weft_json*, void**) -> weft_status* {
    std::abort();
  };
  return &table;
}
