// init writes to what alloc gave without looking whether it gave anything.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.ignores_no_memory");
  table.init = [](const weft_host* host, const weft_json* options, void** self) -> weft_status* {
    constexpr uint64_t kBytes = 64, kAlign = 16;
    void* const memory = host->alloc(host->ctx, kBytes, kAlign);
    *static_cast<volatile char*>(memory) = 1;
    host->free(host->ctx, memory, kBytes, kAlign);
    return test_plugin::init(host, options, self);
  };
  return &table;
}
