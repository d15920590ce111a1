// It uses its first host for all that come later.
#include "table.hpp"

namespace {

const weft_host* first = nullptr;

}  // namespace

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.keeps_first_host");
  table.init = [](const weft_host* host, const weft_json* options, void** self) -> weft_status* {
    if (first == nullptr) first = host;
    return test_plugin::init(host, options, self);
  };
  table.get_interface = [](void* self, weft_str id, uint32_t n) -> const void* {
    first->log(first->ctx, WEFT_LOG_DEBUG, test_plugin::text("test"), test_plugin::text("asked"));
    return test_plugin::get_interface(self, id, n);
  };
  return &table;
}
