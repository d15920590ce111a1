// Chooses a device for each node, so that all nodes that touch a state run on one device.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/graph/graph.hpp"

namespace weft {

using Verdicts = std::vector<std::vector<std::uint8_t>>;  // [device][node]
/// By the name of a state: the device on which another graph of the model has it.
using StateDevices = std::map<std::string, std::uint32_t>;

struct Affinity {
  std::vector<std::uint32_t> device;    // by node: its home if that runs it, otherwise the first device that does
  // Nodes that no device runs: the first such node; where it touches states, all nodes tied to these.
  std::vector<std::uint32_t> unplaced;
  std::string state;                    // the state that is the cause, for the error; empty: none is
};

/// `home`, by node: the device that should run it.
Affinity assign(const Graph& graph, const Verdicts& verdicts, const std::vector<std::uint32_t>& home,
                const StateDevices& fixed);

/// The states that a node reads or writes.
std::vector<std::uint32_t> states_of(const Graph& graph, const Node& node);

}  // namespace weft
