// One device a node, with all nodes that touch the states of one group on one device.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/graph/graph.hpp"

namespace weft {

using Verdicts = std::vector<std::vector<std::uint8_t>>;  // [device][node]

struct Affinity {
  std::vector<std::uint32_t> device;    // [node]: the first device that may run it
  std::vector<std::uint32_t> unplaced;  // nodes no device may run, the first group of them
  std::string state;                    // why, if it is because of a state
};

Affinity assign(const Graph& graph, const Verdicts& verdicts);

}  // namespace weft
