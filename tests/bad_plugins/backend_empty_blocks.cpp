// state_layout says that a block has no bytes.
#include "backend.hpp"

const std::string_view test_plugin::kBackendId = "test.backend_empty_blocks";

void test_plugin::spoil(weft_backend& table, Kernel&) {
  table.state_layout = [](weft_device*, const weft_state*, uint32_t, weft_state_layout* out) -> weft_status* {
    out->block_bytes = 0, out->align = 64;
    return nullptr;
  };
}
