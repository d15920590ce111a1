// Cuts a placed graph into the graphs of its devices.
#pragma once

#include <vector>

#include "core/graph/partition.hpp"

namespace weft {

/// Maximal runs of consecutive nodes of one device, `device[node]`.
std::vector<Segment> cut(const Graph& graph, const std::vector<std::uint32_t>& device);

}  // namespace weft
