// Self-attention, over a paged K/V state or within a step, with what decoder families differ in.
#pragma once

#include <cmath>
#include <functional>
#include <optional>
#include <string>

#include "weft/blocks/linear.hpp"
#include "weft/blocks/paged_attention.hpp"
#include "weft/blocks/ragged_attention.hpp"
#include "weft/blocks/rope.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// Norms of q and k before rope: kHead norms each head with one weight for all heads, kEachHead each head with a weight
/// of its own, kRow all heads as one row.
enum class QkNorm { kNone, kHead, kEachHead, kRow };

/// What decoder families state about their attention.
struct AttentionShape {
  int64_t hidden = 0, heads = 0, kv_heads = 0, head_dim = 0;
  bool qkv_bias = false, out_bias = false;
  /// Which of q, k, v and o have a bias in the file, where it says so; goes before the two above.
  struct Biases {
    bool q = false, k = false, v = false, o = false;
  };
  std::optional<Biases> stored_biases = {};
  QkNorm qk_norm = QkNorm::kNone;
  Norm norm = {};                  // the norm of q and k that qk_norm asks for
  double clip = 0;                 // > 0: q and k (after their norms) and v are clamped to [-clip, clip]
  bool gated = false;              // the heads' output is multiplied by sigmoid(gate_proj(x))
  bool sinks = false;              // parameter `sinks` [heads]
  std::vector<float> slopes = {};  // alibi's slopes, [heads]; empty: no alibi
  Tensor relative = {};            // a bias by distance in the graph being written, see paged_attention; absent: none
  Tensor ahead = {};               // how far tokens see ahead, see paged_attention; absent: they do not
  AttentionRule rule = {};
};

/// The slopes that alibi gives to `heads` heads: a geometric sequence; where `heads` is no power of two, the rest come
/// from the sequence of twice as many.
WEFT_SDK_INLINE std::vector<float> alibi_slopes(int64_t heads, double bias_max = 8) {
  int64_t power = 1;
  while (power * 2 <= heads) power *= 2;
  std::vector<float> slopes;
  for (int64_t i = 0; i < heads; ++i) {
    const double step = i < power ? static_cast<double>(i + 1) / static_cast<double>(power)
                                  : static_cast<double>(2 * (i - power) + 1) / static_cast<double>(2 * power);
    slopes.push_back(static_cast<float>(std::pow(2.0, -bias_max * step)));
  }
  return slopes;
}

WEFT_SDK_INLINE Tensor clamp(Graph& g, Tensor x, double low, double high, std::size_t rank) {
  return g.min(g.max(x, g.scalar(static_cast<float>(low), rank)), g.scalar(static_cast<float>(high), rank));
}

/// Norms x [T, heads, head_dim] as `s.qk_norm` says; the weight is under `scope`.
WEFT_SDK_INLINE Tensor qk_norm(const Scope& scope, Tensor x, const AttentionShape& s) {
  Graph& g = scope.graph();
  const Dims d = g.dims(x);
  switch (s.qk_norm) {
    case QkNorm::kNone: return x;
    case QkNorm::kHead: return norm(scope, x, s.norm);
    case QkNorm::kRow: return g.reshape(norm(scope, g.reshape(x, {d[0], d[1] * d[2]}), s.norm), d);
    case QkNorm::kEachHead: {
      Norm bare = s.norm;
      bare.weight = bare.bias = false;
      return g.mul(norm(scope, x, bare), g.reshape(scope.param("weight", {d[1], d[2]}), {1, d[1], d[2]}));
    }
  }
  return x;
}

/// Attention in the middle of a layer: q [T, heads, head_dim], k and v [T, kv_heads, head_dim] -> [T, heads, head_dim].
/// `sinks` and `slopes` may be absent.
struct AttentionInputs {
  Tensor q, k, v, sinks, slopes;
};
using AttentionCore = std::function<Tensor(const AttentionInputs& in)>;

