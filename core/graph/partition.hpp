// Decides which device runs which nodes, and makes the graphs to compile for the devices.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/graph/affinity.hpp"
#include "weft/status.hpp"

namespace weft {

struct DeviceSupport {
  std::string name;
  /// One verdict for each node, see weft_backend.supports: 0 no, 1 yes, 2 yes and fast. `reasons`, where given, gets by
  /// node why a verdict is 0.
  std::function<Result<std::vector<std::uint8_t>>(const Graph&, std::vector<std::string>* reasons)> verdicts;
  bool own_memory = false;  // values must be copied to it and from it
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
  /// What does not run where it should, such as "gather runs on reference, not on acme: there is no kernel for gather";
  /// each op and device once.
  std::vector<std::string> notes;

  /// The devices of the states, for the model's other graphs.
  StateDevices states() const;
};

struct PlaceOptions {
  bool strict = false;  // a node that the first device refuses is an error, which names it
  /// By layer: the device that should run it. Empty: the first device runs all.
  std::vector<std::uint32_t> layers;
  StateDevices states;  // of the model's other graphs, which are placed already
};

/// Places the graph. A node's home is its layer's device. Nodes that it refuses run on the next device that accepts
/// them. Composites that it refuses are inlined if it then runs some of one; if values must be copied for that, all of
/// one, or nodes that have weights or states or that it runs fast. Nodes that touch one state run on one device. Nodes
/// that are not worth copying values to a device and back run where their neighbours do.
Result<Placement> place(const Graph& graph, std::span<const DeviceSupport> devices, const PlaceOptions& options = {});

}  // namespace weft
