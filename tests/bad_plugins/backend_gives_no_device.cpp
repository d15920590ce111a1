// device_open says OK and gives no device.
#include "backend.hpp"

const std::string_view test_plugin::kBackendId = "test.backend_gives_no_device";

void test_plugin::spoil(weft_backend& table, Kernel&) {
  table.device_open = [](void*, uint32_t, weft_str, const weft_options*, weft_device**) -> weft_status* {
    return nullptr;
  };
  table.device_close = [](weft_device*) {};
}
