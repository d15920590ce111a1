// A function that init gives to the host's threads throws.
#include <stdexcept>

#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.throws_in_parallel");
  table.init = [](const weft_host* host, const weft_json* options, void** self) -> weft_status* {
    host->parallel_for(
        host->ctx, 1, 1, [](void*, uint64_t, uint64_t, uint32_t) { throw std::runtime_error("a piece"); }, nullptr);
    return test_plugin::init(host, options, self);
  };
  return &table;
}
