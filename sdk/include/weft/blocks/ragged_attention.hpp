// Attention among the tokens of a step, without states: a composite, and its body of primitives.
#pragma once

#include "weft/blocks/padded_attention.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// Each token sees tokens of its own sequence, all of which are in the step.
/// q: [T, Hq, D]; k: [T, Hkv, D]; v: [T, Hkv, Dv]; sinks, slopes and relative: as paged_attention's, or absent. Returns
/// [T, Hq, Dv].
WEFT_SDK_INLINE Tensor ragged_attention(Graph& g, const TokenAxis& axis, Tensor q, Tensor k, Tensor v, Tensor sinks,
                                        const AttentionRule& rule, Tensor slopes = {}, Tensor relative = {}) {
  const int64_t G = g.dims(q)[1] / g.dims(k)[1];
  const std::vector<Tensor> in{q, k, v, axis.seq_start, axis.token_seq, sinks, slopes, relative};
  return g.composite("ragged_attention", 1, in, attributes_of(rule), [&](const std::vector<Tensor>& inner) {
    const PaddedTokens tokens(g, axis, inner[3], inner[4]);
    PaddedAttention a;
    a.queries = tokens.pad(inner[0], G);
    a.keys = tokens.pad(inner[1], 1), a.values = tokens.pad(inner[2], 1);
    a.there = tokens.there;
    a.query_at = g.reshape(tokens.index, {1, axis.Q, 1}), a.key_at = g.reshape(tokens.index, {1, 1, axis.Q});
    a.sinks = inner[5], a.slopes = inner[6], a.relative = inner[7];
    return std::vector<Tensor>{tokens.unpad(padded_attention(g, a, rule))};
  })[0];
}

}  // namespace weft::blocks
