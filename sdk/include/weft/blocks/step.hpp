// What all layers of a step share: the token axis, the groups of their states, the angles of rope.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "weft/blocks/rope.hpp"

namespace weft::blocks {

struct StateGroup {
  weft_group group{};
  uint32_t id = 0;
};

struct Step {
  /// `windows`: those of the layers whose states are paged; 0: a layer sees all tokens. None: all tokens of a sequence
  /// are in the step. `slots`: whether some layer keeps one state for each sequence.
  Step(sdk::Graph& g, const std::vector<int64_t>& windows, bool slots, const std::vector<Rope>& ropes)
      : graph(&g), axis(g) {
    for (int64_t window : windows) paged[window];
    for (auto& [window, kv] : paged) {
      const bool other = window > 0 && paged.size() > 1;
      kv.group = g.group(other ? "kv.window" + std::to_string(window) : "kv", WEFT_GROUP_PAGED, window, &kv.id);
    }
    if (slots) kept.group = g.group("kept", WEFT_GROUP_SLOT, 0, &kept.id);
    if (ropes.empty()) return;
    const auto bound = [&](int64_t first) { return g.slice(axis.seq_start, 0, first, axis.S); };
    const sdk::Tensor lengths =
        paged.empty() ? g.sub(bound(1), bound(0)) : sdk::Tensor{paged.begin()->second.group.len};
    for (const Rope& r : ropes) angles.push_back(rope_angles(g, axis, r, lengths));
  }

  sdk::Graph* graph;
  TokenAxis axis;
  std::map<int64_t, StateGroup> paged;  // by window
  StateGroup kept;
  std::vector<RopeAngles> angles;  // by rope
};

}  // namespace weft::blocks
