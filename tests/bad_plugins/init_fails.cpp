#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.init_fails");
  table.init = [](const weft_host* host, const weft_json*, void**) -> weft_status* {
    return host->status_new(host->ctx, WEFT_UNAVAILABLE, test_plugin::text("no such device here"));
  };
  return &table;
}
