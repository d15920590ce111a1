#include "core/graph/params.hpp"

#include "core/base/checked.hpp"
#include "core/base/error.hpp"

namespace weft {
namespace {

std::uint32_t primitive_use(const Node& n, std::size_t arg) {
  if (n.op == "gather" && arg == 0) return WEFT_USE_GATHER;
  if (n.op == "matmul_id" && arg == 1) return WEFT_USE_EXPERT;
  if (n.op == "matmul" && arg == 1) return integer_attr(n, "tb", 0) ? WEFT_USE_MATMUL_T : WEFT_USE_MATMUL;
  return WEFT_USE_OTHER;
}

using BodyUses = std::map<const Graph*, std::vector<std::uint32_t>>;

std::vector<std::uint32_t> uses_of(const Graph& graph, BodyUses& bodies) {
  std::vector<std::uint32_t> uses(graph.values.size());
  for (const Node& n : graph.nodes) {
    const Graph* body = graph.body_of(n);
    if (body && !bodies.contains(body)) {
      std::vector<std::uint32_t> inner = uses_of(*body, bodies);
      bodies.emplace(body, std::move(inner));
    }
    for (std::size_t i = 0; i < n.in.size(); ++i) {
      if (n.in[i] == WEFT_NONE) continue;
      if (n.op == "scan") {
        const auto rows = static_cast<std::size_t>(integer_attr(n, "n_carry", 0) + integer_attr(n, "n_xs", 0));
        uses[n.in[i]] |= i < rows + 3 ? std::uint32_t{WEFT_USE_OTHER} : bodies.at(body)[body->inputs[i - 3]];
        continue;
      }
      uses[n.in[i]] |= body ? bodies.at(body)[body->inputs[i]] : primitive_use(n, i);
    }
  }
  return uses;
}

std::string sizes_text(const Dims& dims) { return fmt::format("[{}]", fmt::join(dims, ",")); }

}  // namespace

Result<std::uint32_t> ParamTable::add(std::string_view name, const Dims& dims) {
  if (auto it = by_name_.find(name); it != by_name_.end()) {
    const ParamDecl& known = params_[it->second];
    if (known.dims == dims) return it->second;
    return invalid("parameter {} is declared {}, earlier {}", name, sizes_text(dims),
                   sizes_text(known.dims));
  }
  if (name.empty()) return invalid("a parameter needs a path");
  if (!checked_elements(dims)) {
    return invalid("parameter {} has dims {}, expected sizes", name, sizes_text(dims));
  }
  if (params_.size() >= most_)
    return error(Code::kResourceExhausted, "the graph has more than {} parameters", most_);
  const auto id = static_cast<std::uint32_t>(params_.size());
  params_.push_back({std::string(name), dims, 0});
  by_name_.emplace(name, id);
  return id;
}

void ParamTable::add_uses(const Graph& graph) {
  const std::vector<std::uint32_t> uses = value_uses(graph);
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    const Value& v = graph.values[i];
    if (v.kind == WEFT_PARAM && v.index < params_.size()) params_[v.index].uses |= uses[i];
  }
}

std::vector<std::uint32_t> value_uses(const Graph& graph) {
  BodyUses bodies;
  return uses_of(graph, bodies);
}

}  // namespace weft
