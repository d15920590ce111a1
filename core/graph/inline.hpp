// Replaces composites by their bodies, one level at a time.
#pragma once

#include <functional>
#include <vector>

#include "core/graph/graph.hpp"

namespace weft {

struct Inlined {
  Graph graph;
  std::vector<std::uint32_t> origin;  // by node: the node of the given graph that it comes from
};

/// Replaces each composite node for which `chosen(node index)` is true by the nodes of its body. Values of the given
/// graph keep their ids, and the bodies' values follow; equal constants of bodies become one.
Inlined inline_nodes(const Graph& graph, const std::function<bool(std::size_t)>& chosen);

/// Inlines until only primitives are left.
Graph inline_all(const Graph& graph);

}  // namespace weft
