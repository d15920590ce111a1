// init takes memory of the host that nothing frees.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.leaks_memory");
  table.init = [](const weft_host* host, const weft_json* options, void** self) -> weft_status* {
    host->alloc(host->ctx, 100, 16);
    return test_plugin::init(host, options, self);
  };
  return &table;
}
