// init ends the process where new gives nothing.
#include <memory>

#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.needs_memory");
  table.init = [](const weft_host* host, const weft_json* options, void** self) noexcept {
    const auto scratch = std::make_unique<volatile char[]>(64);  // bad_alloc meets noexcept
    scratch[0] = 1;
    return test_plugin::init(host, options, self);
  };
  return &table;
}
