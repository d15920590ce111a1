// Products of block-quantised weights, whose panels may meet few tokens one by one or several at a time.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "plugins/backends/cpu/isa.hpp"

namespace weft::cpu {
namespace {

struct Blocks {
  const char* name;
  int64_t values, bytes;
};
constexpr Blocks kFormats[] = {{"q4_1", 32, 20},   {"q5_0", 32, 22},    {"q8_0", 32, 34},
                               {"iq4_nl", 32, 18}, {"nf4_b64", 64, 36}, {"q2_k", 256, 84},
                               {"q3_k", 256, 110}, {"q4_k", 256, 144},  {"q6_k", 256, 210}};

/// Bytes aligned as panels are.
struct alignas(64) Line {
  uint8_t bytes[64];
};

class Quants : public testing::TestWithParam<const char*> {
 protected:
  std::mt19937 random_{1};

  /// kFewPanels panels of k values, one behind the other.
  std::vector<Line> panels(const Format& format, const Blocks& blocks, int64_t k) {
    const int64_t row_bytes = k / blocks.values * blocks.bytes, lines = format.panel_bytes(k) / 64;
    std::vector<Line> panels(static_cast<std::size_t>(kFewPanels * lines));
    std::vector<uint8_t> stored(static_cast<std::size_t>(kPanel * row_bytes));
    for (int p = 0; p < kFewPanels; ++p) {
      // Scales are finite, whichever format reads these bytes.
      for (uint8_t& b : stored) b = static_cast<uint8_t>(0x20 | random_() % 32);
      const uint8_t* rows[kPanel];
      for (int r = 0; r < kPanel; ++r) rows[r] = stored.data() + r * row_bytes;
      format.pack(rows, k, panels[static_cast<std::size_t>(p * lines)].bytes);
    }
    return panels;
  }
};

TEST_P(Quants, Panels_of_one_call_give_what_each_gives_alone) {
  const Isa* isa = choose(GetParam());
  if (isa == nullptr) GTEST_SKIP() << "not on this machine";
  for (const Blocks& blocks : kFormats) {
    const Format& format = *isa->quants.format(blocks.name);
    for (const int64_t k : {blocks.values, int64_t{512} + blocks.values, int64_t{2048}}) {
      const std::vector<Line> memory = panels(format, blocks, k);
      const uint8_t* packed[kFewPanels];
      for (int p = 0; p < kFewPanels; ++p) packed[p] = memory[0].bytes + p * format.panel_bytes(k);
      for (const int64_t T : {1, 2, kFew}) {
        for (const int halves : {1, 2}) {
          const auto n = static_cast<std::size_t>((k + kChunk - 1) / kChunk * T);
          std::vector<int8_t> q(n * kChunk), low(n * kChunk);
          std::vector<float> d(n * 16), sum(n * 16), sum32(n * 8), x(static_cast<std::size_t>(k));
          const QuantTokens tokens{q.data(), halves == 2 ? low.data() : nullptr, d.data(), sum.data(), sum32.data(), T};
          std::uniform_real_distribution<float> values(-1, 1);
          for (int64_t t = 0; t < T; ++t) {
            for (float& v : x) v = values(random_);
            isa->quants.quantize(x.data(), k, tokens, t);
          }
          constexpr int64_t kStride = kFewPanels * kPanel;
          std::vector<float> alone(static_cast<std::size_t>(T * kStride), NAN), together(alone);
          for (int p = 0; p < kFewPanels; ++p) {
            const Panels w{&format, packed + p, nullptr, 0, 1, kPanel, k};
            format.multiply(w, tokens, alone.data() + p * kPanel, kStride);
          }
          format.multiply({&format, packed, nullptr, 0, kFewPanels, kStride, k}, tokens, together.data(), kStride);
          EXPECT_EQ(together, alone) << blocks.name << ", k " << k << ", " << T << " tokens, " << halves << " halves";
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, Quants, testing::Values("portable", "avx2", "avxvnni", "avx512", "dotprod"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace weft::cpu
