// How near a backend has to come to transformers, for each precision policy.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "tests/golden_checkpoint.hpp"

namespace weft::test {

/// How far logits may be off, in standard deviations of the golden's logits.
struct Limit {
  double greatest;  // any single logit
  double rms;       // the root mean square over all logits
};

/// The limit for a precision. `exact` rounds nothing: it computes in f32 throughout. Otherwise the cache is rounded to
/// f16 and activations to 15 bits or more, or activations are rounded to bf16 or int8. The last limit is wide because a
/// tiny model is steep: one of its few values may change an expert's route or a saturated state, so that single logits
/// move further than in a model of usual size.
inline Limit limit_of(const std::string& precision, bool activations_are_rounded) {
  if (precision == "exact") return {1e-3, 1e-3};
  if (!activations_are_rounded) return {0.02, 0.003};
  return {0.4, 0.04};
}

/// Whether `backend` rounds activations to 8 significant bits in products with weights of this kind
/// (tests/golden/README.md has the table).
inline bool rounds_activations(const std::string& backend, const std::string& precision, bool bf16_weights,
                               bool quantised) {
  const bool bf16_units = backend == "cpu:avx512" || backend == "cpu:amx";
  const bool int8 = quantised && precision == "fast";
  return precision != "exact" && (int8 || (bf16_units && (bf16_weights || quantised)));
}

inline void expect_near(std::span<const float> got, std::span<const float> golden, Limit limit,
                        const std::string& what) {
  ASSERT_EQ(got.size(), golden.size()) << what;
  const double sd = deviation(golden);
  EXPECT_LE(max_difference(got, golden), limit.greatest * sd) << what;
  double squares = 0;
  for (std::size_t i = 0; i < got.size(); ++i)
    squares += std::pow(static_cast<double>(got[i]) - static_cast<double>(golden[i]), 2);
  EXPECT_LE(std::sqrt(squares / static_cast<double>(std::max<std::size_t>(got.size(), 1))), limit.rms * sd) << what;
}

}  // namespace weft::test
