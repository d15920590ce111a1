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

/// Here both activations and weights are integers of 16 bits in two halves, v = d * ((high << kHalf) + low), and 256 of
/// them have one scale. `low` is in [-128, 127].
constexpr int kHalf = 8;

/// Of QuantTokens the first scale of a chunk is set alone, and no sums.
void quantize_by_chunk(const float* x, int64_t k, const QuantTokens& to, int64_t t) {
  constexpr float most = 127 * 256 + 127;  // the largest that both halves hold
  for (int64_t at = 0; at < k; at += kChunk) {
    const int64_t i = at / kChunk * to.count + t;
    alignas(64) float values[kChunk] = {};  // zeros beyond k
    std::memcpy(values, x + at, static_cast<std::size_t>(std::min(kChunk, k - at)) * sizeof(float));
    const auto loaded = [&](int64_t v) { return _mm512_load_ps(values + v); };
    __m512 top = _mm512_setzero_ps(), odd = _mm512_setzero_ps();  // odd: NaN where a value is not finite
    for (int64_t v = 0; v < kChunk; v += 16) {
      top = _mm512_max_ps(_mm512_abs_ps(loaded(v)), top);
      odd = _mm512_fmadd_ps(loaded(v), _mm512_setzero_ps(), odd);
    }
    const float largest = _mm512_reduce_max_ps(top), scale = largest / most + _mm512_reduce_add_ps(odd);
    const bool zero = !(scale >= 1e-38f) || !(scale < std::numeric_limits<float>::infinity());
    const __m512 inverse = _mm512_set1_ps(zero ? 0 : most / largest);
    to.d[i * 16] = scale == scale && zero ? 0 : scale;
    alignas(64) int32_t whole[kChunk];
    for (int64_t v = 0; v < kChunk; v += 16)
      _mm512_store_si512(whole + v, _mm512_cvtps_epi32(_mm512_mul_ps(loaded(v), inverse)));
    for (int64_t v = 0; v < kChunk; ++v) {
      const int32_t high = (whole[v] + (1 << (kHalf - 1))) >> kHalf;
      to.q[i * kChunk + v] = static_cast<int8_t>(high);
      to.low[i * kChunk + v] = static_cast<int8_t>(whole[v] - (high << kHalf));
    }
  }
}

/// A panel's chunk: signed bytes, [four][16 rows][4 values] as CodeTile::codes, and what a row's sums are scaled by.
struct alignas(64) Weights {
  uint8_t high[kChunk * kPanel], low[kChunk * kPanel];
  float d[kPanel];
};

/// The integer of the largest weight: what both halves hold, less what rounding may add.
constexpr float kLargest = 127 * 256 + 100;

/// The weights of the lowest code, for the rows' i-th scale.
inline __m512 lowest_of(const CodeTile& tile, const Format& format, int i) {
  return _mm512_fmadd_ps(_mm512_load_ps(tile.d + i * kPanel), _mm512_set1_ps(format.lowest),
                         _mm512_load_ps(tile.m + i * kPanel));
}

/// What the integers of each row count in, so that none is above kLargest. Weights are linear in the codes, so that the
/// largest is at one of their ends.
inline __m512 unit_of(const CodeTile& tile, const Format& format, int scales) {
  const __m512 codes = _mm512_set1_ps(static_cast<float>(1 << format.bits));
  __m512 top = _mm512_set1_ps(1e-33f);  // of a row of zeros: kLargest / top must be finite
  __m512 odd = _mm512_setzero_ps();     // NaN where a scale is not finite, since max_ps drops NaN
  for (int i = 0; i < scales; ++i) {
    const __m512 lowest = lowest_of(tile, format, i),
                 last = _mm512_abs_ps(_mm512_fmadd_ps(_mm512_load_ps(tile.d + i * kPanel), codes, lowest));
    top = _mm512_max_ps(top, _mm512_max_ps(_mm512_abs_ps(lowest), last));
    odd = _mm512_fmadd_ps(last, _mm512_setzero_ps(), odd);
  }
  return _mm512_add_ps(_mm512_mul_ps(top, _mm512_set1_ps(1 / kLargest)), odd);
}

/// v in both 16-bit halves of each lane.
inline __m512i twice(__m512 v) {
  const __m512i whole = _mm512_cvtps_epi32(v);
  return _mm512_mask_blend_epi16(0xaaaaaaaa, whole, _mm512_slli_epi32(whole, 16));
}

