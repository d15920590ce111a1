// Nodes and bodies.
#include <algorithm>

#include "core/graph/builder_impl.hpp"
#include "core/graph/dump.hpp"
#include "core/graph/infer_context.hpp"
#include "core/graph/inline.hpp"
#include "weft/sdk/primitives.hpp"

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

// Op and version fix the semantics: equal attributes and input types must come with the same body.
Status GraphBuilder::Impl::one_body_a_version(const Node& n) {
  const Graph& g = top().graph;
  std::string key = fmt::format("{}/{}", n.op, n.version);
  for (const Attr& a : n.attrs) {
    key += fmt::format(" {}=", a.key);
    std::visit([&](const auto& v) { key += fmt::format("{}", fmt::join(v, ",")); }, a.value);
  }
  for (std::uint32_t v : n.in) {
    key += v == WEFT_NONE ? " -" : fmt::format(" {}{}", g.values[v].dtype, symbols.text(g.values[v].dims));
  }
  const auto [it, first] = frozen.try_emplace(std::move(key), g.body_of(n));
  if (first || it->second == g.body_of(n)) return {};
  return invalid("{}: version {} has two bodies; another meaning needs another version", n.op, n.version);
}

// A state is memory in the backend's own layout, so that primitives may only read and write its rows.
Status GraphBuilder::Impl::states_by_rows(const Node& n) const {
  for (std::size_t i = 0; i < n.in.size(); ++i) {
    if (n.in[i] == WEFT_NONE || !top().state_memory.contains(n.in[i]) || n.composite()) continue;
    const bool rows = (n.op == "gather" && i == 0 && integer_attr(n, "axis", 0) == 0) ||
                      (n.op == "scatter" && i == 0) ||
                      (n.op == "scan" && static_cast<std::int64_t>(i) < integer_attr(n, "n_carry", 0));
    if (!rows)
      return invalid("{}: input {} is a state, which only gather along axis 0, scatter and scan's carries take", n.op,
                     i);
  }
  return {};
}

