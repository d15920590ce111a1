#include "core/graph/partition.hpp"

#include <algorithm>
#include <set>

#include "core/base/error.hpp"
#include "core/graph/affinity.hpp"
#include "core/graph/inline.hpp"
#include "core/graph/segments.hpp"

namespace weft {
namespace {

using Devices = std::span<const DeviceSupport>;

Result<std::vector<std::uint8_t>> ask(const DeviceSupport& d, const Graph& g) {
  auto v = d.verdicts(g);
  if (!v.ok()) return v.status().with_context(d.name);
  if (v->size() != g.nodes.size()) {
    return error(Code::kInternal, "{}: {} verdicts for {} nodes", d.name, v->size(),
                 g.nodes.size());
  }
  return v;
}

Result<Verdicts> ask_all(Devices devices, const Graph& g) {
  Verdicts all;
  for (const DeviceSupport& d : devices) {
    WEFT_TRY(auto v, ask(d, g));
    all.push_back(std::move(v));
  }
  return all;
}

// Which composites in `candidates` would give the first device work if they, and composites inside of them, were
// inlined.
Result<std::vector<bool>> gain(const DeviceSupport& first, const Graph& graph,
                               const std::vector<bool>& candidates) {
  std::vector<bool> gains(graph.nodes.size());
  if (std::find(candidates.begin(), candidates.end(), true) == candidates.end()) return gains;
  Inlined trial = inline_nodes(graph, [&](std::size_t i) { return candidates[i]; });
  std::vector<std::uint32_t> origin = trial.origin;
  for (;;) {
    WEFT_TRY(auto verdicts, ask(first, trial.graph));
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      if (verdicts[i] && candidates[origin[i]]) gains[origin[i]] = true;
    }
    bool deeper = false;
    Inlined next = inline_nodes(trial.graph, [&](std::size_t i) {
      const bool open = candidates[origin[i]] && !gains[origin[i]];
      deeper |= open;
      return open;
    });
    if (!deeper) return gains;
    std::vector<std::uint32_t> composed;
    for (std::uint32_t i : next.origin) composed.push_back(origin[i]);
    trial = std::move(next);
    origin = std::move(composed);
  }
}

std::string names(Devices devices) {
  std::string s;
  for (const DeviceSupport& d : devices) s += (s.empty() ? "" : ", ") + d.name;
  return s;
}

struct Decision {
  Graph graph;
  std::vector<std::uint32_t> device;  // by node
};

Result<Decision> decide(Graph graph, Devices devices) {
  for (;;) {
    WEFT_TRY(Verdicts verdicts, ask_all(devices, graph));
    const std::size_t n = graph.nodes.size();
    // open: inline now; candidates: inline if that gives the first device work.
    std::vector<bool> open(n), candidates(n);
    for (std::size_t i = 0; i < n; ++i) {
      if (!graph.nodes[i].composite() || verdicts[0][i]) continue;
      candidates[i] =
          std::any_of(verdicts.begin(), verdicts.end(), [&](auto& v) { return v[i] != 0; });
      open[i] = !candidates[i];
    }
    WEFT_TRY(auto gains, gain(devices[0], graph, candidates));
    for (std::size_t i = 0; i < n; ++i) open[i] = open[i] || gains[i];
    if (std::find(open.begin(), open.end(), true) == open.end()) {
      Affinity a = assign(graph, verdicts);
      const bool composite = std::any_of(a.unplaced.begin(), a.unplaced.end(),
                                         [&](std::uint32_t i) { return graph.nodes[i].composite(); });
      if (a.unplaced.empty()) return Decision{std::move(graph), std::move(a.device)};
      if (!composite) {
        const std::uint32_t i = a.unplaced.front();
        return error(
            Code::kUnimplemented, "{}: node {} ({}) runs on none of: {}{}", graph.name, i,
            graph.nodes[i].op, names(devices),
            a.state.empty() ? "" : " (all nodes of state " + a.state + " need one device)");
      }
      for (std::uint32_t i : a.unplaced) open[i] = graph.nodes[i].composite();
    }
    graph = inline_nodes(graph, [&](std::size_t i) { return open[i]; }).graph;
  }
}

}  // namespace

Result<Placement> place(const Graph& graph, Devices devices, const PlaceOptions& options) {
  if (devices.empty()) return invalid("{}: no device to place it on", graph.name);
  WEFT_TRY(Decision d, decide(graph, options.strict ? devices.first(1) : devices));
  Placement p;
  std::set<std::pair<std::string, std::uint32_t>> noted;
  for (std::size_t i = 0; i < d.device.size(); ++i) {
    const std::string& op = d.graph.nodes[i].op;
    if (d.device[i] == 0 || !noted.emplace(op, d.device[i]).second) continue;
    p.notes.push_back(
        fmt::format("{} runs on {}, not on {}", op, devices[d.device[i]].name, devices[0].name));
  }
  p.segments = cut(d.graph, d.device);
  p.graph = std::move(d.graph);
  return p;
}

}  // namespace weft
