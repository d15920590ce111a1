// init ends the process, as if all were well.
#include <cstdlib>

#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.exits");
  table.init = [](const weft_host*, const weft_json*, void**) -> weft_status* {
    std::exit(0);
  };
  return &table;
}
