// A format that claims every folder, with more than the highest score.
#include "table.hpp"
#include "weft/abi/format.h"

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.format_scores_high");
  table.get_interface = [](void*, weft_str id, uint32_t n) -> const void* {
    static const weft_format format = {
        {WEFT_END(weft_format, read), 0}, nullptr, nullptr, test_plugin::text("test.format_scores_high"),
        [](void*, const weft_files*, uint32_t* score, const weft_string_sink* entry) -> weft_status* {
          *score = 250;
          entry->set(entry->ctx, test_plugin::text("model.bad"));
          return nullptr;
        },
        [](void*, const weft_files*, weft_str, const weft_format_sink*) -> weft_status* { return nullptr; }};
    return test_plugin::is(id, test_plugin::text(WEFT_FORMAT_INTERFACE)) && n == 0 ? &format : nullptr;
  };
  return &table;
}
