// Placement: which device runs which nodes, and the graphs to compile for them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/graph/graph.hpp"
#include "weft/status.hpp"

namespace weft {

struct DeviceSupport {
  std::string name;
  /// One verdict a node: 0 no, 1 yes, 2 yes and fast.
  std::function<Result<std::vector<std::uint8_t>>(const Graph&)> verdicts;
};

/// A run of nodes for one device. Its graph keeps all symbols (same ids), value names, and the
/// states and groups it touches. Its inputs are outer inputs and cut values (as INPUT); its outputs
/// are outer outputs computed here, by their names, then values later segments need, named
/// "cut:<outer id>". A state written in an earlier segment appears as the STATE itself.
struct Segment {
  std::uint32_t device = 0;
  Graph graph;
  std::vector<std::uint32_t> to_outer;    // [segment value] -> value of Placement::graph
  std::vector<std::uint32_t> from_outer;  // [value of Placement::graph] -> segment value, WEFT_NONE
};

struct Placement {
  Graph graph;                    // after inlining; values of the given graph keep their ids
  std::vector<Segment> segments;  // in order of execution
  /// What did not run on the first device: "gather runs on reference (acme refuses it)", each op
  /// and device once.
  std::vector<std::string> notes;
};

struct PlaceOptions {
  bool strict = false;  // a node the first device refuses is an error that names it
};

/// The first device is asked first; composites it refuses are inlined as long as that brings it
/// work, and what it refuses then runs on the next device that accepts it. Nodes that touch the
/// states of one group run on one device.
Result<Placement> place(const Graph& graph, std::span<const DeviceSupport> devices,
                        const PlaceOptions& options = {});

}  // namespace weft
