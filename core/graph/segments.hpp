// Cuts a placed graph into the graphs of its devices.
#pragma once

#include <vector>

#include "core/graph/partition.hpp"

namespace weft {

/// Makes a segment of each maximal run of consecutive nodes with the same device[node].
std::vector<Segment> cut(const Graph& graph, const std::vector<std::uint32_t>& device);

}  // namespace weft