/// What all self-attention has around its core. x: [T, hidden] -> [T, hidden]. Parameters under `scope`:
/// {q,k,v,o,gate}_proj, {q,k}_norm, sinks. `angles` null: q and k are not rotated.
WEFT_SDK_INLINE Tensor around_attention(const Scope& scope, const TokenAxis& axis, Tensor x, const RopeAngles* angles,
    const Rope& rope, const AttentionShape& s, const AttentionCore& core) {
  Graph& g = scope.graph();
  const AttentionShape::Biases biases =
      s.stored_biases.value_or(AttentionShape::Biases{s.qkv_bias, s.qkv_bias, s.qkv_bias, s.out_bias});
  auto project = [&](std::string_view which, int64_t heads, bool bias) {  // [T, heads, head_dim]
    Tensor y = linear(scope / which, x, s.hidden, heads * s.head_dim, bias);
    return g.reshape(y, {axis.T, heads, s.head_dim});
  };
  auto clipped = [&](Tensor y) { return s.clip > 0 ? clamp(g, y, -s.clip, s.clip, 3) : y; };
  Tensor q = clipped(qk_norm(scope / "q_norm", project("q_proj", s.heads, biases.q), s));
  Tensor k = clipped(qk_norm(scope / "k_norm", project("k_proj", s.kv_heads, biases.k), s));
  Tensor v = clipped(project("v_proj", s.kv_heads, biases.v));
  if (angles != nullptr) {
    q = apply_rope(g, q, *angles, rope);
    k = apply_rope(g, k, *angles, rope);
  }
  Tensor sinks = s.sinks ? scope.param("sinks", {s.heads}) : Tensor{};
  Tensor slopes = s.slopes.empty() ? Tensor{} : g.constant(s.slopes, {s.heads});
  Tensor y = g.reshape(core({q, k, v, sinks, slopes}), {axis.T, s.heads * s.head_dim});
  if (s.gated) y = g.mul(y, g.sigmoid(linear(scope / "gate_proj", x, s.hidden, s.heads * s.head_dim, s.qkv_bias)));
  return linear(scope / "o_proj", y, s.heads * s.head_dim, s.hidden, biases.o);
}

/// Self-attention to what the step's sequences have so far, see around_attention. The layer's K and V are states
/// "<name>.k" and "<name>.v" of `group`, whose id is `group_id`.
WEFT_SDK_INLINE Tensor attention(const Scope& scope, const TokenAxis& axis, const weft_group& group, uint32_t group_id,
    const std::string& name, Tensor x, const RopeAngles* angles, const Rope& rope, const AttentionShape& s) {
  Graph& g = scope.graph();
  const auto kept = [&](const char* which, Tensor rows) {
    return g.scatter(g.state(name + which, group_id, {s.kv_heads, s.head_dim}), {group.slot}, rows);
  };
  return around_attention(scope, axis, x, angles, rope, s, [&](const AttentionInputs& in) {
    Tensor keys = kept(".k", in.k), values = kept(".v", in.v);
    return paged_attention(g, axis, group, in.q, keys, values, in.sinks, s.rule, in.slopes, s.relative, s.ahead);
  });
}

/// Self-attention of sequences whose tokens are all in the step, without states, see around_attention. `s.ahead` is
/// absent.
WEFT_SDK_INLINE Tensor attention_in_step(const Scope& scope, const TokenAxis& axis, Tensor x, const RopeAngles* angles,
    const Rope& rope, const AttentionShape& s) {
  if (s.ahead.present()) sdk::refuse("attention within a step sees nothing ahead");
  return around_attention(scope, axis, x, angles, rope, s, [&](const AttentionInputs& in) {
    return ragged_attention(scope.graph(), axis, in.q, in.k, in.v, in.sinks, s.rule, in.slopes, s.relative);
  });
}

}  // namespace weft::blocks
