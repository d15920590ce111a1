// The layers of a graph, for those who spread a model over devices.
#pragma once

#include <cstdint>
#include <vector>

#include "core/graph/graph.hpp"

namespace weft {

/// The layer of each node: the first number among the parts of a name ("layers.3.mlp.up_proj") of the parameters and
/// states that it touches. Nodes without one belong to the layer before them; those before the first layer, to that
/// one.
std::vector<int64_t> layers_of(const Graph& graph);

/// How many layers the graph has: one more than the highest. 0: its names have no numbers.
int64_t layer_count(const Graph& graph);

}  // namespace weft
