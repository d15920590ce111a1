// Attention over a paged K/V state: a composite, and its body of primitives.
#pragma once

#include "weft/blocks/padded_attention.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// The body of attention, relative_attention (one more input) and prefix_attention (two more).
WEFT_SDK_INLINE std::vector<Tensor> paged_attention_body(Graph& g, const std::vector<Tensor>& in,
                                                         const Attributes& attrs) {
  const Tensor table = in[3], base = in[4], len = in[5];
  const Dims kd = g.dims(in[1]);
  const Dim S = g.symbol("S"), B = g.dims(table)[1];
  const int64_t Hkv = kd[1], D = kd[2], Dv = g.dims(in[2])[2], bs = attrs.integer("block_tokens");
  const Dim L = g.mul(B, bs);  // key positions of a sequence
  const PaddedTokens tokens(g, in[6], in[7]);
  // Keys of each sequence: position p = base + j, slot = table[j / bs] * bs + j % bs.
  Tensor first = g.mul(g.reshape(table, {S, B, 1}), g.scalar_i32(static_cast<int32_t>(bs), 3));
  Tensor slot = g.reshape(g.add(first, g.iota({1, 1, bs}, 2)), {S, L});
  Tensor p = g.add(g.reshape(base, {S, 1}), g.iota({1, L}, 1));             // [S, L]
  Tensor stored = g.compare(sdk::Compare::kLt, p, g.reshape(len, {S, 1}));  // [S, L]
  slot = g.select(stored, slot, g.scalar_i32(-1, 2));
  PaddedAttention a;
  a.queries = tokens.pad(in[0], sdk::each_of(Hkv, g.dims(in[0])[1]));
  a.keys = g.reshape(g.transpose(g.gather(in[1], slot), {0, 2, 1, 3}), {S, Hkv, 1, L, D});
  a.values = g.reshape(g.transpose(g.gather(in[2], slot), {0, 2, 1, 3}), {S, Hkv, 1, L, Dv});
  a.there = stored;
  // Query j of a sequence has logical index i = len - count + j.
  Tensor before = g.reshape(g.sub(len, tokens.count), {S, 1, 1});
  a.query_at = g.add(before, g.reshape(tokens.index, {1, tokens.most(), 1}));
  a.key_at = g.reshape(p, {S, 1, L});
  a.sinks = in[8], a.slopes = in[9];
  if (in.size() > 10) a.relative = in[10];
  if (in.size() > 11) a.ahead = g.reshape(g.gather(in[11], tokens.token), {S, tokens.most(), 1});
  return {tokens.unpad(padded_attention(g, a, rule_of(attrs)))};
}

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
  std::vector<Attr> attrs = attributes_of(rule);
  attrs.push_back(Attr::i64("block_tokens", group.block_tokens));
  std::vector<Tensor> in{q, k, v, {group.table}, {group.base}, {group.len}, axis.seq_start, axis.token_seq, sinks,
                         slopes};
  const auto write = [&](std::string_view op) { return g.composite(op, 1, in, attrs, paged_attention_body)[0]; };
  if (!relative.present() && !ahead.present()) return write("attention");
  in.push_back(relative);
  if (!ahead.present()) return write("relative_attention");
  in.push_back(ahead);
  return write("prefix_attention");
}

}  // namespace weft::blocks
