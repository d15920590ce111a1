// The table of kernels that each instruction set fills in, and the choice between them.
#pragma once

#include <cstdint>
#include <string_view>

#include "plugins/backends/host/scan_row.hpp"

namespace weft::cpu {

constexpr int64_t kChunk = 256;  // values along a row that are worked on at once
constexpr int64_t kPanel = 16;   // rows side by side
constexpr int kFew = 8;          // tokens that meet weights straight from where they lie
constexpr int kFewFloats = 32;   // the same of rows of floats; with more, chunks of rows side by side are faster
constexpr int kPanels = 4;       // of one call with many tokens
constexpr int kFewPanels = 2;    // of one call with up to kFew tokens
// Values along a row that some tokens in f32 meet at once, whole chunks. Larger: the tiles of kFloatPanels panels leave
// the second cache; smaller: sums come and go more often, which few tokens have few of.
constexpr int64_t float_depth(int64_t tokens) { return tokens > kFewFloats ? 3 * kChunk : kChunk; }
constexpr int kFloatPanels = 12;  // of one call with many tokens in f32, which then read tokens less often
constexpr int kLowBits = 7;      // of the low half of an activation in two halves

/// Activations as integers, chunk by chunk: token t of chunk c stands at i = c * count + t, with 256 bytes of q
/// from i * 256 on, a scale d and a sum of 16 values each from i * 16 on, and sums of 32 values from i * 8 on.
///   one half:   x = d * q, of 8 bits; each 16 values have a scale of their own
///   two halves: x = d * ((q << kLowBits) + low), of 15 bits, low in [-64, 63]; each 32 values have one scale, which
///               stands twice
/// `sum` and `sum32` are sums of x as the integers have it. What a short row lacks is zero.
struct QuantTokens {
  int8_t* q;
  int8_t* low;  // as q; null: one half
  float* d;
  float *sum, *sum32;
  int64_t count;
};

/// A chunk of a panel, unpacked once for many tokens: fours j of group g, [8 * g + j][16 rows][4 codes], which
/// stand for d * code + m. d and m [group][16 rows], or [2 * group + half][16 rows] where 16 values share a scale.
struct alignas(64) CodeTile {
  uint8_t codes[kChunk * kPanel];
  float d[kChunk / 16 * kPanel], m[kChunk / 16 * kPanel];
};

/// How many bytes ahead of its reads a kernel fetches from memory. With more, what was fetched is thrown out of the
/// first level cache before it is used; with fewer, it comes too late.
constexpr int64_t kAhead = 6144;

/// What kernels take of a panel's chunk, whatever the format: where its codes lie, and scales as CodeTile has them.
struct Chunk {
  const uint8_t* codes;       // planes
  int groups;
  int64_t ahead = kAhead;     // what lies so far behind codes and scales that are read is fetched
  const int8_t (*table)[16];  // what codes stand for; null: themselves
  alignas(64) float d[kChunk / 16 * kPanel];
  float m[kChunk / 16 * kPanel];
};

struct Panels;

/// A format of block-quantised weights, repacked into panels of kPanel rows: see isa_panel.hpp. The layout is the
/// same for all instruction sets; k is a multiple of the format's block. Kernels take the format itself, for `open`.
struct Format {
  uint32_t values;  // of a block
  int64_t (*panel_bytes)(int64_t k);
  /// kPanel rows as stored (null: zeros) to a panel, aligned to 64 bytes.
  void (*pack)(const uint8_t* const* rows, int64_t k, uint8_t* panel);
  /// The chunk of a panel from value `at` on, as kernels take it.
  void (*open)(const uint8_t* panel, int64_t k, int64_t at, Chunk& chunk);
  /// out[t * stride + p * kPanel + row] for a few tokens, straight from up to kFewPanels panels of this format. Null
  /// where the format's codes stand for floats that no integers are near enough to.
  void (*multiply)(const Panels& w, const QuantTokens& x, float* out, int64_t stride);
  /// Unpacks the chunk from value `at` on, as far as k goes. Null where `multiply` is.
  void (*codes)(const Format& format, const uint8_t* panel, int64_t k, int64_t at, CodeTile& tile);
  /// acc[t * w.count * kPanel + row] for all tokens of x, with panels of this format. Null where `multiply` is.
  void (*multiply_many)(const Panels& w, const QuantTokens& x, float* acc, uint8_t* scratch);
  /// The values themselves from `at` on: tile [kChunk][kPanel], as far as k goes.
  void (*unpack)(const Format& format, const uint8_t* panel, int64_t k, int64_t at, float* tile);
  /// out[t * kPanel + row] for T <= kFew tokens in floats, chunk by chunk as in QuantTokens. Null where few
  /// tokens come as integers; in `exact`, `unpack` serves them.
  void (*multiply_floats)(const Format& format, const uint8_t* panel, int64_t k, const float* x, int T, float* out);
  bool per16;    // 16 values share a scale, else 32 or more
  bool rounded;  // codes stand for floats; `multiply`, if not null, takes integers near them
  uint8_t lowest, bits;  // codes as they meet activations are `lowest` and what `bits` bits hold
};

/// count panels of one matrix, at most kPanels where nothing else is said: packed, or rows of F32, F16 or BF16 as
/// stored.
struct Panels {
  const Format* format;         // null: rows
  const uint8_t* const* packed;  // [count]
  const uint8_t* const* rows;    // [n_rows]
  uint32_t dtype;
  int count, n_rows;
  int64_t k;
};

/// Many tokens in f32, and what becomes of them. Whole panels are written, also where n_rows ends before.
struct FloatTokens {
  const float* x;  // the k values of token t stand from t * k on
  int64_t count;
  float* y;  // row r of token t goes to t * stride + r
  int64_t stride;
  const float* bias;  // [panels * kPanel], added to each token's row; null: none
  int activation;     // an index in kActivations, of what follows; -1: nothing does
  float* sums;        // memory for [count][panels * kPanel]; may be y where stride is that of sums
};

constexpr int64_t kKeys = 64;        // of a tile of attention
constexpr int64_t kPanelVectors = 3;  // of a panel of queries

/// Keys or values of one head: entry j has its values at rows[j] + offset, in WEFT_F32, WEFT_F16 or
/// WEFT_BF16.
struct Entries {
  const uint8_t* const* rows;
  int64_t offset, width;
  uint32_t dtype;
};

/// n <= kKeys keys with their values.
struct KeyTile {
  Entries keys, values;
  /// What comes next: its first n rows are fetched while this is computed.
  Entries next_keys, next_values;
  int64_t n, position;  // of the first key
  /// Row i of the queries sees the keys [first[i], last[i]); null: all rows see all.
  const float *first, *last;
};

/// m queries, scaled already, that meet tiles of keys one after the other: the online softmax of what
/// they met so far. `top` [m] is the largest score (-inf: none), `total` [m] the sum of e^(score - top),
/// `acc` the sum of values with these weights.
///   few:  q [m, D], acc [m, Dv], score [m, kKeys]; D and Dv are multiples of Isa::lanes, m <= kFewQueries
///   many: q and acc lie in panels of up to kPanelVectors * lanes rows, side by side in each panel:
///         q [panel][D][row], acc [panel][Dv][row], score [kKeys][row]; m is a multiple of lanes, and
///         so is the number of rows of the last panel; entries are f32, each next to the last
/// Rows are of one head, `group` rows of a token next to each other (few).
struct Queries {
  const float* q;
  int64_t m, group, D, Dv;
  float softcap;  // 0: none
  float *top, *total, *acc, *score;
  /// Alibi: row i's scores fall by slope[i] for each position between index[i] and the key; null: none.
  const float *slope, *index;
  /// relative_attention: to row i's score of a key d behind index[i], relative[(i % group) * (2 * most + 1) + most + d]
  /// is added, `most` standing for what is farther; null: nothing.
  const float* relative;
  int64_t most;
};
constexpr int64_t kFewQueries = 15;

constexpr std::string_view kActivations[] = {"silu", "gelu", "gelu_tanh", "relu", "quick_gelu"};

/// What an instruction set has for block-quantised weights.
struct Quants {
  /// Formats by the name of the dtype; null: none.
  const Format* (*format)(std::string_view dtype);
  /// Token t of x.count, [k] values, into all chunks of `to`, in the halves that it has.
  void (*quantize)(const float* x, int64_t k, const QuantTokens& to, int64_t t);
};

struct Isa {
  const char* name;
  Quants quants;
  /// out[j * kPanel + row] for n <= kFewFloats tokens x [n, k] and n_rows <= kPanel rows.
  void (*float_few)(uint32_t dtype, const uint8_t* const* rows, int n_rows, int64_t k, const float* x, int n,
                    float* out);
  /// Up to kFloatPanels panels.
  void (*float_many)(const Panels& w, const FloatTokens& x, uint8_t* scratch);
  /// tile [kChunk / 2][kPanel][2] in bf16 of panel p from value `at` on, zeros beyond k. floats: scratch
  /// for kChunk * kPanel. Null: no instructions for bf16.
  void (*bf16_tile)(const Panels& w, int p, int64_t at, uint16_t* tile, float* floats);
  /// acc[t * count * kPanel + row] for tokens in bf16 chunk by chunk as in QuantTokens, zeros beyond k; null with
  /// bf16_tile.
  void (*bf16_many)(const Panels& w, const uint16_t* x, int64_t T, float* acc, uint8_t* scratch);
  /// Whether bf16_many is faster than Format::multiply.
  bool bf16_first;
  /// As Format::multiply_many, for all formats that have it and tokens from quantize_many; null: theirs are
  /// the fastest.
  void (*halves_many)(const Panels& w, const QuantTokens& x, float* acc, uint8_t* scratch);
  /// As Quants::quantize, in the halves that halves_many takes; null with it.
  void (*quantize_many)(const float* x, int64_t k, const QuantTokens& to, int64_t t);
  /// Bytes of scratch, aligned to 64, for as many panels of k values as a call with up to so many tokens takes.
  int64_t (*scratch)(int64_t k, int64_t tokens);

