// The table of kernels that each instruction set fills in, and the choice between them.
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::cpu {

/// Activations of one token as int8: x = d[j] * q, j over blocks of 16 values; sum[j] is d[j] times
/// the sum of the block's q.
struct QuantRow {
  const int8_t* q;
  const float* d;
  const float* sum;
};

/// Weights of 256 values, unpacked: w = d[j] * u + m[j], j over groups of 16. `u` is unsigned; of a
/// format whose values are signed bytes, u is that byte with its sign bit flipped.
struct Unpacked {
  alignas(64) uint8_t u[256];
  alignas(64) float d[16], m[16];
};

/// A format of quantised weights. `values` a block of `bytes`.
struct Format {
  uint32_t values, bytes;
  bool wide;  // u goes beyond 127: products of two overflow 16 bits
  /// 256 values, or what is left of a row of n, from value `at` (a multiple of 256) on. In what a
  /// short rest does not fill, d and m are 0.
  void (*unpack)(const uint8_t* row, int64_t at, int64_t n, Unpacked& out);
};

constexpr int64_t kChunk = 256;
constexpr int kMaxTokens = 8;  // of one dot call
constexpr int64_t kPanel = 16;  // rows of a packed panel

struct Isa {
  const char* name;
  /// Formats by the name of the dtype; null: none.
  const Format* (*format)(std::string_view dtype);
  /// x [k] -> q [k rounded up to 256, zero-padded], d and sum [the same / 16].
  void (*quantize)(const float* x, int64_t k, int8_t* q, float* d, float* sum);
  /// out[t] = dot(row, x[t]) for n <= kMaxTokens tokens.
  void (*dot_quant)(const Format& f, const uint8_t* row, int64_t k, const QuantRow* x, int n, float* out);
  /// A panel of kPanel rows (missing ones: null) times T tokens: out[t * stride + r].
  /// scratch: panel_bytes(k) + T * kPanel floats.
  void (*gemm_quant)(const Format& f, const uint8_t* const* rows, int64_t k, const QuantRow* x, int64_t T, float* out,
                     int64_t stride, int n_rows, uint8_t* scratch);
  /// The same for weights that are floats: dtype WEFT_F32, WEFT_F16 or WEFT_BF16, and f32 tokens.
  void (*dot_float)(uint32_t dtype, const uint8_t* row, int64_t k, const float* const* x, int n, float* out);
  /// With `narrow`, and where the instructions are there, bf16 weights meet tokens rounded to bf16.
  void (*gemm_float)(uint32_t dtype, const uint8_t* const* rows, int64_t k, const float* const* x, int64_t T, float* out,
                     int64_t stride, int n_rows, bool narrow, uint8_t* scratch);
  /// Bytes of scratch for a panel of either gemm with T tokens.
  int64_t (*scratch_bytes)(int64_t k, int64_t T);

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
