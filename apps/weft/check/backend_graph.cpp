#include "apps/weft/check/backend_graph.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/graph/builder.hpp"
#include "core/graph/view.hpp"
#include "weft/sdk/graph.hpp"

namespace weft::app {
namespace {

Status no_param() { return error(Code::kOutOfRange, "the model has no parameters"); }

const weft_params kNoParams = {
    {WEFT_END(weft_params, order), 0},
    nullptr,
    0,
    [](void*, uint64_t, weft_param*) -> weft_status* { return to_abi(no_param()); },
    [](void*, uint64_t, uint64_t, uint64_t*, weft_slab*) -> weft_status* { return to_abi(no_param()); },
    [](void*, uint64_t, uint32_t, uint64_t, uint64_t, const weft_slab*) -> weft_status* { return to_abi(no_param()); },
    [](void*, uint64_t, uint64_t, uint64_t) {},
    [](void*, uint64_t, uint64_t, const int32_t**) -> weft_status* { return to_abi(no_param()); }};

}  // namespace

Result<Graph> graph_of(const std::string& op, const weft_host* host) {
  ParamTable params;
  GraphBuilder builder({.name = "step", .params = &params, .symbol_max = [](std::string_view) { return kMostTokens; }});
  WEFT_CHECK_OK(from_abi(sdk::guard(host, [&] {
    sdk::Graph g(*builder.abi());
    const sdk::Tensor x = g.input("x", WEFT_F32, {g.symbol("T"), 4});
    g.output("y", op == "add" ? g.add(x, x) : op == "mul" ? g.mul(x, x)
                                          : op == "exp"   ? g.exp(x)
                                                          : g.sigmoid(x));
  })));
  return builder.finish();
}

std::optional<Graph> runnable_graph(const Device& device, const weft_host* host) {
  for (const char* op : kSimpleOps) {
    auto graph = graph_of(op, host);
    if (!graph.ok()) continue;
    const GraphView view(*graph);
    const auto verdict = device.supports(*view.get());
    if (verdict.ok() && std::all_of(verdict->begin(), verdict->end(), [](uint8_t v) { return v > 0; }))
      return std::move(*graph);
  }
  return std::nullopt;
}

Result<std::shared_ptr<Store>> empty_store(const std::shared_ptr<Device>& device) {
  return Store::create(device, &kNoParams, WEFT_PRECISION_EXACT);
}

Result<std::shared_ptr<const CompiledGraph>> compiled(const std::shared_ptr<Device>& device, const Graph& graph) {
  WEFT_TRY(auto store, empty_store(device));
  return compile_graph(graph, {std::move(store)}, {.strict = true});
}

void fill_input(float* x, int64_t tokens) {
  for (int64_t i = 0; i < tokens * 4; ++i) x[i] = static_cast<float>(i % 17) / 8 - 1;
}

Result<std::vector<float>> run(GraphInstance& instance, int64_t tokens) {
  fill_input(instance.f32_input("x"), tokens);
  WEFT_CHECK_OK(instance.run(FreeSizes{{"T", tokens}}));
  const float* const y = instance.output("y");
  return std::vector<float>(y, y + tokens * 4);
}

}  // namespace weft::app
