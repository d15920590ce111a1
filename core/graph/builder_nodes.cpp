// Nodes and bodies.
#include <algorithm>

#include "core/graph/builder_impl.hpp"
#include "core/graph/dump.hpp"

namespace weft {

Result<std::vector<Type>> GraphBuilder::Impl::composite_types(const Node& n,
                                                              std::uint32_t n_out) const {
  const Graph& g = top().graph;
  if (is_primitive(n.op)) return invalid("{}: a primitive has no body", n.op);
  if (n.body > g.bodies.size()) return invalid("{}: body {} does not exist here", n.op, n.body);
  const Graph& body = *g.body_of(n);
  if (body.name != n.op) return invalid("{}: the body is that of {}", n.op, body.name);
  if (body.inputs.size() != n.in.size() || body.outputs.size() != n_out) {
    return invalid("{}: got {} inputs and {} outputs, its body has {} and {}", n.op, n.in.size(),
                   n_out, body.inputs.size(), body.outputs.size());
  }
  for (std::size_t i = 0; i < n.in.size(); ++i) {
    const bool here = n.in[i] != WEFT_NONE, inside = body.inputs[i] != WEFT_NONE;
    if (here != inside) return invalid("{}: input {} is absent on one side of its body", n.op, i);
    if (!here) continue;
    const Value &v = g.values[n.in[i]], &b = body.values[body.inputs[i]];
    if (v.dtype != b.dtype || v.dims != b.dims) {
      return invalid("{}: input {} is {}, its body expects {}", n.op, i, symbols.text(v.dims),
                     symbols.text(b.dims));
    }
  }
  std::vector<Type> types;
  for (std::uint32_t o : body.outputs) types.push_back({body.values[o].dtype, body.values[o].dims});
  return types;
}

Result<std::vector<std::uint32_t>> GraphBuilder::Impl::node(Node n, std::uint32_t n_out) {
  if (n.op.empty()) return invalid("a node needs an op");
  Graph& g = top().graph;
  std::vector<Type> storage;
  storage.reserve(n.in.size());
  std::vector<const Type*> in;
  for (std::size_t i = 0; i < n.in.size(); ++i) {
    std::uint32_t& id = n.in[i];
    if (id == WEFT_NONE) {
      in.push_back(nullptr);
      continue;
    }
    auto found = local(id);
    if (!found.ok()) return found.status().with_context(fmt::format("{}: input {}", n.op, i));
    id = *found;
    storage.push_back({g.values[id].dtype, g.values[id].dims});
    in.push_back(&storage.back());
  }
  std::vector<Type> types;
  if (n.body == 0) {
    WEFT_TRY(types, infer(n.op, n.version, in, n.attrs, symbols));
  } else {
    WEFT_TRY(types, composite_types(n, n_out));
  }
  if (types.size() != n_out) {
    return invalid("{}: {} results are asked for, it has {}", n.op, n_out, types.size());
  }
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < types.size(); ++i) {
    std::uint32_t state = WEFT_NONE;
    if (n.body != 0) {
      const std::uint32_t source = body_alias(*g.body_of(n), i);
      if (source != WEFT_NONE) state = g.values[n.in[source]].state();
    } else if (n.op == "scatter") {
      state = g.values[n.in[0]].state();
    }
    out.push_back(add_value({"", WEFT_TEMP, types[i].dtype, std::move(types[i].dims), state}));
    n.out.push_back(handles[out.back()].value);
  }
  g.nodes.push_back(std::move(n));
  return out;
}

Result<std::vector<std::uint32_t>> GraphBuilder::Impl::begin_body(
    std::string_view op, std::span<const std::uint32_t> in) {
  if (op.empty()) return invalid("a body needs an op");
  if (is_primitive(op)) return invalid("{}: a primitive has no body", op);
  if (scopes.size() > 32) return invalid("{}: bodies nest deeper than 32", op);
  std::vector<Value> values;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == WEFT_NONE) continue;
    auto id = local(in[i]);
    if (!id.ok()) return id.status().with_context(fmt::format("{}: input {}", op, i));
    const Value& v = top().graph.values[*id];
    values.push_back({"", WEFT_INPUT, v.dtype, v.dims});
  }
  scopes.emplace_back();
  top().graph.name = op;
  top().serial = scopes_made++;
  std::vector<std::uint32_t> inner;
  std::size_t next = 0;
  for (std::uint32_t h : in) {
    inner.push_back(h == WEFT_NONE ? WEFT_NONE : add_value(std::move(values[next++])));
    top().graph.inputs.push_back(h == WEFT_NONE ? WEFT_NONE : handles[inner.back()].value);
  }
  return inner;
}

Result<std::uint32_t> GraphBuilder::Impl::end_body(std::span<const std::uint32_t> outputs) {
  if (scopes.size() == 1) return error(Code::kFailedPrecondition, "no body is open");
  Graph& g = top().graph;
  std::vector<std::uint32_t> ids;
  for (std::uint32_t h : outputs) {
    WEFT_TRY(std::uint32_t id, local(h));
    if (g.values[id].kind != WEFT_TEMP || std::find(ids.begin(), ids.end(), id) != ids.end()) {
      return invalid("output {} of the body is not computed in it, or given twice", ids.size());
    }
    ids.push_back(id);
  }
  g.outputs = std::move(ids);
  auto shared = std::make_shared<const Graph>(std::move(g));
  scopes.pop_back();
  closed.push_back(shared);
  shared = bodies.try_emplace(dump(*shared), shared).first->second;
  auto& here = top().graph.bodies;
  auto it = std::find(here.begin(), here.end(), shared);
  if (it == here.end()) it = here.insert(here.end(), shared);
  return static_cast<std::uint32_t>(it - here.begin() + 1);
}

}  // namespace weft
