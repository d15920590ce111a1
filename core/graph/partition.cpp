#include "core/graph/partition.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "core/base/error.hpp"
#include "core/graph/inline.hpp"
#include "core/graph/layers.hpp"
#include "core/graph/segments.hpp"

namespace weft {
namespace {

using Devices = std::span<const DeviceSupport>;
using Homes = std::vector<std::uint32_t>;  // by node

Result<std::vector<std::uint8_t>> ask(const DeviceSupport& d, const Graph& g,
                                      std::vector<std::string>* reasons = nullptr) {
  auto v = d.verdicts(g, reasons);
  if (!v.ok()) return v.status().with_context(d.name);
  if (v->size() != g.nodes.size()) {
    return error(Code::kInternal, "{}: {} verdicts for {} nodes", d.name, v->size(), g.nodes.size());
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

Homes homes_of(const Graph& graph, const std::vector<std::uint32_t>& device_of_layer) {
  Homes home(graph.nodes.size(), 0);
  if (device_of_layer.empty()) return home;
  const std::vector<int64_t> layers = layers_of(graph);
  for (std::size_t i = 0; i < home.size(); ++i) {
    const auto layer = static_cast<std::size_t>(layers[i]);
    home[i] = device_of_layer[std::min(layer, device_of_layer.size() - 1)];
  }
  return home;
}

/// Whether a node is worth moving values to its device: it has weights or states, or runs fast there.
bool weighty(const Graph& graph, std::size_t node, std::uint8_t verdict) {
  const Node& n = graph.nodes[node];
  const bool weights = std::any_of(n.in.begin(), n.in.end(), [&](std::uint32_t v) {
    return v != WEFT_NONE && graph.values[v].kind == WEFT_PARAM && graph.values[v].dims.size() > 1;
  });
  return verdict == 2 || weights || !states_of(graph, n).empty();
}

// Which composites in `candidates` are worth inlining for their home: if they, and composites inside of them, were
// inlined, it would run all of one, or some of it; where values must be copied for that, weighty nodes.
Result<std::vector<bool>> gain(const DeviceSupport& home, const Graph& graph, const std::vector<bool>& candidates) {
  std::vector<bool> gains(graph.nodes.size());
  if (std::find(candidates.begin(), candidates.end(), true) == candidates.end()) return gains;
  Inlined trial = inline_nodes(graph, [&](std::size_t i) { return candidates[i]; });
  std::vector<std::uint32_t> origin = trial.origin;
  for (;;) {
    WEFT_TRY(auto verdicts, ask(home, trial.graph));
    std::vector<bool> whole = candidates;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      if (!verdicts[i]) whole[origin[i]] = false;
      const bool worth = !home.own_memory || weighty(trial.graph, i, verdicts[i]);
      if (verdicts[i] && candidates[origin[i]] && worth) gains[origin[i]] = true;
    }
    for (std::size_t i = 0; i < gains.size(); ++i) gains[i] = gains[i] || whole[i];
    bool deeper = false;
    Inlined next = inline_nodes(trial.graph, [&](std::size_t i) {
      const bool open = candidates[origin[i]] && !gains[origin[i]] && !verdicts[i];
      deeper |= open && trial.graph.nodes[i].composite();
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

/// Lets runs of nodes that are not worth a crossing run where the nodes before or after them do.
void join_light(const Graph& graph, Devices devices, const Verdicts& verdicts, std::vector<std::uint32_t>& device) {
  for (std::size_t begin = 0; begin < device.size();) {
    const std::uint32_t here = device[begin];
    std::size_t end = begin;
    bool light = true;
    for (; end < device.size() && device[end] == here; ++end) light &= !weighty(graph, end, verdicts[here][end]);
    const auto takes = [&](std::uint32_t there) {
      if (!devices[here].own_memory && !devices[there].own_memory) return false;  // a crossing costs nothing
      return std::all_of(verdicts[there].begin() + static_cast<std::ptrdiff_t>(begin),
                         verdicts[there].begin() + static_cast<std::ptrdiff_t>(end), [](auto v) { return v != 0; });
    };
    for (const std::size_t neighbour : {begin - 1, end}) {  // begin - 1 of 0 is beyond the end
      if (!light || neighbour >= device.size() || !takes(device[neighbour])) continue;
      std::fill(device.begin() + static_cast<std::ptrdiff_t>(begin), device.begin() + static_cast<std::ptrdiff_t>(end),
                device[neighbour]);
      break;
    }
    begin = end;
  }
}

struct Decision {
  Graph graph;
  std::vector<std::uint32_t> device;  // by node
};

Result<Decision> decide(Graph graph, Devices devices, const PlaceOptions& options) {
  for (;;) {
    WEFT_TRY(Verdicts verdicts, ask_all(devices, graph));
    const Homes home = homes_of(graph, options.layers);
    const std::size_t n = graph.nodes.size();
    std::vector<bool> open(n), gains(n);  // to be inlined now
    for (std::uint32_t d = 0; d < devices.size(); ++d) {
      std::vector<bool> candidates(n);  // inlined if that is worth it
      for (std::size_t i = 0; i < n; ++i) {
        if (home[i] != d || !graph.nodes[i].composite() || verdicts[d][i]) continue;
        candidates[i] = std::any_of(verdicts.begin(), verdicts.end(), [&](auto& v) { return v[i] != 0; });
        open[i] = !candidates[i];
      }
      WEFT_TRY(gains, gain(devices[d], graph, candidates));
      for (std::size_t i = 0; i < n; ++i) open[i] = open[i] || gains[i];
    }
    if (std::find(open.begin(), open.end(), true) == open.end()) {
      Affinity a = assign(graph, verdicts, home, options.states);
      const bool composite = std::any_of(a.unplaced.begin(), a.unplaced.end(),
                                         [&](std::uint32_t i) { return graph.nodes[i].composite(); });
      if (a.unplaced.empty()) {
        join_light(graph, devices, verdicts, a.device);
        return Decision{std::move(graph), std::move(a.device)};
      }
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

/// Says which ops run elsewhere than at home, and why.
Status note(const Decision& d, const Homes& home, Devices devices, std::vector<std::string>& notes) {
  std::map<std::uint32_t, std::vector<std::string>> reasons;  // by device
  std::set<std::tuple<std::string, std::uint32_t, std::uint32_t>> noted;
  for (std::size_t i = 0; i < d.device.size(); ++i) {
    const std::string& op = d.graph.nodes[i].op;
    if (d.device[i] == home[i] || !noted.emplace(op, d.device[i], home[i]).second) continue;
    if (!reasons.count(home[i])) WEFT_CHECK_OK(ask(devices[home[i]], d.graph, &reasons[home[i]]).status());
    const std::vector<std::string>& why = reasons[home[i]];
    notes.push_back(fmt::format("{} runs on {}, not on {}{}", op, devices[d.device[i]].name, devices[home[i]].name,
                                i < why.size() && !why[i].empty() ? ": " + why[i] : ""));
  }
  return {};
}

}  // namespace

Result<Placement> place(const Graph& graph, Devices devices, const PlaceOptions& options) {
  if (devices.empty()) return invalid("{}: no device to place it on", graph.name);
  WEFT_TRY(Decision d, decide(graph, options.strict ? devices.first(1) : devices, options));
  Placement p;
  WEFT_CHECK_OK(note(d, homes_of(d.graph, options.layers), devices, p.notes));
  p.segments = cut(d.graph, d.device);
  p.graph = std::move(d.graph);
  return p;
}

StateDevices Placement::states() const {
  StateDevices devices;
  for (const Segment& segment : segments) {
    for (const State& state : segment.graph.states) devices[state.name] = segment.device;
  }
  return devices;
}

}  // namespace weft
