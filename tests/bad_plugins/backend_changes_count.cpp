// It says another number of devices each time.
#include "backend.hpp"

const std::string_view test_plugin::kBackendId = "test.backend_changes_count";

void test_plugin::spoil(weft_backend& table, Kernel&) {
  table.device_count = [](void*) -> uint32_t {
    static uint32_t asked = 0;
    return 1 + asked++ % 2;
  };
}
