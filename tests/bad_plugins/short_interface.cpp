// The second of its interface tables ends before the field `self`.
#include "table.hpp"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.short_interface");
  table.get_interface = [](void*, weft_str, uint32_t n) -> const void* {
    static const weft_interface tables[] = {{{WEFT_END(weft_interface, get_extension), 0}, nullptr, nullptr},
                                            {{WEFT_END(weft_interface, hdr), 0}, nullptr, nullptr}};
    return n < 2 ? &tables[n] : nullptr;
  };
  return &table;
}
