#include "plugins/backends/vulkan/support.hpp"

#include <algorithm>

#include "weft/sdk/composites.hpp"
#include "weft/sdk/error.hpp"
#include "weft/sdk/strided.hpp"

namespace weft::vulkan {
namespace {

constexpr int64_t kWidestHead = 1024;  // any_attention.comp's kMostWidth
// States that an invocation of selective_scan.comp or gated_delta.comp has. Larger: they leave the registers.
constexpr int64_t kMostStates = 256;

bool is_state(const weft_value& v) { return v.kind == WEFT_STATE || (v.kind == WEFT_TEMP && v.index != WEFT_NONE); }

bool takes_states(const std::string& op, uint32_t i) {
  if (op == "gather" || op == "scatter" || op == "scan") return true;
  const sdk::Op* row = sdk::find_op(op, 1);
  return row != nullptr && i < row->inputs().size() && row->inputs()[i].need == sdk::OpInput::kState;
}

}  // namespace

std::string unfit(const weft_graph& graph, const weft_node& node) {
  const std::string op(sdk::view(graph.op_names[node.op]));
  const auto value = [&](uint32_t i) -> const weft_value& {
    return sdk::strided(graph.values, graph.value_stride, i);
  };
  for (uint32_t i = 0; i < node.n_in; ++i) {
    if (node.in[i] != WEFT_NONE && is_state(value(node.in[i])) && !takes_states(op, i)) return op + " of a state";
  }
  if (op.ends_with("attention") && sdk::find_op(op, 1) != nullptr &&
      std::max(value(node.in[0]).dims[2], value(node.out[0]).dims[2]) > kWidestHead)
    return op + " with heads wider than " + std::to_string(kWidestHead);
  if (op == "selective_scan" || op == "gated_delta") {
    const int64_t states = value(node.in[op == "gated_delta" ? 1 : 3]).dims[2];
    if (states < 1 || states > kMostStates)
      return op + " with " + std::to_string(states) + " states, expected 1 to " + std::to_string(kMostStates);
  }
  return "";
}

}  // namespace weft::vulkan
