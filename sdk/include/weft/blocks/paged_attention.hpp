// Attention over a paged K/V state: a composite, and its body of primitives.
#pragma once

#include <limits>

#include "weft/blocks/norm.hpp"
#include "weft/blocks/tokens.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

struct AttentionRule {
  double scale = 1;    // multiplies q.k
  bool causal = true;  // a token sees its own position p and those before it; false: those after it too
  int64_t window = 0;  // of these it sees the ones less than `window` positions away; 0: all
  double softcap = 0;  // > 0: scores become softcap * tanh(score / softcap)
};

/// q: [T, Hq, D]; k: [slots, Hkv, D] and v: [slots, Hkv, Dv] are states that already hold this step's tokens.
/// sinks: [Hq] or absent; a score that takes part in the softmax and has no value.
/// slopes: [Hq] or absent; alibi (Press et al. 2021): a score falls by the slope for each position between query and
/// key.
/// relative: [Hq, 2M + 1] or absent; [h][d + M] is added to the score of a key d positions behind its query (before it:
/// d < 0). Distances beyond M use the entry of M. With `relative` the composite is called "relative_attention".
/// ahead: [T] i32 or absent, where causal; how many tokens after itself a token also sees, of its own step (a picture's
/// tokens see each other). With `ahead` the composite is called "prefix_attention".
/// Returns [T, Hq, Dv]; a token that sees no key gets zeros.
WEFT_SDK_INLINE Tensor paged_attention(Graph& g, const TokenAxis& axis, const weft_group& group, Tensor q,
                              Tensor k, Tensor v, Tensor sinks, const AttentionRule& rule, Tensor slopes = {},
                              Tensor relative = {}, Tensor ahead = {}) {
  using sdk::Compare;
  using sdk::Reduce;
  const Dims qd = g.dims(q), kd = g.dims(k), vd = g.dims(v);
  const Dim T = qd[0], S = axis.S, Q = axis.Q, B = ~static_cast<Dim>(group.sym_blocks);
  const int64_t Hq = qd[1], D = qd[2], Hkv = kd[1], Dv = vd[2], G = Hq / Hkv;
  const int64_t bs = group.block_tokens;
  const Dim L = g.mul(B, bs), SQ = g.mul(S, Q);  // key positions of a sequence; queries with padding

  std::vector<Attr> attrs{Attr::f64("scale", rule.scale), Attr::i64("block_tokens", bs)};
  if (!rule.causal) attrs.push_back(Attr::i64("causal", 0));
  if (rule.window > 0) attrs.push_back(Attr::i64("window", rule.window));
  if (rule.softcap > 0) attrs.push_back(Attr::f64("softcap", rule.softcap));

  auto body = [&](const std::vector<Tensor>& in) {
    Tensor table = in[3], base = in[4], len = in[5], start = in[6], seq = in[7], sink = in[8];
    // Keys of each sequence: position p = base + j, slot = table[j / bs] * bs + j % bs.
    Tensor first = g.mul(g.reshape(table, {S, B, 1}), g.scalar_i32(static_cast<int32_t>(bs), 3));
    Tensor slot = g.reshape(g.add(first, g.iota({1, 1, bs}, 2)), {S, L});
    Tensor p = g.add(g.reshape(base, {S, 1}), g.iota({1, L}, 1));            // [S, L]
    Tensor stored = g.compare(Compare::kLt, p, g.reshape(len, {S, 1}));      // [S, L]
    slot = g.select(stored, slot, g.scalar_i32(-1, 2));
    Tensor keys = g.reshape(g.transpose(g.gather(in[1], slot), {0, 2, 1, 3}), {S, Hkv, 1, L, D});
    Tensor values = g.reshape(g.transpose(g.gather(in[2], slot), {0, 2, 1, 3}), {S, Hkv, 1, L, Dv});
    // Queries are padded to [S, Q].
    Tensor begin = g.slice(start, 0, 0, S);
    Tensor count = g.sub(g.slice(start, 0, 1, S), begin);  // [S]
    Tensor j = g.iota({1, Q}, 1);
    Tensor token = g.add(g.reshape(begin, {S, 1}), j);  // [S, Q]
    token = g.select(g.compare(Compare::kLt, j, g.reshape(count, {S, 1})), token, g.scalar_i32(-1, 2));
    Tensor queries = g.reshape(g.gather(in[0], token), {S, Q, Hkv, G, D});
    queries = g.transpose(queries, {0, 2, 3, 1, 4});  // [S, Hkv, G, Q, D]
    Tensor score = g.mul(g.matmul(queries, keys, true), g.scalar(static_cast<float>(rule.scale), 5));
    if (rule.softcap > 0) {
      const float cap = static_cast<float>(rule.softcap);
      score = g.mul(g.tanh(g.mul(score, g.scalar(1 / cap, 5))), g.scalar(cap, 5));
    }
    // Query j of a sequence has logical index i = len - count + j.
    Tensor i = g.add(g.reshape(g.sub(len, count), {S, 1, 1}), g.reshape(j, {1, Q, 1}));  // [S,Q,1]
    Tensor p3 = g.reshape(p, {S, 1, L});
    if (slopes.present()) {
      Tensor back = g.reshape(g.cast(g.sub(p3, i), WEFT_F32), {S, 1, 1, Q, L});  // 0 or less where causal
      if (!rule.causal) back = g.min(back, g.mul(back, g.scalar(-1, 5)));
      score = g.add(score, g.mul(back, g.reshape(in[9], {1, Hkv, G, 1, 1})));
    }
    if (relative.present()) {
      const int64_t n = g.dims(in[10])[1];
      Tensor most = g.scalar_i32(static_cast<int32_t>(n / 2), 3);
      Tensor behind = g.max(g.sub(p3, i), g.scalar_i32(-static_cast<int32_t>(n / 2), 3));
      Tensor bias = g.gather(in[10], g.add(g.min(behind, most), most), 1);  // [Hq, S, Q, L]
      score = g.add(score, g.reshape(g.transpose(bias, {1, 0, 2, 3}), {S, Hkv, G, Q, L}));
    }
    Tensor hidden = g.scalar(-std::numeric_limits<float>::infinity(), 5);
    auto keep = [&](Tensor mask, const Dims& dims) {
      score = g.select(g.reshape(mask, dims), score, hidden);
    };
    keep(stored, {S, 1, 1, 1, L});
    if (rule.causal) {
      Tensor last = i;
      if (ahead.present()) last = g.add(i, g.reshape(g.gather(in[11], token), {S, Q, 1}));
      keep(g.compare(Compare::kLe, p3, last), {S, 1, 1, Q, L});
    }
    if (rule.window > 0) {
      Tensor w = g.scalar_i32(static_cast<int32_t>(rule.window), 3);
      keep(g.compare(Compare::kLt, g.sub(i, p3), w), {S, 1, 1, Q, L});
      if (!rule.causal) keep(g.compare(Compare::kLt, g.sub(p3, i), w), {S, 1, 1, Q, L});
    }
    Tensor weight;
    if (sink.present()) {  // the softmax is over [sink, scores], and the sink's share is dropped
      Tensor s = g.reshape(sink, {1, Hkv, G, 1, 1});
      Tensor top = g.max(g.reduce(Reduce::kMax, score, 4), s);
      Tensor e = g.exp(g.sub(score, top));
      weight = g.div(e, g.add(g.reduce(Reduce::kSum, e, 4), g.exp(g.sub(s, top))));
    } else {
      weight = softmax(g, score);
    }
    Tensor out = g.transpose(g.matmul(weight, values), {0, 3, 1, 2, 4});  // [S, Q, Hkv, G, Dv]
    out = g.reshape(out, {SQ, Hq, Dv});
    // Token t is in the padded row seq[t] * Q + (t - start[seq[t]]).
    Tensor row = g.reshape(g.iota({SQ}, 0), {S, Q});
    Tensor within = g.sub(g.iota({T}, 0), g.gather(start, seq));
    row = g.gather(g.gather(row, seq), g.reshape(within, {T, 1}), 1, 1);  // [T, 1]
    return std::vector<Tensor>{g.gather(out, g.reshape(row, {T}))};
  };
  std::vector<Tensor> in{q, k, v, {group.table}, {group.base}, {group.len}, axis.seq_start, axis.token_seq, sinks,
                         slopes};
  if (!relative.present() && !ahead.present()) return g.composite("attention", 1, in, attrs, body)[0];
  in.push_back(relative);
  if (!ahead.present()) return g.composite("relative_attention", 1, in, attrs, body)[0];
  in.push_back(ahead);
  return g.composite("prefix_attention", 1, in, attrs, body)[0];
}

}  // namespace weft::blocks
