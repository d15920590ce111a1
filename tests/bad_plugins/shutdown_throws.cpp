// shutdown throws.
#include <stdexcept>

#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.shutdown_throws");
  table.shutdown = [](void*) { throw std::runtime_error("shutdown"); };
  return &table;
}
