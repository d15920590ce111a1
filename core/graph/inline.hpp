// Decomposition: composites replaced by their bodies, one level at a time.
#pragma once

#include <functional>
#include <vector>

#include "core/graph/graph.hpp"

namespace weft {

struct Inlined {
  Graph graph;
  std::vector<std::uint32_t> origin;  // of each node: the node of the given graph it comes from
};

/// Replaces each composite node that `chosen(node index)` picks by the nodes of its body. Values of
/// the given graph keep their ids, those of bodies follow; equal constants of bodies are shared.
Inlined inline_nodes(const Graph& graph, const std::function<bool(std::size_t)>& chosen);

/// Until only primitives are left.
Graph inline_all(const Graph& graph);

}  // namespace weft
