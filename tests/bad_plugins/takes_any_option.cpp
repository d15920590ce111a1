// init takes options that it does not know.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.takes_any_option");
  table.init = [](const weft_host*, const weft_json*, void** self) -> weft_status* {
    *self = nullptr;
    return nullptr;
  };
  return &table;
}
