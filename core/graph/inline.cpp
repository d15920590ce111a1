#include "core/graph/inline.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace weft {
namespace {

class Inliner {
 public:
  explicit Inliner(const Graph& source) {
    Graph& g = result_.graph;
    g = source;
    g.nodes.clear();
    g.bodies.clear();
  }

  void keep(const Graph& from, const Node& n, std::uint32_t origin) {
    add(from, n, n.in, n.out, origin);
  }

  void expand(const Graph& body, const Node& n, std::uint32_t origin) {
    std::vector<std::uint32_t> map(body.values.size(), WEFT_NONE);  // by value of the body: the graph's value
    for (std::size_t i = 0; i < n.in.size(); ++i) {
      if (body.inputs[i] != WEFT_NONE) map[body.inputs[i]] = n.in[i];
    }
    for (std::size_t o = 0; o < n.out.size(); ++o) map[body.outputs[o]] = n.out[o];
    for (std::size_t v = 0; v < body.values.size(); ++v) {
      if (map[v] == WEFT_NONE) map[v] = fresh(body.values[v]);
    }
    auto mapped = [&](std::vector<std::uint32_t> ids) {
      for (std::uint32_t& id : ids) id = id == WEFT_NONE ? WEFT_NONE : map[id];
      return ids;
    };
    for (const Node& inner : body.nodes) {
      add(body, inner, mapped(inner.in), mapped(inner.out), origin);
    }
  }

  Inlined take() { return std::move(result_); }

 private:
  std::uint32_t fresh(const Value& v) {
    auto& values = result_.graph.values;
    const auto id = static_cast<std::uint32_t>(values.size());
    if (v.kind == WEFT_CONST) {
      const auto [it, first] = constants_.try_emplace({v.data.get(), v.dtype, v.dims}, id);
      if (!first) return it->second;
    }
    values.push_back(v);
    return id;
  }

  void add(const Graph& from, const Node& n, std::vector<std::uint32_t> in,
           std::vector<std::uint32_t> out, std::uint32_t origin) {
    Graph& g = result_.graph;
    Node copy{n.op, n.version, std::move(in), std::move(out), n.attrs, 0};
    if (n.body) {
      const auto& body = from.bodies[n.body - 1];
      auto it = std::find(g.bodies.begin(), g.bodies.end(), body);
      if (it == g.bodies.end()) it = g.bodies.insert(it, body);
      copy.body = static_cast<std::uint32_t>(it - g.bodies.begin() + 1);
    }
    for (std::size_t o = 0; o < copy.out.size(); ++o) {
      const std::uint32_t source = node_alias(g, copy, o);
      Value& v = g.values[copy.out[o]];
      v.index = source == WEFT_NONE ? WEFT_NONE : g.values[copy.in[source]].state();
    }
    g.nodes.push_back(std::move(copy));
    result_.origin.push_back(origin);
  }

  Inlined result_;
  std::map<std::tuple<const Bytes*, std::uint32_t, Dims>, std::uint32_t> constants_;
};

}  // namespace

Inlined inline_nodes(const Graph& graph, const std::function<bool(std::size_t)>& chosen) {
  Inliner inliner(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& n = graph.nodes[i];
    const auto origin = static_cast<std::uint32_t>(i);
    if (n.composite() && chosen(i)) {
      inliner.expand(*graph.body_of(n), n, origin);
    } else {
      inliner.keep(graph, n, origin);
    }
  }
  return inliner.take();
}

Graph inline_all(const Graph& graph) {
  Graph g = graph;
  auto composite = [](const Node& n) { return n.composite(); };
  while (std::any_of(g.nodes.begin(), g.nodes.end(), composite)) {
    g = inline_nodes(g, [](std::size_t) { return true; }).graph;
  }
  return g;
}

}  // namespace weft
