// What a node's dispatches must move and compute, for bench/roofline.py.
#pragma once

#include "plugins/backends/vulkan/ops.hpp"

namespace weft::vulkan {

/// Logs a line of a node that has been recorded: its op, dispatches, bytes read and written where each tensor is met
/// once, and products (a multiplication and an addition count as one).
void account(const Dispatch& d, std::string_view op);

}  // namespace weft::vulkan
