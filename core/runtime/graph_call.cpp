#include "core/runtime/graph_call.hpp"

#include <algorithm>
#include <cstring>

#include "core/base/checked.hpp"
#include "core/base/error.hpp"
#include "core/graph/symbols.hpp"
#include "weft/sdk/value_dtype.hpp"

namespace weft {
namespace {

std::string text(const std::vector<int64_t>& dims) { return fmt::format("[{}]", fmt::join(dims, ",")); }

/// The sizes of dims, of which those below 0 are symbols.
std::vector<int64_t> resolved(const Dims& dims, std::span<const int64_t> sizes) {
  std::vector<int64_t> out;
  for (const int64_t d : dims) out.push_back(d >= 0 ? d : sizes[static_cast<std::size_t>(~d)]);
  return out;
}

/// The dims as a graph declares them, with the names of symbols.
std::string declared(const Graph& g, const Dims& dims) {
  std::vector<std::string> names;
  for (const int64_t d : dims)
    names.push_back(d >= 0 ? fmt::format("{}", d) : g.symbols[static_cast<std::size_t>(~d)].name);
  return fmt::format("[{}]", fmt::join(names, ","));
}

}  // namespace

Result<std::unique_ptr<GraphCall>> GraphCall::create(std::shared_ptr<const CompiledGraph> graph,
                                                     std::function<Status()> intact) {
  const Graph& g = graph->graph();
  if (!g.states.empty()) {
    return error(Code::kUnimplemented, "graph {} has states, such as {}; a session runs it", g.name,
                 g.states.front().name);
  }
  std::unique_ptr<GraphCall> call(new GraphCall);
  call->intact_ = std::move(intact);
  WEFT_TRY(call->instance_, GraphInstance::create(std::move(graph)));
  return call;
}

Status GraphCall::set(std::string_view name, const TensorView& given) {
  const Graph& g = graph();
  const auto input =
      std::find_if(g.inputs.begin(), g.inputs.end(), [&](uint32_t v) { return g.values[v].name == name; });
  if (input == g.inputs.end()) {
    std::vector<std::string> names;
    for (const uint32_t v : g.inputs) names.push_back(g.values[v].name);
    return invalid("graph {} has no input \"{}\", only {}", g.name, name, fmt::join(names, ", "));
  }
  const Value& value = g.values[*input];
  bool fits = given.dtype == value.dtype && given.dims.size() == value.dims.size();
  for (std::size_t i = 0; fits && i < given.dims.size(); ++i)
    fits = given.dims[i] >= 0 && (value.dims[i] < 0 || given.dims[i] == value.dims[i]);
  if (!fits) {
    return invalid("graph {}: input {} is {} of dtype {}, expected {} of dtype {}", g.name, name, text(given.dims),
                   given.dtype, declared(g, value.dims), value.dtype);
  }
  for (std::size_t i = 0; i < given.dims.size(); ++i) {
    const int64_t most = value.dims[i] < 0 ? g.symbols[static_cast<std::size_t>(~value.dims[i])].max : value.dims[i];
    if (given.dims[i] > most) {
      return error(Code::kOutOfRange, "graph {}: input {} is {}, axis {} may have {}", g.name, name, text(given.dims),
                   i, most);
    }
  }
  // Each size is at most its symbol's maximum, for which memory is reserved.
  const uint64_t bytes = static_cast<uint64_t>(*checked_elements(given.dims)) * sdk::element_bytes(given.dtype);
  if (given.data == nullptr && bytes > 0) return invalid("graph {}: input {} has no data", g.name, name);
  void* memory = instance_->memory_of(value.name, value.dtype);
  if (memory != nullptr && bytes > 0) std::memcpy(memory, given.data, bytes);
  given_[*input] = given.dims;
  return {};
}

Result<std::vector<int64_t>> GraphCall::sizes() const {
  const Graph& g = graph();
  FreeSizes free;
  for (const uint32_t v : g.inputs) {
    const Value& value = g.values[v];
    const auto given = given_.find(v);
    if (given == given_.end()) return invalid("graph {}: input {} was not set", g.name, value.name);
    for (std::size_t i = 0; i < value.dims.size(); ++i) {
      if (value.dims[i] >= 0) continue;
      const Symbol& symbol = g.symbols[static_cast<std::size_t>(~value.dims[i])];
      if (symbol.op != WEFT_SYM_FREE) continue;  // compared below
      const auto [known, is_new] = free.emplace(symbol.name, given->second[i]);
      if (is_new || known->second == given->second[i]) continue;
      return invalid("graph {}: {} is {} in input {}, and {} in an input before it", g.name, symbol.name,
                     given->second[i], value.name, known->second);
    }
  }
  WEFT_TRY(const std::vector<int64_t> all, resolve_symbols(g, free));
  for (const auto& [v, dims] : given_) {
    if (resolved(g.values[v].dims, all) != dims) {
      return invalid("graph {}: input {} is {}, expected {} = {}", g.name, g.values[v].name, text(dims),
                     declared(g, g.values[v].dims), text(resolved(g.values[v].dims, all)));
    }
  }
  return all;
}

Status GraphCall::run(const GoOn& go_on) {
  sizes_.reset();
  WEFT_TRY(std::vector<int64_t> all, sizes());
  WEFT_CHECK_OK(instance_->run(all, go_on));
  WEFT_CHECK_OK(intact_());
  sizes_ = std::move(all);
  return {};
}

Result<TensorView> GraphCall::output(std::string_view name) const {
  const Graph& g = graph();
  const auto at = std::find(g.output_names.begin(), g.output_names.end(), name);
  if (at == g.output_names.end()) {
    return error(Code::kNotFound, "graph {} has no output \"{}\", only {}", g.name, name,
                 fmt::join(g.output_names, ", "));
  }
  if (!sizes_)
    return error(Code::kFailedPrecondition, "graph {} has not run on these inputs", g.name);
  const Value& value = g.values[g.outputs[static_cast<std::size_t>(at - g.output_names.begin())]];
  return TensorView{value.dtype, resolved(value.dims, *sizes_), instance_->output(std::string(name))};
}

}  // namespace weft
