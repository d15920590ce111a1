// init frees the memory that it was given twice, where the host keeps it.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.frees_twice");
  table.init = [](const weft_host* host, const weft_json* options, void** self) -> weft_status* {
    constexpr uint64_t kBytes = 100, kAlign = 16;
    auto* const memory = static_cast<char*>(host->alloc(host->ctx, kBytes, kAlign));
    if (memory == nullptr) return test_plugin::init(host, options, self);

    host->free(host->ctx, memory, kBytes, kAlign);
    host->free(host->ctx, memory, kBytes, kAlign);
    return test_plugin::init(host, options, self);
  };
  return &table;
}