  void (*rms_norm)(const float* x, const float* weight, int64_t n, float eps, float* out);
  /// weight and bias may be null.
  void (*layer_norm)(const float* x, const float* weight, const float* bias, int64_t n, float eps, float* out);
  /// y = act(x), times up unless that is null; y may be x. `kind` is an index in kActivations.
  void (*activate)(int kind, const float* x, const float* up, int64_t n, float* y);
  /// Converts stored keys or values to f32; dtype WEFT_F32, WEFT_F16 or WEFT_BF16.
  void (*widen)(uint32_t dtype, const void* from, int64_t n, float* to);
  void (*narrow)(uint32_t dtype, const float* from, int64_t n, void* to);

  /// y = x [heads, D] with the first 2 * half values of each head turned by cos and sin [half]: value i
  /// pairs with i + half, or, interleaved, 2 * i with 2 * i + 1.
  void (*rope)(const float* x, const float* cos, const float* sin, int64_t heads, int64_t D, int64_t half,
               bool interleaved, float* y);

  host_ops::ScanKernels scan;

  int64_t lanes;  // floats of a vector
  /// n entries to f32: out [n, width].
  void (*widen_rows)(const Entries& entries, int64_t n, float* out);
  /// A tile of keys for few queries, and for many: see Queries.
  void (*attend_few)(const Queries& q, const KeyTile& tile);
  void (*attend_many)(const Queries& q, const KeyTile& tile);
  /// `lanes` rows of n values side by side: to[i * stride + row] = scale * rows[row][i].
  void (*turn_rows)(const float* const* rows, int64_t n, float scale, float* to, int64_t stride);
  /// Back again: rows[row][i] = factors[row] * from[i * stride + row], for the first `count` of `lanes` rows.
  void (*turn_back)(const float* from, int64_t n, int64_t stride, const float* factors, int count, float* const* rows);
};

const Isa& portable();
const Quants& portable_quants();
#ifdef WEFT_CPU_X86
const Isa& avx2();
const Isa& avxvnni();  // avx2 with products of integers by AVX-VNNI
const Isa& avx512();
const Isa& amx();  // avx512 with products of many tokens by AMX
const Quants& avx2_quants();
const Quants& avxvnni_quants();
const Quants& avx512_quants();
#endif
#ifdef WEFT_CPU_ARM
const Isa& dotprod();  // portable with products of integers by the dot products of Armv8.2
const Quants& dotprod_quants();
#endif

/// The best that the machine has, or the one of that name; null: unknown or not on this machine.
const Isa* choose(std::string_view name);

}  // namespace weft::cpu
