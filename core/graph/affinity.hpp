// Chooses a device for each node, so that all nodes that touch the states of one group run on one device.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/graph/graph.hpp"

namespace weft {

using Verdicts = std::vector<std::vector<std::uint8_t>>;  // [device][node]

struct Affinity {
  std::vector<std::uint32_t> device;    // by node: the first device that may run it
  // Nodes that no device runs: the first such node; where it touches states, all nodes tied to these.
  std::vector<std::uint32_t> unplaced;
  std::string state;                    // the state that is the cause, for the error; empty: none is
};

Affinity assign(const Graph& graph, const Verdicts& verdicts);

}  // namespace weft
