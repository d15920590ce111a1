#include "core/graph/view.hpp"

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace weft {
namespace {

weft_str str(const std::string& s) { return {s.data(), s.size()}; }
template <class V>
std::uint32_t count(const V& v) {
  return static_cast<std::uint32_t>(v.size());
}
template <class T>
weft_hdr header() {
  return {sizeof(T), 0};
}

}  // namespace

weft_attr view_of(const Attr& a) {
  weft_attr r{header<weft_attr>(), str(a.key), 0, 0, nullptr};
  if (const auto* i = std::get_if<std::vector<std::int64_t>>(&a.value)) {
    r.type = WEFT_ATTR_I64, r.count = count(*i), r.data = i->data();
  } else if (const auto* f = std::get_if<std::vector<double>>(&a.value)) {
    r.type = WEFT_ATTR_F64, r.count = count(*f), r.data = f->data();
  } else {
    const auto& s = std::get<std::string>(a.value);
    r.type = WEFT_ATTR_STR, r.count = count(s), r.data = s.data();
  }
  return r;
}

struct GraphView::Storage {
  // The arrays of one graph or body. Levels are in a deque, so that their addresses stay.
  struct Level {
    weft_graph graph{};
    std::vector<weft_value> values;
    std::vector<weft_node> nodes;
    std::vector<weft_attr> attrs;
    std::vector<weft_group> groups;
    std::vector<weft_state> states;
    std::vector<weft_str> ops, output_names;
    std::vector<const weft_graph*> bodies;
  };
  std::vector<weft_symbol> symbols;  // shared by all levels
  std::deque<Level> levels;
  std::map<const Graph*, const weft_graph*> known;
  const weft_graph* root = nullptr;

  const weft_graph* add(const Graph& g);
  void add_nodes(const Graph& g, Level& l);
};

void GraphView::Storage::add_nodes(const Graph& g, Level& l) {
  std::map<std::string_view, std::uint32_t> op_ids;
  std::size_t n_attrs = 0;
  for (const Node& n : g.nodes) n_attrs += n.attrs.size();
  l.attrs.reserve(n_attrs);  // nodes point into it, so it must not grow later
  for (const Node& n : g.nodes) {
    auto [it, fresh] = op_ids.try_emplace(n.op, count(l.ops));
    if (fresh) l.ops.push_back(str(n.op));
    weft_node r{};
    r.hdr = header<weft_node>();
    r.op = it->second, r.version = n.version, r.body = n.body;
    r.n_in = count(n.in), r.n_out = count(n.out), r.n_attr = count(n.attrs);
    r.in = n.in.data(), r.out = n.out.data();
    r.attr = l.attrs.data() + l.attrs.size();
    r.attr_stride = sizeof(weft_attr);
    if (const Graph* body = g.body_of(n)) r.body_hash[0] = body->hash[0], r.body_hash[1] = body->hash[1];
    for (const Attr& a : n.attrs) l.attrs.push_back(view_of(a));
    l.nodes.push_back(r);
  }
}

const weft_graph* GraphView::Storage::add(const Graph& g) {
  if (auto it = known.find(&g); it != known.end()) return it->second;
  Level& l = levels.emplace_back();
  for (const Value& v : g.values) {
    l.values.push_back({header<weft_value>(), str(v.name), v.kind, v.dtype, count(v.dims), v.index,
                        v.dims.data(), v.data ? v.data->data() : nullptr});
  }
  add_nodes(g, l);
  for (const Group& p : g.groups) {
    l.groups.push_back({header<weft_group>(), str(p.name), p.kind, p.block_tokens, p.window,
                        p.table, p.base, p.len, p.slot, p.slot_in, p.sym_blocks, p.sym_slots, 0});
  }
  for (const State& s : g.states) {
    l.states.push_back({header<weft_state>(), str(s.name), s.value, s.group, s.dtype, count(s.dims),
                        s.dims.data(), s.fill});
  }
  for (const std::string& name : g.output_names) l.output_names.push_back(str(name));
  // The outputs of bodies have no names, but the array is as long as the outputs.
  l.output_names.resize(g.outputs.size(), weft_str{"", 0});
  for (const auto& body : g.bodies) l.bodies.push_back(add(*body));

  weft_graph& r = l.graph;
  r.hdr = header<weft_graph>();
  r.name = str(g.name);
  r.values = l.values.data(), r.n_values = count(l.values), r.value_stride = sizeof(weft_value);
  r.nodes = l.nodes.data(), r.n_nodes = count(l.nodes), r.node_stride = sizeof(weft_node);
  r.symbols = symbols.data(), r.n_symbols = count(symbols), r.symbol_stride = sizeof(weft_symbol);
  r.groups = l.groups.data(), r.n_groups = count(l.groups), r.group_stride = sizeof(weft_group);
  r.states = l.states.data(), r.n_states = count(l.states), r.state_stride = sizeof(weft_state);
  r.op_names = l.ops.data(), r.n_ops = count(l.ops);
  r.bodies = l.bodies.data(), r.n_bodies = count(l.bodies);
  r.inputs = g.inputs.data(), r.n_inputs = count(g.inputs);
  r.outputs = g.outputs.data(), r.n_outputs = count(g.outputs);
  r.output_names = l.output_names.data();
  known.emplace(&g, &r);
  return &r;
}

GraphView::GraphView(const Graph& graph) : storage_(std::make_unique<Storage>()) {
  for (const Symbol& s : graph.symbols) {
    storage_->symbols.push_back(
        {header<weft_symbol>(), str(s.name), s.max, s.op, s.a, s.b, 0, s.k});
  }
  storage_->root = storage_->add(graph);
}
GraphView::~GraphView() = default;
GraphView::GraphView(GraphView&&) noexcept = default;
GraphView& GraphView::operator=(GraphView&&) noexcept = default;
const weft_graph* GraphView::get() const { return storage_->root; }

}  // namespace weft
