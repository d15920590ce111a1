// Positions as sines and cosines of their products with frequencies (Vaswani et al. 2017), computed in the graph.
#pragma once

#include <vector>

#include "weft/sdk/graph.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// Rows of sines, then cosines, of each position's products with `frequencies`. positions: [T] i32; returns [T, 2F].
WEFT_SDK_INLINE sdk::Tensor sinusoids(
    sdk::Graph& g, sdk::Tensor positions, const std::vector<float>& frequencies) {
  const auto half = static_cast<int64_t>(frequencies.size());
  const sdk::Dim T = g.dims(positions)[0];
  const sdk::Tensor column = g.cast(g.reshape(positions, {T, 1}), WEFT_F32);
  const sdk::Tensor angle = g.mul(column, g.constant(frequencies, {1, half}));  // [T, F]
  return g.concat({g.sin(angle), g.cos(angle)}, 1);
}

}  // namespace weft::blocks
