// Attention among the tokens of a step, without states: a composite, and its body of primitives.
#pragma once

#include "weft/blocks/padded_attention.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// The body of ragged_attention.
WEFT_SDK_INLINE std::vector<Tensor> ragged_attention_body(Graph& g, const std::vector<Tensor>& in,
                                                          const Attributes& attrs) {
  const PaddedTokens tokens(g, in[3], in[4]);
  const Dim Q = tokens.most();
  PaddedAttention a;
  a.queries = tokens.pad(in[0], sdk::each_of(g.dims(in[1])[1], g.dims(in[0])[1]));
  a.keys = tokens.pad(in[1], 1), a.values = tokens.pad(in[2], 1);
  a.there = tokens.there;
  a.query_at = g.reshape(tokens.index, {1, Q, 1}), a.key_at = g.reshape(tokens.index, {1, 1, Q});
  a.sinks = in[5], a.slopes = in[6], a.relative = in[7];
  return {tokens.unpad(padded_attention(g, a, rule_of(attrs)))};
}

/// Each token sees tokens of its own sequence, all of which are in the step.
/// q: [T, Hq, D]; k: [T, Hkv, D]; v: [T, Hkv, Dv]; sinks, slopes and relative: as paged_attention's, or absent. Returns
/// [T, Hq, Dv].
WEFT_SDK_INLINE Tensor ragged_attention(Graph& g, const TokenAxis& axis, Tensor q, Tensor k, Tensor v, Tensor sinks,
                                        const AttentionRule& rule, Tensor slopes = {}, Tensor relative = {}) {
  const std::vector<Tensor> in{q, k, v, axis.seq_start, axis.token_seq, sinks, slopes, relative};
  return g.composite("ragged_attention", 1, in, attributes_of(rule), ragged_attention_body)[0];
}

}  // namespace weft::blocks
