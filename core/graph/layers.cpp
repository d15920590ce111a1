#include "core/graph/layers.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace weft {
namespace {

/// A model has fewer layers. A larger number in a name is none.
constexpr int64_t kMostLayers = 1 << 16;

/// The first part of a path that is a number; -1: none is.
int64_t number_in(std::string_view path) {
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('.'));
    int64_t number = 0;
    const auto [end, failed] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (!part.empty() && part[0] != '-' && failed == std::errc() && end == part.data() + part.size())
      return number < kMostLayers ? number : -1;
    path.remove_prefix(std::min(part.size() + 1, path.size()));
  }
  return -1;
}

/// The highest layer whose parameters or states the node touches; -1: it touches none.
int64_t own_layer(const Graph& g, const Node& n) {
  int64_t layer = -1;
  const auto look = [&](uint32_t v) {
    if (v == WEFT_NONE) return;
    if (g.values[v].kind == WEFT_PARAM) layer = std::max(layer, number_in(g.values[v].name));
    if (g.values[v].state() != WEFT_NONE) layer = std::max(layer, number_in(g.states[g.values[v].state()].name));
  };
  for (const uint32_t v : n.in) look(v);
  for (const uint32_t v : n.out) look(v);
  return layer;
}

}  // namespace

std::vector<int64_t> layers_of(const Graph& graph) {
  std::vector<int64_t> layers;
  for (const Node& n : graph.nodes) layers.push_back(own_layer(graph, n));
  const auto first = std::find_if(layers.begin(), layers.end(), [](int64_t layer) { return layer >= 0; });
  int64_t last = first == layers.end() ? 0 : *first;
  for (int64_t& layer : layers) last = layer = layer >= 0 ? layer : last;
  return layers;
}

int64_t layer_count(const Graph& graph) {
  int64_t highest = -1;
  for (const Node& n : graph.nodes) highest = std::max(highest, own_layer(graph, n));
  return highest + 1;
}

}  // namespace weft
