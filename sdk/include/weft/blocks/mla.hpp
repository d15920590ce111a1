// Multi-head latent attention (DeepSeek-V2, 2024), computed on its compressed cache.
#pragma once

#include "weft/blocks/attention.hpp"
#include "weft/blocks/step.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

struct LatentShape {
  int64_t hidden = 0, heads = 0;
  int64_t q_rank = 0;  // width of the queries' latent; 0: queries are projected from the stream directly
  int64_t kv_rank = 0;                        // width of the latent that keys and values are made from
  int64_t plain = 0, rotated = 0, value = 0;  // dims of a head: its key without rope, its key with rope, its value
  bool bias = false;                          // biases of the projections from and to the stream
  Norm norm;
  double scale = 1;
};

/// x: [T, hidden] -> [T, hidden]. Parameters under `scope`: q_proj, or q_a_proj, q_a_layernorm and q_b_proj;
/// kv_a_proj_with_mqa, kv_a_layernorm, k_b_proj [heads, kv_rank, plain], v_b_proj [heads, value, kv_rank], o_proj. The
/// state "<name>.kv" holds each token's latent and its rotated key, which all heads share. Queries are projected into
/// the latent's space, where the latent serves as key and as value; the result is projected out of it.
WEFT_SDK_INLINE Tensor latent_attention(const Step& step, const Scope& scope, const std::string& name, Tensor x,
    const RopeAngles& angles, const Rope& rope, const LatentShape& s) {
  Graph& g = scope.graph();
  const Dim T = step.axis.T;
  const StateGroup& kv = step.paged.at(0);
  Tensor q = x;
  if (s.q_rank > 0)
    q = norm(scope / "q_a_layernorm", linear(scope / "q_a_proj", x, s.hidden, s.q_rank, s.bias), s.norm);
  q = linear(scope / (s.q_rank > 0 ? "q_b_proj" : "q_proj"), q, s.q_rank > 0 ? s.q_rank : s.hidden,
      s.heads * (s.plain + s.rotated), false);
  q = g.reshape(q, {T, s.heads, s.plain + s.rotated});
  Tensor both = linear(scope / "kv_a_proj_with_mqa", x, s.hidden, s.kv_rank + s.rotated, s.bias);
  Tensor latent = norm(scope / "kv_a_layernorm", g.slice(both, 1, 0, s.kv_rank), s.norm);
  Tensor key = apply_rope(g, g.reshape(g.slice(both, 1, s.kv_rank, s.rotated), {T, 1, s.rotated}), angles, rope);
  Tensor entry = g.concat({g.reshape(latent, {T, 1, s.kv_rank}), key}, 2);  // [T, 1, kv_rank + rotated]
  Tensor cache = g.scatter(g.state(name + ".kv", kv.id, {1, s.kv_rank + s.rotated}), {kv.group.slot}, entry);

  Tensor head = g.iota({T, s.heads}, 1);  // each head has its own matrix
  Tensor k_b = (scope / "k_b_proj").param("weight", {s.heads, s.kv_rank, s.plain});
  Tensor v_b = (scope / "v_b_proj").param("weight", {s.heads, s.value, s.kv_rank});
  Tensor inside = g.matmul_id(g.slice(q, 2, 0, s.plain), k_b, head);  // [T, heads, kv_rank]
  Tensor turned = apply_rope(g, g.slice(q, 2, s.plain, s.rotated), angles, rope);
  Tensor y =
      paged_attention(g, step.axis, kv.group, g.concat({inside, turned}, 2), cache, cache, {}, {.scale = s.scale});
  y = g.matmul_id(g.slice(y, 2, 0, s.kv_rank), v_b, head);  // [T, heads, value]
  return linear(scope / "o_proj", g.reshape(y, {T, s.heads * s.value}), s.heads * s.value, s.hidden, s.bias);
}

}  // namespace weft::blocks