/// Rounds the weights of a chunk, to about half a unit for each of code, scale and minimum. Codes are taken from their
/// middle, so that their products with the scale fit 16 bits.
void in_two_halves(const CodeTile& tile, const Format& format, int groups, Weights& to) {
  const int each = format.per16 ? 4 : 8, scales = groups * 8 / each;  // fours of a scale
  const auto middle = static_cast<float>(1 << (format.bits - 1));
  const __m512 unit = unit_of(tile, format, scales), inverse = _mm512_div_ps(_mm512_set1_ps(1), unit);
  _mm512_store_ps(to.d, _mm512_mul_ps(unit, _mm512_set1_ps(1 << kHalf)));
  const auto shift = static_cast<unsigned>(16 - format.bits);
  const __m512i lowest = _mm512_set1_epi8(static_cast<char>(format.lowest)), low_byte = _mm512_set1_epi16(255),
                sign = _mm512_set1_epi16(INT16_MIN), byte_sign = _mm512_set1_epi8(INT8_MIN);
  for (int i = 0; i < scales; ++i) {
    const __m512 half_span = _mm512_mul_ps(_mm512_load_ps(tile.d + i * kPanel), _mm512_set1_ps(middle)),
                 center = _mm512_add_ps(lowest_of(tile, format, i), half_span);
    // 128 is added here and taken from the low byte below, so that it is signed.
    const __m512i scale = twice(_mm512_mul_ps(half_span, inverse)),
                  offset = twice(_mm512_fmadd_ps(center, inverse, _mm512_set1_ps(128)));
    for (int64_t at = 64 * each * i; at < 64 * each * (i + 1); at += 64) {
      const __m512i u = _mm512_sub_epi8(_mm512_load_si512(tile.codes + at), lowest);
      const auto weight = [&](__m512i code) {
        const __m512i from_middle = _mm512_xor_si512(_mm512_slli_epi16(code, shift), sign);
        return _mm512_add_epi16(_mm512_mulhrs_epi16(from_middle, scale), offset);
      };
      const __m512i even = weight(_mm512_and_si512(u, low_byte)), odd = weight(_mm512_srli_epi16(u, 8));
      const auto bytes = [](__m512i e, __m512i o) { return _mm512_mask_blend_epi8(0xaaaaaaaaaaaaaaaa, e, o); };
      _mm512_store_si512(to.high + at, bytes(_mm512_srli_epi16(even, 8), odd));
      _mm512_store_si512(to.low + at, _mm512_xor_si512(bytes(even, _mm512_slli_epi16(odd, 8)), byte_sign));
    }
  }
  if (groups % 2 == 0) return;  // else half a tile is missing
  std::memset(to.high + groups * 32 * kPanel, 0, 32 * kPanel);
  std::memset(to.low + groups * 32 * kPanel, 0, 32 * kPanel);
}

/// Tiles 0 to 3: sums of up to 16 tokens by two panels, for each in units of 1 << kHalf and of 1; 4 and 5: the tokens'
/// halves; 6 and 7: a half of each panel's weights.
void configure_halves(int64_t tokens) {
  TileConfig config;
  for (int i = 0; i < 8; ++i)
    config.row_bytes[i] = 64, config.rows[i] = static_cast<uint8_t>(i >= 6 ? kTile : tokens);
  load(config);
}

/// The sums of 16 tokens by two panels, [16][16 rows] each.
struct alignas(64) HalfSums {
  int32_t high[2][kTile * kPanel], low[2][kTile * kPanel];
};

/// Of the 16 chunk-tokens from i on. Low halves by low halves are left out: they are as small as what rounding took.
/// Products that add to one tile are as far apart as the tiles allow, since each takes three times as long as the
/// next one waits.
template <bool two>
inline void sum_halves(const Weights* w, int groups, const QuantTokens& x, int64_t i, HalfSums& to) {
  constexpr int64_t pitch = 4 * kPanel;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int k = 0; k < 32 * groups; k += 64) {
    _tile_loadd(4, x.q + i * kChunk + k, kChunk);
    _tile_loadd(5, x.low + i * kChunk + k, kChunk);
    _tile_loadd(6, w[0].high + k * kPanel, pitch);
    if constexpr (two) _tile_loadd(7, w[1].high + k * kPanel, pitch);
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(1, 5, 6);
    if constexpr (two) _tile_dpbssd(3, 5, 7);
    if constexpr (two) _tile_dpbssd(2, 4, 7);
    _tile_loadd(6, w[0].low + k * kPanel, pitch);
    if constexpr (two) _tile_loadd(7, w[1].low + k * kPanel, pitch);
    _tile_dpbssd(1, 4, 6);
    if constexpr (two) _tile_dpbssd(3, 4, 7);
  }
  _tile_stored(0, to.high[0], pitch);
  _tile_stored(1, to.low[0], pitch);
  if constexpr (two) _tile_stored(2, to.high[1], pitch);
  if constexpr (two) _tile_stored(3, to.low[1], pitch);
}

