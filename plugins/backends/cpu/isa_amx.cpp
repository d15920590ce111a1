// Products by AMX: tiles of 16 tokens by 32 values, and of 32 values by 16 rows. The rest of the table is AVX-512's.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "plugins/backends/cpu/isa.hpp"

#include <immintrin.h>
#if defined(WEFT_AMX_EMULATED)
#include "plugins/backends/cpu/amx_emulated.hpp"
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

void load(const TileConfig& config) {
  asm volatile("" : : "r"(&config) : "memory");  // g++ 12 may drop the stores else
  _tile_loadconfig(&config);
}

// --- bf16 ------------------------------------------------------------------------------------------

/// Tiles 0 to 3: sums of `first` and `second` tokens by two panels; 4 and 5: tokens; 6 and 7: weights.
void configure(int64_t first, int64_t second) {
  TileConfig config;
  for (int i = 0; i < 8; ++i) {
    config.row_bytes[i] = 64;
    const int64_t tokens = i == 0 || i == 1 || i == 4 ? first : second;
    config.rows[i] = static_cast<uint8_t>(i >= 6 ? kTile : tokens);
  }
  load(config);
}

/// Where the values of one token from k on lie, for tokens in chunks.
const uint16_t* tokens_at(const uint16_t* x, int64_t T, int64_t t, int64_t k) {
  return x + (k / kChunk * T + t) * kChunk + k % kChunk;
}

