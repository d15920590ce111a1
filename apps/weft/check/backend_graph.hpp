// One small graph, which the checker runs on a device.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/device/graph_instance.hpp"
#include "weft/abi/plugin.h"

namespace weft::app {

inline constexpr const char* kSimpleOps[] = {"add", "mul", "exp", "sigmoid"};
inline constexpr int64_t kMostTokens = 64;

/// y = op(x) for x [T, 4] of f32, T at most kMostTokens; of two inputs both are x. `op`: one of kSimpleOps.
Result<Graph> graph_of(const std::string& op, const weft_host* host);
/// The graph of the first of kSimpleOps that the device runs by itself.
std::optional<Graph> runnable_graph(const Device& device, const weft_host* host);

/// The weights of a model that has none.
Result<std::shared_ptr<Store>> empty_store(const std::shared_ptr<Device>& device);
Result<std::shared_ptr<const CompiledGraph>> compiled(const std::shared_ptr<Device>& device, const Graph& graph);

/// Writes x for `tokens` tokens.
void fill_input(float* x, int64_t tokens);
/// Runs the graph for `tokens` tokens and gives y.
Result<std::vector<float>> run(GraphInstance& instance, int64_t tokens);

}  // namespace weft::app
