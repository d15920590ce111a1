// init frees a status twice.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.frees_status_twice");
  table.init = [](const weft_host* host, const weft_json* options, void** self) -> weft_status* {
    weft_status* const status = host->status_new(host->ctx, WEFT_INTERNAL, test_plugin::text("freed"));
    host->status_free(status);
    host->status_free(status);
    return test_plugin::init(host, options, self);
  };
  return &table;
}
