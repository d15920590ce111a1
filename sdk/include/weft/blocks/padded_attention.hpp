// What the bodies of attention's composites share: sequences of a step padded to one length, and attention among what
// is padded.
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

/// The attributes of a composite that follows the rule.
WEFT_SDK_INLINE std::vector<Attr> attributes_of(const AttentionRule& rule) {
  std::vector<Attr> attrs{Attr::f64("scale", rule.scale)};
  if (!rule.causal) attrs.push_back(Attr::i64("causal", 0));
  if (rule.window > 0) attrs.push_back(Attr::i64("window", rule.window));
  if (rule.softcap > 0) attrs.push_back(Attr::f64("softcap", rule.softcap));
  return attrs;
}

WEFT_SDK_INLINE AttentionRule rule_of(const Attributes& attrs) {
  return {attrs.number("scale"), attrs.flag("causal"), attrs.integer("window"), attrs.number("softcap")};
}

/// The tokens of each sequence side by side, from TokenAxis::seq_start [S + 1] and token_seq [T].
class PaddedTokens {
 public:
  WEFT_SDK_INLINE PaddedTokens(Graph& g, Tensor seq_start, Tensor token_seq)
      : g_(g),
        T_(g.dims(token_seq)[0]),
        S_(g.symbol("S")),
        Q_(g.symbol("Q")),
        start_(seq_start),
        seq_(token_seq) {
    Tensor begin = g.slice(start_, 0, 0, S_);
    count = g.sub(g.slice(start_, 0, 1, S_), begin);
    index = g.iota({1, Q_}, 1);
    there = g.compare(sdk::Compare::kLt, index, g.reshape(count, {S_, 1}));
    token = g.select(there, g.add(g.reshape(begin, {S_, 1}), index), g.scalar_i32(-1, 2));
  }

  /// x [T, H, D] -> [S, H / group, group, Q, D], zeros where there is no token.
  WEFT_SDK_INLINE Tensor pad(Tensor x, int64_t group) const {
    const Dims d = g_.dims(x);
    Tensor y = g_.reshape(g_.gather(x, token), {S_, Q_, sdk::each_of(group, d[1]), group, d[2]});
    return g_.transpose(y, {0, 2, 3, 1, 4});
  }
  /// x [S, H / group, group, Q, D] -> [T, H, D].
  WEFT_SDK_INLINE Tensor unpad(Tensor x) const {
    const Dims d = g_.dims(x);
    const Dim SQ = g_.mul(S_, Q_);
    x = g_.reshape(g_.transpose(x, {0, 3, 1, 2, 4}), {SQ, d[1] * d[2], d[4]});
    // Token t is in the padded row seq[t] * Q + (t - start[seq[t]]).
    Tensor row = g_.reshape(g_.iota({SQ}, 0), {S_, Q_});
    Tensor within = g_.sub(g_.iota({T_}, 0), g_.gather(start_, seq_));
    row = g_.gather(g_.gather(row, seq_), g_.reshape(within, {T_, 1}), 1, 1);  // [T, 1]
    return g_.gather(x, g_.reshape(row, {T_}));
  }

  Dim most() const { return Q_; }  // tokens of the longest

  Tensor count;  // [S]: tokens of each sequence
  Tensor index;  // [1, Q]: 0, 1, 2...
  Tensor there;  // [S, Q]: whether there is a token
  Tensor token;  // [S, Q]: which one; -1: none

 private:
  Graph& g_;
  Dim T_, S_, Q_;
  Tensor start_, seq_;
};

struct PaddedAttention {
  Tensor queries;          // [S, Hkv, G, Q, D]
  Tensor keys, values;     // [S, Hkv, 1, L, D], [S, Hkv, 1, L, Dv]
  Tensor there;            // [S, L]: whether there is a key
  Tensor query_at, key_at;  // [S or 1, Q, 1] and [S or 1, 1, L] i32: their positions
  Tensor ahead;                    // [S, Q, 1] i32: how many positions after its own a query sees; absent: none
  Tensor sinks, slopes, relative;  // as paged_attention's; absent: none
};

/// [S, Hkv, G, Q, Dv].
WEFT_SDK_INLINE Tensor padded_attention(Graph& g, const PaddedAttention& a, const AttentionRule& rule) {
  using sdk::Compare;
  using sdk::Reduce;
  const Dims qd = g.dims(a.queries);
  const int64_t Hkv = qd[1], G = qd[2];
  const Tensor i = a.query_at, p = a.key_at;
  Tensor score = g.mul(g.matmul(a.queries, a.keys, true), g.scalar(static_cast<float>(rule.scale), 5));
  if (rule.softcap > 0) {
    const float cap = static_cast<float>(rule.softcap);
    score = g.mul(g.tanh(g.mul(score, g.scalar(1 / cap, 5))), g.scalar(cap, 5));
  }
  const auto of_all_heads = [&](Tensor x) {  // [S or 1, Q or 1, L] -> [S or 1, 1, 1, Q or 1, L]
    const Dims d = g.dims(x);
    return g.reshape(x, {d[0], 1, 1, d[1], d[2]});
  };
  if (a.slopes.present()) {
    Tensor back = of_all_heads(g.cast(g.sub(p, i), WEFT_F32));  // 0 or less where causal
    if (!rule.causal) back = g.min(back, g.mul(back, g.scalar(-1, 5)));
    score = g.add(score, g.mul(back, g.reshape(a.slopes, {1, Hkv, G, 1, 1})));
  }
  if (a.relative.present()) {
    const int64_t n = g.dims(a.relative)[1];
    Tensor most = g.scalar_i32(static_cast<int32_t>(n / 2), 3);
    Tensor behind = g.max(g.sub(p, i), g.scalar_i32(-static_cast<int32_t>(n / 2), 3));
    Tensor bias = g.transpose(g.gather(a.relative, g.add(g.min(behind, most), most), 1), {1, 0, 2, 3});
    const Dims d = g.dims(bias);  // [S or 1, Hq, Q, L]
    score = g.add(score, g.reshape(bias, {d[0], Hkv, G, d[2], d[3]}));
  }
  Tensor hidden = g.scalar(-std::numeric_limits<float>::infinity(), 5);
  const auto keep = [&](Tensor mask) { score = g.select(of_all_heads(mask), score, hidden); };
  const Dims there = g.dims(a.there);
  keep(g.reshape(a.there, {there[0], 1, there[1]}));
  if (rule.causal) keep(g.compare(Compare::kLe, p, a.ahead.present() ? g.add(i, a.ahead) : i));
  if (rule.window > 0) {
    Tensor w = g.scalar_i32(static_cast<int32_t>(rule.window), 3);
    keep(g.compare(Compare::kLt, g.sub(i, p), w));
    if (!rule.causal) keep(g.compare(Compare::kLt, g.sub(p, i), w));
  }
  if (!a.sinks.present()) return g.matmul(softmax(g, score), a.values);
  // The softmax is over [sink, scores], and the sink's share is dropped.
  Tensor s = g.reshape(a.sinks, {1, Hkv, G, 1, 1});
  Tensor top = g.max(g.reduce(Reduce::kMax, score, 4), s);
  Tensor e = g.exp(g.sub(score, top));
  return g.matmul(g.div(e, g.add(g.reduce(Reduce::kSum, e, 4), g.exp(g.sub(s, top)))), a.values);
}

}  // namespace weft::blocks
