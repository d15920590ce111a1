// init fails for a second host.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.serves_one_host");
  table.init = [](const weft_host* host, const weft_json* options, void** self) -> weft_status* {
    static int hosts = 0;
    if (options->size(options->root) == 0 && hosts++ > 0)
      return host->status_new(host->ctx, WEFT_ALREADY_EXISTS, test_plugin::text("one host has me already"));
    return test_plugin::init(host, options, self);
  };
  table.shutdown = [](void*) {};
  return &table;
}
