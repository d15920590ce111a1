// Copies between buffers, and between buffers and the host.
#pragma once

#include "plugins/backends/vulkan/timeline.hpp"
#include "weft/abi/backend.h"

namespace weft::vulkan {

void transfer(Timeline& line, const weft_transfer& transfer);

}  // namespace weft::vulkan