/// acc of 16 + 16 tokens from t on by two panels; of one panel where `w1` is null, of 16 where !both.
void block(const uint16_t* x, int64_t T, int64_t t, bool both, const uint16_t* w0, const uint16_t* w1, int64_t depth,
           float* acc, int64_t stride) {
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
  const int64_t padded = (w.k + kChunk - 1) / kChunk * kChunk, depth = (w.k + kDepth - 1) / kDepth * kDepth,
                stride = w.count * kPanel;
  auto* floats = reinterpret_cast<float*>(scratch);
  auto* tiles = reinterpret_cast<uint16_t*>(scratch + kChunk * kPanel * sizeof(float));
  for (int p = 0; p < w.count; ++p) {
    for (int64_t at = 0; at < w.k; at += kChunk)
      avx512().bf16_tile(w, p, at, tiles + p * padded * kPanel + at * kPanel, floats);
  }
  auto tokens = [&](int64_t t, bool both) {
    for (int p = 0; p < w.count; p += 2) {
      const uint16_t* w0 = tiles + p * padded * kPanel;
      block(x, T, t, both, w0, p + 1 < w.count ? w0 + padded * kPanel : nullptr, depth, acc + t * stride + p * kPanel,
            stride);
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

// --- activations in two halves ---------------------------------------------------------------------

/// Codes of a chunk in one half, or in two where 16 weights share a scale: then 32 have the larger scale of theirs,
/// and w = d * ((high << kLowBits) + low) + m, with 14 bits for the larger and for the other what its scale leaves.
struct alignas(64) Weights {
  uint8_t high[kChunk * kPanel], low[kChunk * kPanel];  // as CodeTile::codes
  float d[kChunk / 32 * kPanel];
  const float* m;  // as CodeTile::m
};

/// Codes less that of zero, as signed bytes.
inline __m512i signed_codes(const uint8_t* codes, uint8_t zero) {
  return _mm512_sub_epi8(_mm512_load_si512(codes), _mm512_set1_epi8(static_cast<char>(zero)));
}

void in_one_half(const CodeTile& tile, uint8_t zero, int groups, Weights& to) {
  for (int64_t i = 0; i < groups * 32 * kPanel; i += 64)
    _mm512_store_si512(to.high + i, signed_codes(tile.codes + i, zero));
  std::memcpy(to.d, tile.d, sizeof to.d);
}

/// Sixteen bits each of the even and of the odd codes, which fill `bits` bits, times `scale` of their row.
inline void store_halves(__m512i codes, int bits, __m512i scale, uint8_t* high, uint8_t* low) {
  const auto shift = static_cast<unsigned>(14 - bits);
  const __m512i even =
      _mm512_mulhrs_epi16(_mm512_slli_epi16(_mm512_srai_epi16(_mm512_slli_epi16(codes, 8), 8), shift), scale);
  const __m512i odd = _mm512_mulhrs_epi16(_mm512_slli_epi16(_mm512_srai_epi16(codes, 8), shift), scale);
  const __m512i half = _mm512_set1_epi16(1 << (kLowBits - 1)), byte = _mm512_set1_epi16(255);
  const auto highs = [&](__m512i v) { return _mm512_srai_epi16(_mm512_add_epi16(v, half), kLowBits); };
  const __m512i even_high = highs(even), odd_high = highs(odd);
  const auto bytes = [&](__m512i e, __m512i o) {
    return _mm512_or_si512(_mm512_and_si512(e, byte), _mm512_slli_epi16(o, 8));
  };
  _mm512_store_si512(high, bytes(even_high, odd_high));
  _mm512_store_si512(low, bytes(_mm512_sub_epi16(even, _mm512_slli_epi16(even_high, kLowBits)),
                                _mm512_sub_epi16(odd, _mm512_slli_epi16(odd_high, kLowBits))));
}

void in_two_halves(const CodeTile& tile, const Format& format, int groups, Weights& to) {
  for (int g = 0; g < groups; ++g) {
    const __m512 first = _mm512_load_ps(tile.d + 2 * g * kPanel),
                 second = _mm512_load_ps(tile.d + (2 * g + 1) * kPanel);
    const __m512 larger = _mm512_max_ps(_mm512_abs_ps(first), _mm512_abs_ps(second));
    // A row of zeros has no scale to divide by; what is not finite stays in d.
    const __m512 least = _mm512_max_ps(larger, _mm512_set1_ps(std::numeric_limits<float>::min()));
    _mm512_store_ps(
        to.d + g * kPanel,
        _mm512_mul_ps(_mm512_add_ps(larger, _mm512_mul_ps(_mm512_add_ps(first, second), _mm512_setzero_ps())),
                      _mm512_set1_ps(std::ldexp(32768.0f / 32767, kLowBits + format.bits - 14))));
    for (int half = 0; half < 2; ++half) {
      const __m512i scale =
          _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_div_ps(half == 0 ? first : second, least), _mm512_set1_ps(32767)));
      const __m512i both =
          _mm512_or_si512(_mm512_and_si512(scale, _mm512_set1_epi32(0xffff)), _mm512_slli_epi32(scale, 16));
      for (int64_t i = (8 * g + 4 * half) * 64; i < (8 * g + 4 * half + 4) * 64; i += 64) {
        store_halves(signed_codes(tile.codes + i, format.zero), format.bits, both, to.high + i, to.low + i);
      }
    }
  }
}

/// Tiles 0 and 1: sums of 16 tokens by a panel, in units of 1 << kLowBits and of 1; 2 and 3: the tokens' halves;
/// 4 and 5: those of the weights.
void configure_halves() {
  TileConfig config;
  for (int i = 0; i < 6; ++i) {
    config.row_bytes[i] = static_cast<uint16_t>(i == 2 || i == 3 ? 32 : 64);
    config.rows[i] = static_cast<uint8_t>(i >= 4 ? 8 : kTile);
  }
  load(config);
}

/// The sums of 16 tokens, [16][16 rows] each.
struct alignas(64) HalfSums {
  int32_t high[kTile * kPanel], low[kTile * kPanel];
};

/// Of the 16 chunk-tokens from i on by group g. Of weights in two halves, low ones by low ones are left out: they are
/// as small as what rounding took from either.
template <bool split, bool is_signed>
inline void sum_halves(const Weights& w, const QuantTokens& x, int64_t i, int g, HalfSums& to) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_loadd(4, w.high + 32 * g * kPanel, 4 * kPanel);
  _tile_loadd(2, x.q + i * kChunk + 32 * g, kChunk);
  _tile_loadd(3, x.low + i * kChunk + 32 * g, kChunk);
  if constexpr (is_signed) {
    _tile_dpbssd(0, 2, 4);
    _tile_dpbssd(1, 3, 4);
  } else {
    _tile_dpbsud(0, 2, 4);
    _tile_dpbsud(1, 3, 4);
  }
  if constexpr (split) {
    _tile_loadd(5, w.low + 32 * g * kPanel, 4 * kPanel);
    _tile_dpbssd(1, 2, 5);
  }
  _tile_stored(0, to.high, 4 * kPanel);
  _tile_stored(1, to.low, 4 * kPanel);
}

/// What the halves of token t sum to.
inline __m512 whole(const HalfSums& sums, int t) {
  const __m512i high = _mm512_load_si512(sums.high + t * kPanel), low = _mm512_load_si512(sums.low + t * kPanel);
  return _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_slli_epi32(high, kLowBits), low));
}

/// Groups whose sums are made before the first of them is scaled: tiles are slow to reach memory. With more, they
/// leave the first level cache.
constexpr int kAhead = 4;

