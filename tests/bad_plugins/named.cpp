// Two good plugins, named_a and named_b, with a table of one name.
#include "table.hpp"
#include "tests/bad_plugins/named.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table(TEST_PLUGIN_ID);
  table.get_interface = [](void*, weft_str, uint32_t n) -> const void* {
    static const test_plugin::Named offered = {
        {{WEFT_END(test_plugin::Named, act), 0}, nullptr, nullptr}, test_plugin::text("shared"), [] {}};
    return n == 0 ? &offered : nullptr;
  };
  return &table;
}
