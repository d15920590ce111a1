// Which nodes shaders run.
#pragma once

#include <string>

#include "weft/abi/graph.h"

namespace weft::vulkan {

/// Why no shader runs a node whose inputs, attributes and body are those of its op; empty: one does.
std::string unfit(const weft_graph& graph, const weft_node& node);

}  // namespace weft::vulkan
