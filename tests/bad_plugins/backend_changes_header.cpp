// device_info writes another size into the struct of the host.
#include "backend.hpp"

namespace {

decltype(weft_backend::device_info) device_info;

}  // namespace

const std::string_view test_plugin::kBackendId = "test.backend_changes_header";

void test_plugin::spoil(weft_backend& table, Kernel&) {
  device_info = table.device_info;
  table.device_info = [](void* self, uint32_t i, weft_device_info* out) {
    weft_status* const status = device_info(self, i, out);
    out->hdr.struct_size += 8;
    return status;
  };
}
