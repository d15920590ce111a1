// Products in bf16 by AMX: tiles of 16 tokens by 32 values, and of 32 values by 16 rows. The rest of
// the table is AVX-512's.
#include <cstring>

#include "plugins/backends/cpu/isa.hpp"

#if defined(WEFT_AMX_EMULATED)
#include "plugins/backends/cpu/amx_emulated.hpp"
#else
#include <immintrin.h>
#endif

namespace weft::cpu {
namespace {

constexpr int64_t kTile = 16;   // tokens of a tile
constexpr int64_t kDepth = 32;  // values of a tile's row

/// What _tile_loadconfig reads.
struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};

/// Tiles 0 to 3: sums of `first` and `second` tokens by two panels; 4 and 5: tokens; 6 and 7: weights.
void configure(int64_t first, int64_t second) {
  TileConfig config;
  for (int i = 0; i < 8; ++i) {
    config.row_bytes[i] = 64;
    const int64_t tokens = i == 0 || i == 1 || i == 4 ? first : second;
    config.rows[i] = static_cast<uint8_t>(i >= 6 ? kTile : tokens);
  }
  asm volatile("" : : "r"(&config) : "memory");  // g++ 12 may drop the stores else
  _tile_loadconfig(&config);
}

/// Where the values of one token from k on lie, for tokens in chunks.
const uint16_t* tokens_at(const uint16_t* x, int64_t T, int64_t t, int64_t k) { return x + (k / kChunk * T + t) * kChunk + k % kChunk; }

/// acc of 16 + 16 tokens from t on by two panels; of one panel where `w1` is null, of 16 where !both.
void block(const uint16_t* x, int64_t T, int64_t t, bool both, const uint16_t* w0, const uint16_t* w1, int64_t depth, float* acc, int64_t stride) {
  constexpr int64_t x_pitch = kChunk * 2, w_pitch = kPanel * 4;
  _tile_zero(0);
  _tile_zero(1);
  if (both) {
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int64_t k = 0; k < depth; k += kDepth) {
    _tile_loadd(4, tokens_at(x, T, t, k), x_pitch);
    _tile_loadd(6, w0 + k * kPanel, w_pitch);
    _tile_dpbf16ps(0, 4, 6);
    if (w1 != nullptr) {
      _tile_loadd(7, w1 + k * kPanel, w_pitch);
      _tile_dpbf16ps(1, 4, 7);
    }
    if (!both) continue;
    _tile_loadd(5, tokens_at(x, T, t + kTile, k), x_pitch);
    _tile_dpbf16ps(2, 5, 6);
    if (w1 != nullptr) _tile_dpbf16ps(3, 5, 7);
  }
  const int64_t pitch = stride * 4;
  _tile_stored(0, acc, pitch);
  if (w1 != nullptr) _tile_stored(1, acc + kPanel, pitch);
  if (!both) return;
  _tile_stored(2, acc + kTile * stride, pitch);
  if (w1 != nullptr) _tile_stored(3, acc + kTile * stride + kPanel, pitch);
}

void amx_many(const Panels& w, const uint16_t* x, int64_t T, float* acc, uint8_t* scratch) {
  const int64_t padded = (w.k + kChunk - 1) / kChunk * kChunk, depth = (w.k + kDepth - 1) / kDepth * kDepth, stride = w.count * kPanel;
  auto* floats = reinterpret_cast<float*>(scratch);
  auto* tiles = reinterpret_cast<uint16_t*>(scratch + kChunk * kPanel * sizeof(float));
  for (int p = 0; p < w.count; ++p) {
    for (int64_t at = 0; at < w.k; at += kChunk) avx512().bf16_tile(w, p, at, tiles + p * padded * kPanel + at * kPanel, floats);
  }
  auto tokens = [&](int64_t t, bool both) {
    for (int p = 0; p < w.count; p += 2) {
      const uint16_t* w0 = tiles + p * padded * kPanel;
      block(x, T, t, both, w0, p + 1 < w.count ? w0 + padded * kPanel : nullptr, depth, acc + t * stride + p * kPanel, stride);
    }
  };
  int64_t t = 0;
  if (T >= 2 * kTile) configure(kTile, kTile);
  for (; t + 2 * kTile <= T; t += 2 * kTile) tokens(t, true);
  if (const int64_t left = T - t; left > 0) {
    configure(left < kTile ? left : kTile, left > kTile ? left - kTile : 1);
    tokens(t, left > kTile);
  }
  _tile_release();
}

}  // namespace

const Isa& amx() {
  static const Isa table = [] {
    Isa t = avx512();
    t.name = "amx", t.bf16_many = amx_many, t.bf16_first = true;
    return t;
  }();
  return table;
}

}  // namespace weft::cpu
