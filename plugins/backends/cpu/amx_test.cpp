// The AMX products, their instructions emulated, against those of AVX-512.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "plugins/backends/cpu/isa.hpp"
#include "weft/abi/dtype.h"

namespace weft::cpu {
namespace {

struct Sizes {
  int64_t k, tokens;
  int rows;
};

class Amx : public testing::TestWithParam<Sizes> {};

TEST_P(Amx, Products_equal_those_of_avx512) {
  const auto [k, T, rows] = GetParam();
  if (choose("avx512") == nullptr) GTEST_SKIP() << "no AVX-512 here";
  std::mt19937 random(1);
  std::uniform_real_distribution<float> values(-1, 1);
  std::vector<float> weights(static_cast<std::size_t>(rows * k));
  for (float& w : weights) w = values(random);
  std::vector<const uint8_t*> row;
  for (int r = 0; r < rows; ++r) row.push_back(reinterpret_cast<const uint8_t*>(weights.data() + r * k));
  const int count = (rows + 15) / 16;
  const Panels w{nullptr, nullptr, row.data(), WEFT_F32, count, rows, k};

  const int64_t chunks = (k + kChunk - 1) / kChunk;
  std::vector<uint16_t> x(static_cast<std::size_t>(chunks * T * kChunk), 0);
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t t = 0; t < T; ++t) {
      const float v = values(random);
      avx512().narrow(WEFT_BF16, &v, 1, &x[static_cast<std::size_t>((i / kChunk * T + t) * kChunk + i % kChunk)]);
    }
  }
  std::vector<float> expected(static_cast<std::size_t>(T * count * kPanel)), got(expected.size(), NAN);
  std::vector<uint8_t> scratch(static_cast<std::size_t>(avx512().scratch(k)) + 64);
  uint8_t* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64);
  avx512().bf16_many(w, x.data(), T, expected.data(), aligned);
  amx().bf16_many(w, x.data(), T, got.data(), aligned);
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], expected[i], 1e-4) << i;
}

INSTANTIATE_TEST_SUITE_P(Shapes, Amx,
                         testing::Values(Sizes{256, 32, 64}, Sizes{512, 33, 48}, Sizes{70, 9, 17}, Sizes{33, 16, 1}, Sizes{1, 47, 33}, Sizes{2048, 100, 64}),
                         [](const auto& info) {
                           return "k" + std::to_string(info.param.k) + "_t" + std::to_string(info.param.tokens) + "_n" + std::to_string(info.param.rows);
                         });

}  // namespace
}  // namespace weft::cpu
