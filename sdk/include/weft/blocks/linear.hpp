// Affine maps with weights as checkpoints store them: [out, in].
#pragma once

#include "weft/sdk/graph.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// x: [T, in] -> [T, out]. Parameters `weight` [out, in] and, if asked for, `bias` [out].
WEFT_SDK_INLINE sdk::Tensor linear(const sdk::Scope& scope, sdk::Tensor x, int64_t in, int64_t out,
                          bool bias) {
  sdk::Graph& g = scope.graph();
  sdk::Tensor y = g.matmul(x, scope.param("weight", {out, in}), true);
  if (!bias) return y;
  return g.add(y, g.reshape(scope.param("bias", {out}), {1, out}));
}

}  // namespace weft::blocks
