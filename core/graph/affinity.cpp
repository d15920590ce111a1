#include "core/graph/affinity.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace weft {
namespace {

// Sets of states (union-find): states that one node touches end up in one set.
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

}  // namespace

std::vector<std::uint32_t> states_of(const Graph& g, const Node& n) {
  std::vector<std::uint32_t> states;
  auto look = [&](std::uint32_t v) {
    if (v != WEFT_NONE && g.values[v].state() != WEFT_NONE) states.push_back(g.values[v].state());
  };
  for (std::uint32_t v : n.in) look(v);
  for (std::uint32_t v : n.out) look(v);
  return states;
}

Affinity assign(const Graph& graph, const Verdicts& verdicts, const std::vector<std::uint32_t>& home,
                const StateDevices& fixed) {
  const std::size_t n = graph.nodes.size();
  Sets sets(graph.states.size());
  std::vector<std::uint32_t> first_state(n, WEFT_NONE);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::uint32_t s : states_of(graph, graph.nodes[i])) {
      if (first_state[i] == WEFT_NONE) first_state[i] = s;
      sets.join(first_state[i], s);
    }
  }
  // The nodes of each set; a node without states is a set of its own.
  std::map<std::uint32_t, std::vector<std::uint32_t>> tied;
  std::vector<std::vector<std::uint32_t>> groups;
  for (std::uint32_t i = 0; i < n; ++i) {
    if (first_state[i] == WEFT_NONE) {
      groups.push_back({i});
    } else {
      tied[sets.root(first_state[i])].push_back(i);
    }
  }
  for (auto& [set, nodes] : tied) groups.push_back(std::move(nodes));
  std::sort(groups.begin(), groups.end());

  Affinity a;
  a.device.assign(n, WEFT_NONE);
  for (const auto& nodes : groups) {
    std::vector<std::uint32_t> order{home[nodes[0]]};
    for (std::uint32_t d = 0; d < verdicts.size(); ++d) order.push_back(d);
    for (std::uint32_t s = 0; s < graph.states.size() && first_state[nodes[0]] != WEFT_NONE; ++s) {
      const auto known = fixed.find(graph.states[s].name);
      if (known != fixed.end() && sets.root(s) == sets.root(first_state[nodes[0]])) order = {known->second};
    }
    const auto chosen = std::find_if(order.begin(), order.end(), [&](std::uint32_t d) {
      return std::all_of(nodes.begin(), nodes.end(), [&](std::uint32_t i) { return verdicts[d][i] != 0; });
    });
    if (chosen == order.end()) {
      a.unplaced = nodes;
      if (first_state[nodes[0]] != WEFT_NONE) a.state = graph.states[first_state[nodes[0]]].name;
      return a;
    }
    for (const std::uint32_t i : nodes) a.device[i] = *chosen;
  }
  return a;
}

}  // namespace weft
