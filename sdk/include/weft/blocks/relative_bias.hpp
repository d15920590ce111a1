// Positions as a bias of attention's scores: it depends on the distance from query to key, in buckets (Raffel et al.
// 2020).
#pragma once

#include <algorithm>
#include <cmath>

#include "weft/sdk/graph.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

struct RelativeBias {
  int64_t buckets = 32;        // at least 4
  int64_t max_distance = 128;  // larger than exact(); all distances beyond it share the last bucket
  bool both_sides = true;      // false: keys are at or before their query

  int64_t of_a_side() const { return both_sides ? buckets / 2 : buckets; }
  int64_t exact() const { return of_a_side() / 2; }  // distances below this have a bucket each
};

/// The bucket of a key `behind` positions behind its query (before it: < 0). Computed in f32, as where the weights were
/// trained.
WEFT_SDK_INLINE int32_t relative_bucket(const RelativeBias& b, int64_t behind) {
  const int64_t side = b.of_a_side(), exact = b.exact();
  const int64_t first = b.both_sides && behind > 0 ? side : 0;
  const int64_t distance = b.both_sides ? std::abs(behind) : std::max<int64_t>(-behind, 0);
  if (distance < exact) return static_cast<int32_t>(first + distance);
  const float steps = std::log(static_cast<float>(distance) / static_cast<float>(exact)) /
                      static_cast<float>(std::log(static_cast<double>(b.max_distance) / static_cast<double>(exact))) *
                      static_cast<float>(side - exact);
  return static_cast<int32_t>(first + std::min(exact + static_cast<int64_t>(steps), side - 1));
}

/// The table of biases [heads, 2 max_distance + 1] for paged_attention. Parameter under `scope`: weight [buckets,
/// heads].
WEFT_SDK_INLINE sdk::Tensor relative_bias(const sdk::Scope& scope, int64_t heads, const RelativeBias& b) {
  sdk::Graph& g = scope.graph();
  std::vector<int32_t> bucket;
  for (int64_t d = -b.max_distance; d <= b.max_distance; ++d) bucket.push_back(relative_bucket(b, d));
  const sdk::Tensor rows = g.constant(bucket, {2 * b.max_distance + 1});
  return g.transpose(g.gather(scope.param("weight", {b.buckets, heads}), rows), {1, 0});
}

}  // namespace weft::blocks
