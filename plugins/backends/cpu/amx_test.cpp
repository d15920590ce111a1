// The products of AMX, whose instructions are emulated, against those of AVX-512.
#include <gtest/gtest.h>

#include <algorithm>
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
  std::vector<uint8_t> scratch(static_cast<std::size_t>(avx512().scratch(k, T)) + 64);
  uint8_t* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64);
  avx512().bf16_many(w, x.data(), T, expected.data(), aligned);
  amx().bf16_many(w, x.data(), T, got.data(), aligned);
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], expected[i], 1e-4) << i;
}

INSTANTIATE_TEST_SUITE_P(Shapes, Amx,
                         testing::Values(Sizes{256, 32, 64}, Sizes{512, 33, 48}, Sizes{70, 9, 17}, Sizes{33, 16, 1},
                                         Sizes{1, 47, 33}, Sizes{2048, 100, 64}),
                         [](const auto& info) {
                           return "k" + std::to_string(info.param.k) + "_t" + std::to_string(info.param.tokens) + "_n" +
                                  std::to_string(info.param.rows);
                         });

struct Blocks {
  const char* name;
  int64_t values, bytes;
};

class AmxHalves : public testing::TestWithParam<Blocks> {};

TEST_P(AmxHalves, Products_of_activations_in_two_halves_equal_those_of_avx512) {
  if (choose("avx512") == nullptr) GTEST_SKIP() << "no AVX-512 here";
  const Blocks blocks = GetParam();
  const Format& format = *avx512().quants.format(blocks.name);
  constexpr int64_t kCount = 3;
  std::mt19937 random(1);
  for (const int64_t k : {std::max<int64_t>(blocks.values, 64), 512 + blocks.values}) {
    const int64_t row_bytes = k / blocks.values * blocks.bytes, panel_bytes = format.panel_bytes(k);
    std::vector<uint8_t> stored(static_cast<std::size_t>(kPanel * row_bytes)),
        panels(static_cast<std::size_t>(kCount * panel_bytes) + 64);
    const auto aligned = [](std::vector<uint8_t>& v) {
      return v.data() + (64 - reinterpret_cast<uintptr_t>(v.data()) % 64);
    };
    const uint8_t *rows[kPanel], *packed[kCount];
    for (int p = 0; p < kCount; ++p) {
      // Scales are finite, whichever format reads these bytes.
      for (uint8_t& b : stored) b = static_cast<uint8_t>(0x20 | random() % 32);
      for (int r = 0; r < kPanel; ++r) rows[r] = stored.data() + r * row_bytes;
      uint8_t* panel = aligned(panels) + p * panel_bytes;
      format.pack(rows, k, panel);
      packed[p] = panel;
    }
    for (const int64_t T : {9, 16, 20, 33}) {
      const auto n = static_cast<std::size_t>((k + kChunk - 1) / kChunk * T);
      std::vector<int8_t> high(n * kChunk), low(high.size()), own_high(high.size()), own_low(high.size());
      std::vector<float> d(n * 16), sum(d.size()), sum32(n * 8), own_d(d.size()), x(static_cast<std::size_t>(k));
      const QuantTokens tokens{high.data(), low.data(), d.data(), sum.data(), sum32.data(), T},
          own{own_high.data(), own_low.data(), own_d.data(), nullptr, nullptr, T};
      std::uniform_real_distribution<float> values(-1, 1);
      for (int64_t t = 0; t < T; ++t) {
        for (float& v : x) v = values(random);
        avx512().quants.quantize(x.data(), k, tokens, t);
        amx().quantize_many(x.data(), k, own, t);
      }
      const Panels w{&format, packed, nullptr, 0, kCount, kCount * static_cast<int>(kPanel), k};
      std::vector<float> expected(static_cast<std::size_t>(T * kCount * kPanel)), got(expected.size(), NAN);
      std::vector<uint8_t> scratch(static_cast<std::size_t>(amx().scratch(k, T)) + 64);
      format.multiply_many(w, tokens, expected.data(), aligned(scratch));
      amx().halves_many(w, own, got.data(), aligned(scratch));
      float most = 0;
      for (const float v : expected) most = std::max(most, std::fabs(v));
      for (std::size_t i = 0; i < got.size(); ++i)
        ASSERT_NEAR(got[i], expected[i], 1.5e-4 * most) << "k " << k << ", " << T << " tokens, at " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, AmxHalves,
                         testing::Values(Blocks{"q4_0", 32, 18}, Blocks{"q4_1", 32, 20}, Blocks{"q8_0", 32, 34},
                                         Blocks{"iq4_nl", 32, 18}, Blocks{"q4_k", 256, 144}, Blocks{"q2_k", 256, 84},
                                         Blocks{"q3_k", 256, 110}, Blocks{"q6_k", 256, 210}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace weft::cpu
