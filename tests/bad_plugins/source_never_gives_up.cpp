// A source that does not ask whether the host has cancelled.
#include "table.hpp"
#include "weft/abi/source.h"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.source_never_gives_up");
  table.get_interface = [](void*, weft_str id, uint32_t n) -> const void* {
    static const weft_source source = {
        {WEFT_END(weft_source, start), 0}, nullptr, nullptr, test_plugin::text("test.source_never_gives_up"),
        [](void*, weft_str, const weft_string_sink* path) -> weft_status* {
          path->set(path->ctx, test_plugin::text("/"));
          return nullptr;
        },
        [](void*, const weft_source_request*, const weft_string_sink* path) -> weft_status* {
          path->set(path->ctx, test_plugin::text("/"));
          return nullptr;
        },
        nullptr};
    return test_plugin::is(id, test_plugin::text(WEFT_SOURCE_INTERFACE)) && n == 0 ? &source : nullptr;
  };
  return &table;
}
