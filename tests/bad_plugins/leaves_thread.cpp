// A thread of the plugin goes on after shutdown.
#include <chrono>
#include <thread>

#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.leaves_thread");
  table.init = [](const weft_host* host, const weft_json* options, void** self) -> weft_status* {
    if (options->size(options->root) == 0)
      std::thread([] { std::this_thread::sleep_for(std::chrono::hours(1)); }).detach();
    return test_plugin::init(host, options, self);
  };
  return &table;
}
