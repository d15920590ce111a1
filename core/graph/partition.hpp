// Decides which device runs which nodes, and makes the graphs to compile for the devices.
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
  /// One verdict for each node, see weft_backend.supports: 0 no, 1 yes, 2 yes and fast.
  std::function<Result<std::vector<std::uint8_t>>(const Graph&)> verdicts;
};

/// A run of nodes for one device. Its graph keeps all symbols with their ids, the names of values, and the states and
/// groups that it touches. The inputs are inputs of the outer graph, and values cut from earlier segments (as INPUT).
/// The outputs are outputs of the outer graph that this segment computes, under their names, then the values that later
/// segments need, as "cut:<outer id>". A state that an earlier segment has written is the STATE itself.
struct Segment {
  std::uint32_t device = 0;
  Graph graph;
  std::vector<std::uint32_t> to_outer;    // by value of the segment: the value of Placement::graph
  std::vector<std::uint32_t> from_outer;  // by value of Placement::graph: the segment's value, or WEFT_NONE
};

struct Placement {
  Graph graph;                    // after inlining; the values of the given graph keep their ids
  std::vector<Segment> segments;  // in order of execution
  /// What does not run on the first device, such as "gather runs on reference (acme refuses it)"; each op and device
  /// once.
  std::vector<std::string> notes;
};

struct PlaceOptions {
  bool strict = false;  // a node that the first device refuses is an error, which names it
};

/// Places the graph. The first device is preferred: composites that it refuses are inlined as long as that gives it
/// work, and nodes that it refuses run on the next device that accepts them. Nodes that touch the states of one group
/// run on one device.
Result<Placement> place(const Graph& graph, std::span<const DeviceSupport> devices,
                        const PlaceOptions& options = {});

}  // namespace weft