/// acc[t * stride + row] += what the sums of panel `p` of two stand for.
inline void add_scaled(const HalfSums& sums, int p, const Weights& w, int64_t tokens, const float* dx, float* acc,
                       int64_t stride) {
  const __m512 d = _mm512_load_ps(w.d);
  for (int64_t t = 0; t < tokens; ++t) {
    const __m512i high = _mm512_load_si512(sums.high[p] + t * kPanel),
                  low = _mm512_load_si512(sums.low[p] + t * kPanel);
    const __m512 whole = _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_slli_epi32(high, kHalf), low));
    float* to = acc + t * stride;
    _mm512_storeu_ps(to, _mm512_fmadd_ps(_mm512_mul_ps(whole, d), _mm512_set1_ps(dx[16 * t]), _mm512_loadu_ps(to)));
  }
}

void amx_halves_many(const Panels& w, const QuantTokens& x, float* acc, uint8_t* scratch) {
  const Format& format = *w.format;
  const int64_t T = x.count, stride = w.count * kPanel, each = std::min(T, kTile);
  auto* tile = reinterpret_cast<CodeTile*>(scratch);
  auto* weights = reinterpret_cast<Weights*>(tile + 1);
  // The last tokens are multiplied again with those before them, where they are fewer than a tile has.
  const int64_t whole_tiles = T / each * each;
  alignas(64) float last[kTile * kPanels * kPanel] = {};
  std::memset(acc, 0, static_cast<std::size_t>(T * stride) * sizeof(float));
  configure_halves(each);
  const int pairs = (w.count + 1) / 2;
  const auto tiles = static_cast<int>((T + each - 1) / each);
  for (int64_t at = 0; at < w.k; at += kChunk) {
    const int64_t i = at / kChunk * T;
    const int groups = static_cast<int>((w.k - at < kChunk ? w.k - at : kChunk) / 32);
    for (int p = 0; p < w.count; ++p) {
      format.codes(format, w.packed[p], w.k, at, *tile);
      in_two_halves(*tile, format, groups, weights[p]);
    }
    const auto first = [&](int n) { return std::min(n / pairs * each, T - each); };  // token of block n
    HalfSums sums[2];  // of this block, and of the next, which is multiplied while this one is scaled
    const auto make = [&](int n) {
      const int p = n % pairs * 2;
      const auto sum = p + 1 < w.count ? sum_halves<true> : sum_halves<false>;
      sum(weights + p, groups, x, i + first(n), sums[n % 2]);
    };
    make(0);
    for (int n = 0; n < tiles * pairs; ++n) {
      if (n + 1 < tiles * pairs) make(n + 1);
      float* to = n / pairs * each < whole_tiles ? acc + first(n) * stride : last;
      for (int p = n % pairs * 2, one = 0; one < 2 && p + one < w.count; ++one)
        add_scaled(sums[n % 2], one, weights[p + one], each, x.d + (i + first(n)) * 16, to + (p + one) * kPanel,
                   stride);
    }
  }
  _tile_release();
  for (int64_t t = whole_tiles; t < T; ++t) {
    std::memcpy(acc + t * stride, last + (t - T + each) * stride, static_cast<std::size_t>(stride) * sizeof(float));
  }
}

int64_t amx_scratch(int64_t k, int64_t tokens) {
  return std::max(avx512().scratch(k, tokens), static_cast<int64_t>(sizeof(CodeTile) + kPanels * sizeof(Weights)));
}

}  // namespace

const Isa& amx() {
  static const Isa table = [] {
    Isa t = avx512();
    t.name = "amx", t.bf16_many = amx_many, t.bf16_first = true, t.halves_many = amx_halves_many,
    t.quantize_many = quantize_by_chunk, t.scratch = amx_scratch;
    return t;
  }();
  return table;
}

}  // namespace weft::cpu
