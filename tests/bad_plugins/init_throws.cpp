#include <stdexcept>

#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.init_throws");
  table.init = [](const weft_host*, const weft_json*, void**) -> weft_status* { throw std::runtime_error("init"); };
  return &table;
}
