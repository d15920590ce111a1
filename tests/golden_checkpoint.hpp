// What tests compare with: the logits in golden.safetensors beside a tiny checkpoint.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <span>
#include <vector>

#include "core/model/engine.hpp"

namespace weft::test {

struct Golden {
  std::vector<int32_t> ids, greedy;
  std::vector<float> logits;  // [ids, vocab]
};

/// The values of a tensor as stored; empty when there is none of this name.
template <class T>
std::vector<T> tensor(const Checkpoint& c, const char* name) {
  const uint32_t i = c.find(name);
  if (i == WEFT_NONE) return {};
  const StoredTensor& t = c.tensors()[i];
  std::vector<T> values(t.rows() * t.cols());
  std::memcpy(values.data(), c.slab(t, 0, t.rows())->plane[0], values.size() * sizeof(T));
  return values;
}

inline Golden read_golden(Engine& engine, const std::filesystem::path& folder) {
  auto file = engine.open_checkpoint((folder / "golden.safetensors").string());
  EXPECT_TRUE(file.ok()) << file.status().message();
  if (!file.ok()) return {};
  return {tensor<int32_t>(**file, "ids"), tensor<int32_t>(**file, "greedy"), tensor<float>(**file, "logits")};
}

inline double deviation(std::span<const float> x) {
  double mean = 0, square = 0;
  for (float v : x) mean += v;
  mean /= static_cast<double>(x.size());
  for (float v : x) square += (v - mean) * (v - mean);
  return std::sqrt(square / static_cast<double>(x.size()));
}

/// NaN where any difference is NaN, so that no limit holds: compare with <=, never with >.
inline double max_difference(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  double most = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double d = std::fabs(a[i] - b[i]);
    if (std::isnan(d)) return d;
    most = std::max(most, d);
  }
  return most;
}

}  // namespace weft::test
