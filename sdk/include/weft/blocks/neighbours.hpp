// Convolutions along the tokens of each sequence, as products with each token's neighbours.
#pragma once

#include <vector>

#include "weft/blocks/tokens.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// x [T, D] -> [T, kernel, D]: the tokens from (kernel - 1) / 2 before each one on, zeros beyond the ends of its
/// sequence.
WEFT_SDK_INLINE sdk::Tensor neighbours(const TokenAxis& axis, sdk::Tensor x, int64_t kernel) {
  sdk::Graph& g = *axis.graph;
  const sdk::Tensor begin = g.reshape(g.gather(g.slice(axis.seq_start, 0, 0, axis.S), axis.token_seq), {axis.T, 1});
  const sdk::Tensor end = g.reshape(g.gather(g.slice(axis.seq_start, 0, 1, axis.S), axis.token_seq), {axis.T, 1});
  const sdk::Tensor offset = g.sub(g.iota({1, kernel}, 1), g.scalar_i32(static_cast<int32_t>((kernel - 1) / 2), 2));
  const sdk::Tensor at = g.add(g.iota({axis.T, 1}, 0), offset), none = g.scalar_i32(-1, 2);
  const sdk::Tensor here = g.select(g.compare(sdk::Compare::kGe, at, begin), at, none);
  return g.gather(x, g.select(g.compare(sdk::Compare::kLt, at, end), here, none));
}

}  // namespace weft::blocks
