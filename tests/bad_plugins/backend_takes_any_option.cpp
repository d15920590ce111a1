// device_open takes options that it does not know.
#include "backend.hpp"

namespace {

decltype(weft_backend::device_open) device_open;

}  // namespace

const std::string_view test_plugin::kBackendId = "test.backend_takes_any_option";

void test_plugin::spoil(weft_backend& table, Kernel&) {
  device_open = table.device_open;
  table.device_open = [](void* self, uint32_t i, weft_str variant, const weft_options*, weft_device** out) {
    return device_open(self, i, variant, nullptr, out);
  };
}
