// Attention within rows of one length: every token sees every token of its row, and no state is kept.
#pragma once

#include "weft/blocks/norm.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// q, k: [S, N, H, D], v: [S, N, H, Dv] -> [S, N, H, Dv]: softmax(scale q k') v for each of S rows.
WEFT_SDK_INLINE Tensor full_attention(Graph& g, Tensor q, Tensor k, Tensor v, double scale) {
  const auto heads_first = [&](Tensor x) { return g.transpose(x, {0, 2, 1, 3}); };
  Tensor score = g.matmul(heads_first(q), heads_first(k), true);  // [S, H, N, N]
  score = g.mul(score, g.scalar(static_cast<float>(scale), 4));
  return heads_first(g.matmul(softmax(g, score), heads_first(v)));
}

}  // namespace weft::blocks