// The inputs are carries [slots, ...] f32, slot_in [S], slot_out [T], seq_start [S+1], xs [T, ...] and consts. The body
// takes a row of each carry and each of xs, and the consts; it gives the carries' new rows, then the rows of the
// results.
Result<std::vector<Type>> GraphBuilder::Impl::scan_types(const Node& n) const {
  const Graph& g = top().graph;
  if (n.version != 1) return error(Code::kUnimplemented, "scan: version {}, expected 1", n.version);
  WEFT_CHECK_OK(check_attrs(*sdk::find_op(sdk::kPrimitives, "scan", 1), n.attrs));
  const std::int64_t carries = integer_attr(n, "n_carry", -1), xs = integer_attr(n, "n_xs", -1),
                     consts = integer_attr(n, "n_const", -1);
  const auto given = static_cast<std::int64_t>(n.in.size());
  if (carries < 0 || xs < 0 || consts < 0 || carries > given || xs > given || consts > given ||
      carries + xs + consts + 3 != given) {
    return invalid("scan: got {} inputs, expected n_carry {} + 3 + n_xs {} + n_const {}", given, carries, xs, consts);
  }
  if (n.body == 0 || n.body > g.bodies.size() || g.body_of(n)->name != "scan")
    return invalid("scan: has no body of its own");
  for (std::uint32_t v : n.in) {
    if (v == WEFT_NONE) return invalid("scan: an input is absent");
  }
  const Graph& body = *g.body_of(n);
  auto value = [&](std::int64_t i) -> const Value& { return g.values[n.in[static_cast<std::size_t>(i)]]; };
  const Value &slot_in = value(carries), &slot_out = value(carries + 1), &start = value(carries + 2);
  for (const Value* v : {&slot_in, &slot_out, &start}) {
    if (v->dtype != WEFT_I32 || v->dims.size() != 1)
      return invalid("scan: slot_in, slot_out and seq_start are i32 [S], [T], [S+1]");
  }
  const std::int64_t T = slot_out.dims[0];
  if (body.inputs.size() != static_cast<std::size_t>(carries + xs + consts) ||
      body.outputs.size() < static_cast<std::size_t>(carries)) {
    return invalid("scan: its body has {} inputs and {} outputs, expected {} and at least {}", body.inputs.size(),
                   body.outputs.size(), carries + xs + consts, carries);
  }
  auto output = [&](std::int64_t i) -> const Value& { return body.values[body.outputs[static_cast<std::size_t>(i)]]; };
  std::vector<Type> types;
  for (std::int64_t i = 0; i < carries + xs + consts; ++i) {
    const Value& v = value(i < carries ? i : i + 3);
    const Value& b = body.values[body.inputs[static_cast<std::size_t>(i)]];
    const bool row = i < carries + xs;
    if (row && v.dims.empty()) return invalid("scan: input {} has no rows", i);
    const Dims expected(v.dims.begin() + (row ? 1 : 0), v.dims.end());
    if (v.dtype != b.dtype || expected != b.dims) {
      return invalid("scan: input {} is {}, its body expects {}", i, symbols.text(v.dims), symbols.text(b.dims));
    }
    if (i < carries) {
      const Value& o = output(i);
      if (v.dtype != WEFT_F32 || o.dtype != WEFT_F32 || o.dims != expected) {
        return invalid("scan: carry {} is f32{}, its body gives {}", i, symbols.text(expected), symbols.text(o.dims));
      }
      types.push_back({WEFT_F32, v.dims});
    } else if (row && v.dims[0] != T) {
      return invalid("scan: input {} is {}, expected {} rows", i, symbols.text(v.dims), symbols.text(T));
    }
  }
  for (std::size_t o = static_cast<std::size_t>(carries); o < body.outputs.size(); ++o) {
    const Value& y = output(static_cast<std::int64_t>(o));
    Dims dims{T};
    dims.insert(dims.end(), y.dims.begin(), y.dims.end());
    types.push_back({y.dtype, std::move(dims)});
  }
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
  if (n.op == "scan") {
    WEFT_TRY(types, scan_types(n));
  } else if (n.body == 0) {
    WEFT_TRY(types, infer(n.op, n.version, in, n.attrs, symbols));
  } else {
    WEFT_TRY(types, composite_types(n, n_out));
    WEFT_CHECK_OK(one_body_a_version(n));
  }
  WEFT_CHECK_OK(states_by_rows(n));
  if (types.size() != n_out) {
    return invalid("{}: {} results are asked for, it has {}", n.op, n_out, types.size());
  }
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::uint32_t source = node_alias(g, n, i);
    const std::uint32_t state = source == WEFT_NONE ? WEFT_NONE : g.values[n.in[source]].state();
    out.push_back(add_value({"", WEFT_TEMP, types[i].dtype, std::move(types[i].dims), state}));
    n.out.push_back(handles[out.back()].value);
    if (source != WEFT_NONE && top().state_memory.contains(n.in[source])) top().state_memory.insert(n.out.back());
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
  std::vector<bool> states;  // by value: whether it stands for a state
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == WEFT_NONE) continue;
    auto id = local(in[i]);
    if (!id.ok()) return id.status().with_context(fmt::format("{}: input {}", op, i));
    const Value& v = top().graph.values[*id];
    values.push_back({"", WEFT_INPUT, v.dtype, v.dims});
    states.push_back(top().state_memory.contains(*id));
  }
  WEFT_TRY(std::vector<std::uint32_t> inner, open_body(op, std::move(values), in));
  std::size_t next = 0;
  for (std::uint32_t h : inner) {
    if (h != WEFT_NONE && states[next++]) top().state_memory.insert(handles[h].value);
  }
  return inner;
}

Result<std::vector<std::uint32_t>> GraphBuilder::Impl::begin_scan(std::span<const std::uint32_t> in,
                                                                  std::uint32_t rows) {
  if (rows > in.size()) return invalid("scan: {} rows of {} inputs", rows, in.size());
  for (const Scope& s : scopes) {
    if (s.graph.name == "scan") return invalid("scan: inside another scan");
  }
  std::vector<Value> values;
  for (std::size_t i = 0; i < in.size(); ++i) {
    auto id = local(in[i]);
    if (!id.ok()) return id.status().with_context(fmt::format("scan: input {}", i));
    const Value& v = top().graph.values[*id];
    if (i < rows && v.dims.empty()) return invalid("scan: input {} has no rows", i);
    values.push_back({"", WEFT_INPUT, v.dtype, Dims(v.dims.begin() + (i < rows ? 1 : 0), v.dims.end())});
  }
  return open_body("scan", std::move(values), in);
}

Result<std::vector<std::uint32_t>> GraphBuilder::Impl::open_body(std::string_view op, std::vector<Value> values,
                                                                 std::span<const std::uint32_t> in) {
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
  auto body = std::make_shared<Graph>(g.name == "scan" ? inline_all(g) : std::move(g));
  scopes.pop_back();
  closed.push_back(body);
  const auto [known, fresh] = bodies.try_emplace(dump(*body), body);
  if (fresh) {
    const Hash128 hash = body_hash(*body, symbols.all());
    body->hash = {hash.hi, hash.lo};
  }
  const std::shared_ptr<const Graph> shared = known->second;
  auto& here = top().graph.bodies;
  auto it = std::find(here.begin(), here.end(), shared);
  if (it == here.end()) it = here.insert(here.end(), shared);
  return static_cast<std::uint32_t>(it - here.begin() + 1);
}

}  // namespace weft
