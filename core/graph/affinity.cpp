#include "core/graph/affinity.hpp"

#include <numeric>

namespace weft {
namespace {

// Sets of groups (union-find): groups that one node touches end up in one set.
class Sets {
 public:
  explicit Sets(std::size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0u); }
  std::uint32_t root(std::uint32_t i) const {
    while (parent_[i] != i) i = parent_[i];
    return i;
  }
  void join(std::uint32_t a, std::uint32_t b) { parent_[root(a)] = root(b); }

 private:
  std::vector<std::uint32_t> parent_;
};

std::vector<std::uint32_t> states_of(const Graph& g, const Node& n) {
  std::vector<std::uint32_t> states;
  auto look = [&](std::uint32_t v) {
    if (v != WEFT_NONE && g.values[v].state() != WEFT_NONE) states.push_back(g.values[v].state());
  };
  for (std::uint32_t v : n.in) look(v);
  for (std::uint32_t v : n.out) look(v);
  return states;
}

}  // namespace

Affinity assign(const Graph& graph, const Verdicts& verdicts) {
  const std::size_t n = graph.nodes.size();
  Sets sets(graph.groups.size());
  std::vector<std::uint32_t> first_state(n, WEFT_NONE);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::uint32_t s : states_of(graph, graph.nodes[i])) {
      if (first_state[i] == WEFT_NONE) first_state[i] = s;
      sets.join(graph.states[first_state[i]].group, graph.states[s].group);
    }
  }
  auto set_of = [&](std::size_t i) {
    return first_state[i] == WEFT_NONE ? WEFT_NONE : sets.root(graph.states[first_state[i]].group);
  };
  // Chooses for each set the first device that accepts all of its nodes.
  std::vector<std::uint32_t> chosen(graph.groups.size(), WEFT_NONE);
  for (std::uint32_t set = 0; set < chosen.size(); ++set) {
    for (std::uint32_t d = 0; d < verdicts.size() && chosen[set] == WEFT_NONE; ++d) {
      bool all = true;
      for (std::size_t i = 0; i < n && all; ++i) all = set_of(i) != set || verdicts[d][i] != 0;
      if (all) chosen[set] = d;
    }
  }
  Affinity a;
  a.device.assign(n, WEFT_NONE);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t set = set_of(i);
    if (set != WEFT_NONE) a.device[i] = chosen[set];
    for (std::uint32_t d = 0; set == WEFT_NONE && d < verdicts.size(); ++d) {
      if (verdicts[d][i]) {
        a.device[i] = d;
        break;
      }
    }
    if (a.device[i] != WEFT_NONE) continue;
    if (set == WEFT_NONE) {
      a.unplaced = {static_cast<std::uint32_t>(i)};
      return a;
    }
    a.state = graph.states[first_state[i]].name;
    for (std::size_t j = 0; j < n; ++j) {
      if (set_of(j) == set) a.unplaced.push_back(static_cast<std::uint32_t>(j));
    }
    return a;
  }
  return a;
}

}  // namespace weft
