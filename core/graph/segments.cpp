#include "core/graph/segments.hpp"

#include <algorithm>
#include <string>

namespace weft {
namespace {

// Builds the segment of nodes [begin, end).
class Cutter {
 public:
  Cutter(const Graph& outer, std::size_t begin, std::size_t end)
      : outer_(outer),
        begin_(begin),
        end_(end),
        used_(outer.values.size()),
        made_(outer.values.size()) {
    segment_.from_outer.assign(outer.values.size(), WEFT_NONE);
    segment_.graph.name = outer.name;
    segment_.graph.symbols = outer.symbols;
  }

  Segment run(const std::vector<std::size_t>& last_use) {
    find_values();
    add_values();
    add_states();
    for (std::size_t i = begin_; i < end_; ++i) add_node(outer_.nodes[i]);
    add_outputs(last_use);
    return std::move(segment_);
  }

 private:
  // What the segment takes for v: where v is a state's memory that an earlier segment wrote, the STATE itself.
  std::uint32_t stand_in(std::uint32_t v) const {
    const std::uint32_t s = outer_.values[v].state();
    return s == WEFT_NONE || made_[v] ? v : outer_.states[s].value;
  }

  void find_values() {
    for (std::size_t i = begin_; i < end_; ++i) {
      for (std::uint32_t v : outer_.nodes[i].in) {
        if (v != WEFT_NONE) used_[stand_in(v)] = true;
      }
      for (std::uint32_t v : outer_.nodes[i].out) used_[v] = made_[v] = true;
    }
    for (const State& s : outer_.states) {
      if (!used_[s.value]) continue;
      const Group& g = outer_.groups[s.group];
      for (std::uint32_t v : {g.table, g.base, g.len, g.slot, g.slot_in}) {
        if (v != WEFT_NONE) used_[v] = true;
      }
    }
  }

  void add_values() {
    Graph& g = segment_.graph;
    for (std::uint32_t v = 0; v < used_.size(); ++v) {
      if (!used_[v]) continue;
      const auto id = static_cast<std::uint32_t>(g.values.size());
      segment_.from_outer[v] = id;
      segment_.to_outer.push_back(v);
      g.values.push_back(outer_.values[v]);
      Value& copy = g.values.back();
      if (copy.kind == WEFT_TEMP && !made_[v]) copy.kind = WEFT_INPUT;
    }
    for (std::uint32_t v : outer_.inputs) {  // the outer graph's inputs come first, in their order
      if (used_[v]) g.inputs.push_back(segment_.from_outer[v]);
    }
    for (std::uint32_t id = 0; id < g.values.size(); ++id) {
      const std::uint32_t v = segment_.to_outer[id];
      if (g.values[id].kind == WEFT_INPUT && outer_.values[v].kind == WEFT_TEMP) {
        g.inputs.push_back(id);
      }
    }
  }

  std::uint32_t inner(std::uint32_t v) const {
    return v == WEFT_NONE ? WEFT_NONE : segment_.from_outer[v];
  }

  void add_states() {
    Graph& g = segment_.graph;
    std::vector<std::uint32_t> groups(outer_.groups.size(), WEFT_NONE);
    std::vector<std::uint32_t> states(outer_.states.size(), WEFT_NONE);
    for (std::size_t i = 0; i < outer_.states.size(); ++i) {
      State s = outer_.states[i];
      if (!used_[s.value]) continue;
      std::uint32_t& group = groups[s.group];
      if (group == WEFT_NONE) {
        group = static_cast<std::uint32_t>(g.groups.size());
        Group copy = outer_.groups[s.group];
        for (auto field :
             {&Group::table, &Group::base, &Group::len, &Group::slot, &Group::slot_in}) {
          copy.*field = inner(copy.*field);
        }
        g.groups.push_back(std::move(copy));
      }
      s.group = group;
      s.value = inner(s.value);
      states[i] = static_cast<std::uint32_t>(g.states.size());
      g.states.push_back(std::move(s));
    }
    for (Value& v : g.values) {
      if (v.state() != WEFT_NONE) v.index = states[v.index];
    }
  }

  void add_node(const Node& n) {
    Graph& g = segment_.graph;
    Node copy = n;
    for (std::uint32_t& v : copy.in) v = v == WEFT_NONE ? v : inner(stand_in(v));
    for (std::uint32_t& v : copy.out) v = inner(v);
    if (n.body) {
      const auto& body = outer_.bodies[n.body - 1];
      auto it = std::find(g.bodies.begin(), g.bodies.end(), body);
      if (it == g.bodies.end()) it = g.bodies.insert(it, body);
      copy.body = static_cast<std::uint32_t>(it - g.bodies.begin() + 1);
    }
    g.nodes.push_back(std::move(copy));
  }

  void add_outputs(const std::vector<std::size_t>& last_use) {
    Graph& g = segment_.graph;
    std::vector<bool> given(outer_.values.size());
    for (std::size_t o = 0; o < outer_.outputs.size(); ++o) {
      const std::uint32_t v = outer_.outputs[o];
      if (!made_[v]) continue;
      given[v] = true;
      g.outputs.push_back(inner(v));
      g.output_names.push_back(outer_.output_names[o]);
    }
    for (std::uint32_t v = 0; v < made_.size(); ++v) {
      if (!made_[v] || given[v] || outer_.values[v].state() != WEFT_NONE) continue;
      if (last_use[v] < end_) continue;
      g.outputs.push_back(inner(v));
      g.output_names.push_back("cut:" + std::to_string(v));
    }
  }

  const Graph& outer_;
  const std::size_t begin_, end_;
  std::vector<bool> used_, made_;
  Segment segment_;
};

}  // namespace

std::vector<Segment> cut(const Graph& graph, const std::vector<std::uint32_t>& device) {
  std::vector<std::size_t> last_use(graph.values.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (std::uint32_t v : graph.nodes[i].in) {
      if (v != WEFT_NONE) last_use[v] = i;
    }
  }
  std::vector<Segment> segments;
  for (std::size_t begin = 0; begin < device.size();) {
    std::size_t end = begin;
    while (end < device.size() && device[end] == device[begin]) ++end;
    segments.push_back(Cutter(graph, begin, end).run(last_use));
    segments.back().device = device[begin];
    begin = end;
  }
  return segments;
}

}  // namespace weft
