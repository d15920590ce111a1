// The table of kernels that each instruction set fills in, and the choice between them.
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::cpu {

constexpr int64_t kChunk = 256;  // values along a row that are worked on at once
constexpr int64_t kPanel = 16;   // rows side by side
constexpr int kFew = 8;          // tokens up to which weights are read straight from where they lie
constexpr int kPanels = 4;       // of one call with many tokens

/// Activations as int8, chunk by chunk: token t of chunk c stands at i = c * count + t, with 256
/// bytes of q from i * 256 on and one d, minus and sum for 16 values from i * 16 on: x = d * q,
/// minus = -sum of q, sum = d * sum of q. What a short row lacks is zero.
struct QuantTokens {
  int8_t* q;
  float* d;
  int32_t* minus;
  float* sum;
  int64_t count;
};

/// A format of block-quantised weights, repacked into panels of kPanel rows: see isa_panel.hpp. The
/// layout is the same for all instruction sets; k is a multiple of the format's block.
struct Format {
  uint32_t values;  // of a block
  int64_t (*panel_bytes)(int64_t k);
  /// kPanel rows as stored (null: zeros) to a panel, aligned to 64 bytes.
  void (*pack)(const uint8_t* const* rows, int64_t k, uint8_t* panel);
  /// out[j * kPanel + row] for n <= kFew tokens from t0 on.
  void (*few)(const uint8_t* panel, int64_t k, const QuantTokens& x, int64_t t0, int n, float* out);
  /// acc[t * count * kPanel + row] for all tokens and count <= kPanels panels. scratch: Isa::scratch.
  void (*many)(const uint8_t* const* panels, int count, int64_t k, const QuantTokens& x, float* acc, uint8_t* scratch);
  /// The values themselves from `at` on: tile [kChunk][kPanel], as far as k goes.
  void (*unpack)(const uint8_t* panel, int64_t k, int64_t at, float* tile);
};

/// count <= kPanels panels of one matrix: packed, or rows of F32, F16 or BF16 as stored.
struct Panels {
  const Format* format;         // null: rows
  const uint8_t* const* packed;  // [count]
  const uint8_t* const* rows;    // [n_rows]
  uint32_t dtype;
  int count, n_rows;
  int64_t k;
};

struct Isa {
  const char* name;
  /// Formats by the name of the dtype; null: none.
  const Format* (*format)(std::string_view dtype);
  /// Token t of x.count, [k] values, into all chunks of `to`.
  void (*quantize)(const float* x, int64_t k, const QuantTokens& to, int64_t t);
  /// out[j * kPanel + row] for n <= kFew tokens x [n, k] and n_rows <= kPanel rows.
  void (*float_few)(uint32_t dtype, const uint8_t* const* rows, int n_rows, int64_t k, const float* x, int n, float* out);
  /// acc[t * count * kPanel + row] for tokens chunk by chunk as in QuantTokens, zeros beyond k.
  void (*float_many)(const Panels& w, const float* x, int64_t T, float* acc, uint8_t* scratch);
  /// The same for tokens in bf16; null: no instructions for it.
  void (*bf16_many)(const Panels& w, const uint16_t* x, int64_t T, float* acc, uint8_t* scratch);
  /// Whether bf16_many is faster than Format::many.
  bool bf16_first;
  /// Bytes of scratch, aligned to 64, for kPanels panels of k values.
  int64_t (*scratch)(int64_t k);

  void (*rms_norm)(const float* x, const float* weight, int64_t n, float eps, float* out);
  /// gate = act(gate) * up. Activation: 0 silu, 1 gelu, 2 gelu_tanh, 3 relu.
  void (*gate)(int activation, float* gate, const float* up, int64_t n);
  /// Converts stored keys or values to f32; dtype WEFT_F32, WEFT_F16 or WEFT_BF16.
  void (*widen)(uint32_t dtype, const void* from, int64_t n, float* to);
  void (*narrow)(uint32_t dtype, const float* from, int64_t n, void* to);

  /// One tile of flash attention: m queries of width D (scaled already) against n <= 64 keys.
  /// keys [n, D], values [n, Dv]; mask[i * 64 + j]: 0 visible, -inf not. Updates top [m], total [m]
  /// and acc [m, Dv] as online softmax does. score: [m, 64].
  void (*attend)(const float* q, int64_t m, int64_t D, const float* keys, const float* values, int64_t n, int64_t Dv,
                 const float* mask, float softcap, float* score, float* top, float* total, float* acc);
};

const Isa& portable();
#ifdef WEFT_CPU_X86
const Isa& avx2();
const Isa& avx512();
#endif

/// The best that the machine has, or the one of that name; null: unknown or not on this machine.
const Isa* choose(std::string_view name);

}  // namespace weft::cpu
