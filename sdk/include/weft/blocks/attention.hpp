// Grouped-query self-attention as decoder families share it.
#pragma once

#include <limits>
#include <string>

#include "weft/blocks/linear.hpp"
#include "weft/blocks/paged_attention.hpp"
#include "weft/blocks/rope.hpp"

namespace weft::blocks {

/// What differs between families.
struct AttentionShape {
  int64_t hidden, heads, kv_heads, head_dim;
  bool qkv_bias = false, out_bias = false;
  bool qk_norm = false;  // RMSNorm of each head of q and k before rope
  double norm_eps = 1e-6;
  bool sinks = false;
  AttentionRule rule;
};

/// x: [T, hidden] -> [T, hidden]. Parameters under `scope`: {q,k,v,o}_proj, {q,k}_norm, sinks.
/// `group` (with `group_id`) holds this layer's K and V as states "<name>.k" and "<name>.v".
inline Tensor attention(const Scope& scope, const TokenAxis& axis, const weft_group& group,
                        uint32_t group_id, const std::string& name, Tensor x,
                        const RopeAngles* angles, const Rope& rope, const AttentionShape& s) {
  Graph& g = scope.graph();
  auto project = [&](std::string_view which, int64_t heads) {  // [T, heads, head_dim]
    Tensor y = linear(scope / which, x, s.hidden, heads * s.head_dim, s.qkv_bias);
    return g.reshape(y, {axis.T, heads, s.head_dim});
  };
  Tensor q = project("q_proj", s.heads), k = project("k_proj", s.kv_heads),
         v = project("v_proj", s.kv_heads);
  if (s.qk_norm) {
    q = rms_norm(g, q, (scope / "q_norm").param("weight", {s.head_dim}), s.norm_eps);
    k = rms_norm(g, k, (scope / "k_norm").param("weight", {s.head_dim}), s.norm_eps);
  }
  if (angles != nullptr) {
    q = apply_rope(g, q, *angles, rope);
    k = apply_rope(g, k, *angles, rope);
  }
  const Tensor slot{group.slot};
  Tensor keys = g.scatter(g.state(name + ".k", group_id, {s.kv_heads, s.head_dim}), slot, k);
  Tensor values = g.scatter(g.state(name + ".v", group_id, {s.kv_heads, s.head_dim}), slot, v);
  Tensor sinks = s.sinks ? scope.param("sinks", {s.heads}) : Tensor{};
  Tensor y = paged_attention(g, axis, group, q, keys, values, sinks, s.rule);
  y = g.reshape(y, {axis.T, s.heads * s.head_dim});
  return linear(scope / "o_proj", y, s.heads * s.head_dim, s.hidden, s.out_bias);
}

}  // namespace weft::blocks
