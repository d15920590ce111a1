#include "core/device/estimate.hpp"

#include "core/base/checked.hpp"
#include "core/graph/view.hpp"
#include "weft/sdk/strided.hpp"
#include "weft/sdk/value_dtype.hpp"

namespace weft {
namespace {

void add(uint64_t& sum, uint64_t bytes) { sum = checked_add(sum, bytes).value_or(UINT64_MAX); }

}  // namespace

uint64_t most_bytes(const Graph& graph, const Value& value) {
  Dims dims;
  for (const int64_t d : value.dims) dims.push_back(d >= 0 ? d : graph.symbols[static_cast<std::size_t>(~d)].max);
  const auto elements = checked_elements(dims);
  const auto bytes = elements ? checked_mul(*elements, sdk::element_bytes(value.dtype)) : std::nullopt;
  return bytes.value_or(UINT64_MAX);
}

Result<Estimate> estimate(const Device& device, const Graph& graph, const weft_params& params,
                          std::span<const uint64_t> param_bytes) {
  Estimate e;
  const GraphView view(graph);
  for (std::size_t i = 0; i < graph.states.size(); ++i) {
    const Group& group = graph.groups[graph.states[i].group];
    const weft_state& state = sdk::strided(view.get()->states, view.get()->state_stride, i);
    WEFT_TRY(const uint64_t stride, device.block_stride(state, group.block_tokens));
    const auto blocks = static_cast<uint64_t>(graph.symbols[group.sym_slots].max / group.block_tokens);
    add(e.states, checked_mul(stride, blocks).value_or(UINT64_MAX));
  }
  for (const uint32_t v : graph.inputs) add(e.values, most_bytes(graph, graph.values[v]));
  for (const uint32_t v : graph.outputs) add(e.values, most_bytes(graph, graph.values[v]));
  const weft_backend& api = device.api();
  if (WEFT_HAS(&api, weft_backend, estimate) && api.estimate != nullptr) {
    weft_estimate told{};
    told.hdr.struct_size = WEFT_END(weft_estimate, scratch);
    WEFT_CHECK_OK(
        device.call("estimate", [&] { return api.estimate(device.handle(), &params, view.get(), &told); }));
    e.weights = told.weights, e.scratch = told.scratch;
    return e;
  }
  for (const Value& value : graph.values) {
    if (value.kind == WEFT_PARAM) add(e.weights, param_bytes[value.index]);
  }
  return e;
}

}  // namespace weft
