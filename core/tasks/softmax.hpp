// Probabilities of logits.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace weft {

/// exp(x) / sum of exp(x); `logits` are finite and not empty.
inline std::vector<double> softmax(std::span<const float> logits) {
  const double top = *std::max_element(logits.begin(), logits.end());
  std::vector<double> out;
  double sum = 0;
  for (const float x : logits) sum += out.emplace_back(std::exp(static_cast<double>(x) - top));
  for (double& x : out) x /= sum;
  return out;
}

inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

template <class T>
std::size_t index_of_largest(std::span<const T> values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace weft
