// A constructor of the library takes a signal of the process.
#include <csignal>

#include "table.hpp"

namespace {

[[maybe_unused]] const auto before = std::signal(SIGUSR1, [](int) {});

}  // namespace

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.installs_handler");
  return &table;
}
