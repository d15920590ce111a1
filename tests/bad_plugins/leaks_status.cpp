// init makes a status that nobody gets.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.leaks_status");
  table.init = [](const weft_host* host, const weft_json* options, void** self) -> weft_status* {
    host->status_new(host->ctx, WEFT_INTERNAL, test_plugin::text("never told"));
    return test_plugin::init(host, options, self);
  };
  return &table;
}