/// acc[t * stride + p * kPanel + row] += panel p of w * x for 16 chunk-tokens from i on.
template <bool split, bool mins>
void chunk_by_halves(const Weights* w, int panels, int groups, const QuantTokens& x, int64_t i, float* acc,
                     int64_t stride) {
  constexpr int minima = !mins ? 0 : split ? 2 : 1;  // of a group
  HalfSums sums[kAhead];
  const auto make = [&](int n) {  // group n of all panels
    if (n < panels * groups) sum_halves<split, split || !mins>(w[n / groups], x, i, n % groups, sums[n % kAhead]);
  };
  for (int n = 0; n < kAhead; ++n) make(n);
  for (int p = 0; p < panels; ++p) {
    __m512 total[kTile];
#pragma GCC unroll 16  // here and below: else the totals would be kept in memory
    for (int t = 0; t < kTile; ++t) total[t] = _mm512_loadu_ps(acc + t * stride + p * kPanel);
    for (int g = 0; g < groups; ++g) {
      const HalfSums& here = sums[(p * groups + g) % kAhead];
      const __m512 d = _mm512_load_ps(w[p].d + g * kPanel);
      const float *dx = x.d + i * 16 + 2 * g, *sum = minima == 2 ? x.sum + i * 16 + 2 * g : x.sum32 + i * 8 + g;
#pragma GCC unroll 16
      for (int t = 0; t < kTile; ++t) {
        total[t] = _mm512_fmadd_ps(_mm512_mul_ps(whole(here, t), d), _mm512_set1_ps(dx[16 * t]), total[t]);
        for (int half = 0; half < minima; ++half) {
          const __m512 m = _mm512_load_ps(w[p].m + (minima * g + half) * kPanel);
          total[t] = _mm512_fmadd_ps(_mm512_set1_ps(sum[(minima == 2 ? 16 : 8) * t + half]), m, total[t]);
        }
      }
      make(p * groups + g + kAhead);
    }
#pragma GCC unroll 16
    for (int t = 0; t < kTile; ++t) _mm512_storeu_ps(acc + t * stride + p * kPanel, total[t]);
  }
}

void amx_halves_many(const Panels& w, const QuantTokens& x, float* acc, uint8_t* scratch) {
  const Format& format = *w.format;
  const int64_t T = x.count, stride = w.count * kPanel;
  if (T < kTile) return format.multiply_many(w, x, acc, scratch);
  const bool split = format.per16, mins = format.zero == 0;
  const auto chunk = split ? (mins ? chunk_by_halves<true, true> : chunk_by_halves<true, false>)
                           : (mins ? chunk_by_halves<false, true> : chunk_by_halves<false, false>);
  auto* tiles = reinterpret_cast<CodeTile*>(scratch);
  auto* weights = reinterpret_cast<Weights*>(tiles + kPanels);
  // The last tokens are multiplied again with those before them, where they are fewer than a tile has.
  const int64_t whole_tiles = T / kTile * kTile;
  alignas(64) float last[kTile * kPanels * kPanel] = {};
  std::memset(acc, 0, static_cast<std::size_t>(T * stride) * sizeof(float));
  configure_halves();
  for (int64_t at = 0; at < w.k; at += kChunk) {
    const int64_t i = at / kChunk * T;
    const int groups = static_cast<int>((w.k - at < kChunk ? w.k - at : kChunk) / 32);
    for (int p = 0; p < w.count; ++p) {
      format.codes(format, w.packed[p], w.k, at, tiles[p]);
      weights[p].m = tiles[p].m;
      if (split) {
        in_two_halves(tiles[p], format, groups, weights[p]);
      } else {
        in_one_half(tiles[p], format.zero, groups, weights[p]);
      }
    }
    for (int64_t t = 0; t < whole_tiles; t += kTile)
      chunk(weights, w.count, groups, x, i + t, acc + t * stride, stride);
    if (whole_tiles < T) chunk(weights, w.count, groups, x, i + T - kTile, last, stride);
  }
  _tile_release();
  for (int64_t t = whole_tiles; t < T; ++t) {
    std::memcpy(acc + t * stride, last + (t - T + kTile) * stride, static_cast<std::size_t>(stride) * sizeof(float));
  }
}

int64_t amx_scratch(int64_t k) {
  return std::max(avx512().scratch(k), static_cast<int64_t>(kPanels * (sizeof(CodeTile) + sizeof(Weights))));
}

}  // namespace

const Isa& amx() {
  static const Isa table = [] {
    Isa t = avx512();
    t.name = "amx", t.bf16_many = amx_many, t.bf16_first = true, t.halves_many = amx_halves_many,
    t.scratch = amx_scratch;
    return t;
  }();
  return table;
}

}  // namespace weft::cpu
