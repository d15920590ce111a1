// Attention of a decoder to what the encoder has read. Keys and values are states, which the graph "encode" writes once
// and "step" reads.
#pragma once

#include "weft/blocks/attention.hpp"
#include "weft/blocks/step.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

WEFT_SDK_INLINE StateGroup cross_group(Graph& g) {
  StateGroup s;
  s.group = g.group("encoder", WEFT_GROUP_PAGED, 0, &s.id);
  return s;
}

/// In "encode": keeps K and V of `encoded` [T, hidden] as states "<name>.k" and "<name>.v". Parameters under `scope`:
/// {k,v}_proj.
WEFT_SDK_INLINE void keep_for_cross_attention(const Scope& scope, const TokenAxis& axis, const StateGroup& group,
    const std::string& name, Tensor encoded, const AttentionShape& s) {
  Graph& g = scope.graph();
  for (const std::string which : {"k", "v"}) {
    Tensor y = linear(scope / (which + "_proj"), encoded, s.hidden, s.kv_heads * s.head_dim, s.qkv_bias);
    Tensor state = g.state(name + "." + which, group.id, {s.kv_heads, s.head_dim});
    g.scatter(state, {group.group.slot}, g.reshape(y, {axis.T, s.kv_heads, s.head_dim}));
  }
}

/// In "step": x [T, hidden] -> [T, hidden]. Each token sees everything that the encoder has read for its sequence.
/// Parameters under `scope`: {q,o}_proj.
WEFT_SDK_INLINE Tensor cross_attention(const Scope& scope, const TokenAxis& axis, const StateGroup& group,
    const std::string& name, Tensor x, const AttentionShape& s) {
  Graph& g = scope.graph();
  const auto state = [&](const char* which) {
    return g.state(name + which, group.id, {s.kv_heads, s.head_dim});
  };
  const int64_t width = s.heads * s.head_dim;
  Tensor q = g.reshape(linear(scope / "q_proj", x, s.hidden, width, s.qkv_bias), {axis.T, s.heads, s.head_dim});
  AttentionRule rule = s.rule;
  rule.causal = false;
  Tensor y = paged_attention(g, axis, group.group, q, state(".k"), state(".v"), {}, rule);
  return linear(scope / "o_proj", g.reshape(y, {axis.T, width}), width, s.hidden, s.out_bias);
}

}  // namespace weft::blocks
