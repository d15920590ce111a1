// Formats of block-quantised weights: a row's block to codes, one a byte, and to the panel's scales.
// w = d * (code - kZero) + m, or d * (table[code]) for those with a table. Layouts: those of the
// GGUF formats, as plugins/formats/gguf decodes them.

/// 16 bytes of nibbles: 16 low ones at u, 16 high ones at u + 16.
inline void nibbles32(const uint8_t* __restrict q, uint8_t* __restrict u) {
  uint64_t bytes[2];
  std::memcpy(bytes, q, sizeof bytes);
  for (int i = 0; i < 2; ++i) {
    const uint64_t low = bytes[i] & 0x0f0f0f0f0f0f0f0f, high = (bytes[i] >> 4) & 0x0f0f0f0f0f0f0f0f;
    std::memcpy(u + 8 * i, &low, 8);
    std::memcpy(u + 16 + 8 * i, &high, 8);
  }
}
/// The fifth bits of 32 values.
inline void fifth_bits(const uint8_t* __restrict qh, uint8_t* __restrict u) {
  for (int i = 0; i < 32; ++i) u[i] = static_cast<uint8_t>(u[i] | ((qh[i / 8] >> (i % 8)) & 1) << 4);
}

struct Q4_0 {
  static constexpr int kValues = 32, kBytes = 18, kBits = 4, kZeroShift = 3;
  using Scales = HalfScales<false>;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) { nibbles32(b + 2, u); }
  static void scales(const uint8_t* b, int r, uint8_t* to) { Scales::put(to, r, b); }
};
struct Q4_1 {
  static constexpr int kValues = 32, kBytes = 20, kBits = 4, kZeroShift = -1;
  using Scales = HalfScales<true>;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) { nibbles32(b + 4, u); }
  static void scales(const uint8_t* b, int r, uint8_t* to) { Scales::put(to, r, b, b + 2); }
};
struct Q5_0 {
  static constexpr int kValues = 32, kBytes = 22, kBits = 5, kZeroShift = 4;
  using Scales = HalfScales<false>;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) { nibbles32(b + 6, u), fifth_bits(b + 2, u); }
  static void scales(const uint8_t* b, int r, uint8_t* to) { Scales::put(to, r, b); }
};
struct Q5_1 {
  static constexpr int kValues = 32, kBytes = 24, kBits = 5, kZeroShift = -1;
  using Scales = HalfScales<true>;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) { nibbles32(b + 8, u), fifth_bits(b + 4, u); }
  static void scales(const uint8_t* b, int r, uint8_t* to) { Scales::put(to, r, b, b + 2); }
};
struct Q8_0 {
  static constexpr int kValues = 32, kBytes = 34, kBits = 8, kZeroShift = 7;
  using Scales = HalfScales<false>;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) {
    for (int i = 0; i < 32; ++i) u[i] = b[2 + i] ^ 0x80;
  }
  static void scales(const uint8_t* b, int r, uint8_t* to) { Scales::put(to, r, b); }
};

// Blocks of the core's dtypes for weights in several tensors (core/plugins/block_dtypes.hpp).
template <int unit>
struct Int4 {
  static constexpr int kValues = unit, kBytes = 5 + unit / 2, kBits = 4, kZeroShift = -1;
  using Scales = ZeroScales<unit, 4>;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) {
    for (int i = 0; i < unit; i += 32) nibbles32(b + 5 + i / 2, u + i);
  }
  static void scales(const uint8_t* b, int r, uint8_t* to) { Scales::put(to, r, b, b[4]); }
};
template <int unit>
struct Int8 {
  static constexpr int kValues = unit, kBytes = 5 + unit, kBits = 8, kZeroShift = -1;
  using Scales = ZeroScales<unit, 8>;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) { std::memcpy(u, b + 5, unit); }
  static void scales(const uint8_t* b, int r, uint8_t* to) { Scales::put(to, r, b, b[4]); }
};
/// Floats of 8 bits, `mantissa` of them behind an exponent whose zero is `bias`.
template <int unit, int mantissa, int bias>
struct Float8 {
  static constexpr int kValues = unit, kBytes = 4 + unit, kBits = 8, kZeroShift = -1;
  using Scales = FloatScales<unit>;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) { std::memcpy(u, b + 4, unit); }
  static void scales(const uint8_t* b, int r, uint8_t* to) {
    // What is not finite makes any product NaN: so does its scale.
    constexpr int first = mantissa == 3 ? 0x7f : 0x7c;
    float d;
    std::memcpy(&d, b, 4);
    for (int i = 0; i < unit; ++i) d = (b[4 + i] & 0x7f) >= first ? std::numeric_limits<float>::quiet_NaN() : d;
    Scales::put(to, r, d);
  }
  template <int i>
  static Lanes value(Bytes u) {
    return multiply(small_floats<i, 23 - mantissa>(u),
                    all_lanes(std::bit_cast<float>((254u - static_cast<uint32_t>(bias)) << 23)));
  }
};
template <int unit>
using F8E4M3 = Float8<unit, 3, 7>;
template <int unit>
using F8E5M2 = Float8<unit, 2, 15>;

/// The 6-bit scales and minima of the 8 sub-blocks of a K-quant.
struct ScalesK4 {
  uint8_t scale[8], min[8];
  explicit ScalesK4(const uint8_t* s) {
    for (int i = 0; i < 4; ++i) {
      scale[i] = s[i] & 63, min[i] = s[i + 4] & 63;
      scale[i + 4] = static_cast<uint8_t>((s[i + 8] & 15) | (s[i] >> 6) << 4);
      min[i + 4] = static_cast<uint8_t>((s[i + 8] >> 4) | (s[i + 4] >> 6) << 4);
    }
  }
};
struct Q4_K {
  static constexpr int kValues = 256, kBytes = 144, kBits = 4, kZeroShift = -1;
  using Scales = SuperScales<true, false>;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) {
    for (int g = 0; g < 4; ++g) {
      const uint8_t* q = b + 16 + 32 * g;
      for (int i = 0; i < 32; ++i) u[64 * g + i] = q[i] & 15;
      for (int i = 0; i < 32; ++i) u[64 * g + i + 32] = q[i] >> 4;
    }
  }
  static void scales(const uint8_t* b, int r, uint8_t* to) {
    const ScalesK4 s(b + 4);
    Scales::put(to, r, b, s.scale, b + 2, s.min);
  }
};
struct Q5_K {
  static constexpr int kValues = 256, kBytes = 176, kBits = 5, kZeroShift = -1;
  using Scales = SuperScales<true, false>;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) {
    const uint8_t* qh = b + 16;
    for (int g = 0; g < 4; ++g) {
      const uint8_t* q = b + 48 + 32 * g;
      for (int i = 0; i < 32; ++i) u[64 * g + i] = static_cast<uint8_t>((q[i] & 15) | ((qh[i] >> (2 * g)) & 1) << 4);
      for (int i = 0; i < 32; ++i)
        u[64 * g + i + 32] = static_cast<uint8_t>((q[i] >> 4) | ((qh[i] >> (2 * g + 1)) & 1) << 4);
    }
  }
  static void scales(const uint8_t* b, int r, uint8_t* to) {
    const ScalesK4 s(b + 4);
    Scales::put(to, r, b, s.scale, b + 2, s.min);
  }
};
struct Q6_K {
  static constexpr int kValues = 256, kBytes = 210, kBits = 6, kZeroShift = 5;
  using Scales = FineScales;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict out) {
    for (int h = 0; h < 2; ++h) {
      const uint8_t *ql = b + 64 * h, *qh = b + 128 + 32 * h;
      uint8_t* u = out + 128 * h;
      for (int i = 0; i < 32; ++i) u[i] = static_cast<uint8_t>((ql[i] & 15) | (qh[i] & 3) << 4);
      for (int i = 0; i < 32; ++i) u[i + 32] = static_cast<uint8_t>((ql[i + 32] & 15) | ((qh[i] >> 2) & 3) << 4);
      for (int i = 0; i < 32; ++i) u[i + 64] = static_cast<uint8_t>((ql[i] >> 4) | ((qh[i] >> 4) & 3) << 4);
      for (int i = 0; i < 32; ++i) u[i + 96] = static_cast<uint8_t>((ql[i + 32] >> 4) | (qh[i] >> 6) << 4);
    }
  }
  static void scales(const uint8_t* b, int r, uint8_t* to) {
    int8_t s[16];
    std::memcpy(s, b + 192, 16);
    Scales::put(to, r, b + 208, s);
  }
};
struct Q2_K {
  static constexpr int kValues = 256, kBytes = 84, kBits = 2, kZeroShift = -1;
  using Scales = NibbleScales;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) {
    for (int h = 0; h < 2; ++h) {
      for (int g = 0; g < 4; ++g) {
        for (int i = 0; i < 32; ++i) u[128 * h + 32 * g + i] = (b[16 + 32 * h + i] >> (2 * g)) & 3;
      }
    }
  }
  static void scales(const uint8_t* b, int r, uint8_t* to) { Scales::put(to, r, b + 80, b + 82, b); }
};
struct Q3_K {
  static constexpr int kValues = 256, kBytes = 110, kBits = 3, kZeroShift = 2;
  using Scales = FineScales;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) {
    const uint8_t *mask = b, *q = b + 32;
    for (int h = 0; h < 2; ++h) {
      for (int g = 0; g < 4; ++g) {
        const int bit = 4 * h + g;
        for (int i = 0; i < 32; ++i) {
          u[128 * h + 32 * g + i] =
              static_cast<uint8_t>(((q[32 * h + i] >> (2 * g)) & 3) | ((mask[i] >> bit) & 1) << 2);
        }
      }
    }
  }
  static void scales(const uint8_t* b, int r, uint8_t* to) {
    const uint8_t* packed = b + 96;
    int8_t s[16];
    for (int i = 0; i < 16; ++i) {  // 4 low bits, then 2 high ones
      const int low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4;
      s[i] = static_cast<int8_t>((low | ((packed[8 + i % 4] >> (2 * (i / 4))) & 3) << 4) - 32);
    }
    Scales::put(to, r, b + 108, s);
  }
};

// Tables of signed bytes; a code is looked up when it is used, its sign bit flipped as Q8_0's.
constexpr int8_t flipped(int v) { return static_cast<int8_t>(static_cast<uint8_t>(v) ^ 0x80); }
constexpr int8_t kIq4[16] = {flipped(-127), flipped(-104), flipped(-83), flipped(-65), flipped(-49), flipped(-35),
                             flipped(-22),  flipped(-10),  flipped(1),   flipped(13),  flipped(25),  flipped(38),
                             flipped(53),   flipped(69),   flipped(89),  flipped(113)};
constexpr int8_t kFp4[16] = {flipped(0),  flipped(1),  flipped(2),  flipped(3),
                             flipped(4),  flipped(6),  flipped(8),  flipped(12),  // twice the value
                             flipped(0),  flipped(-1), flipped(-2), flipped(-3),
                             flipped(-4), flipped(-6), flipped(-8), flipped(-12)};

struct Iq4_NL {
  static constexpr int kValues = 32, kBytes = 18, kBits = 4, kZeroShift = 7;
  static constexpr const int8_t (&kTable)[16] = kIq4;
  using Scales = HalfScales<false>;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) { nibbles32(b + 2, u); }
  static void scales(const uint8_t* b, int r, uint8_t* to) { Scales::put(to, r, b); }
};
struct Iq4_XS {
  static constexpr int kValues = 256, kBytes = 136, kBits = 4, kZeroShift = 7;
  static constexpr const int8_t (&kTable)[16] = kIq4;
  using Scales = SuperScales<false, true>;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) {
    for (int s = 0; s < 8; ++s) nibbles32(b + 8 + 16 * s, u + 32 * s);
  }
  static void scales(const uint8_t* b, int r, uint8_t* to) {
    uint16_t high;
    std::memcpy(&high, b + 2, 2);
    uint8_t s[8];
    for (int i = 0; i < 8; ++i) {
      const int low = (b[4 + i / 2] >> (4 * (i % 2))) & 15;
      s[i] = static_cast<uint8_t>((low | ((high >> (2 * i)) & 3) << 4) - 32);
    }
    Scales::put(to, r, b, s);
  }
};
struct Mxfp4 {
  static constexpr int kValues = 32, kBytes = 17, kBits = 4, kZeroShift = 7;
  static constexpr const int8_t (&kTable)[16] = kFp4;
  using Scales = PowerScales;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) { nibbles32(b + 1, u); }
  static void scales(const uint8_t* b, int r, uint8_t* to) { Scales::put(to, r, b); }
};

// 4-bit floats of bitsandbytes: times 127 they are as near to integers as activations in int8 are.
constexpr float kNf4[16] = {-127.0f, -127 * 0.6961928009986877f, -127 * 0.5250730514526367f,
                            -127 * 0.39491748809814453f, -127 * 0.28444138169288635f, -127 * 0.18477343022823334f,
                            -127 * 0.09105003625154495f, 0.0f, 127 * 0.07958029955625534f,
                            127 * 0.16093020141124725f, 127 * 0.24611230194568634f, 127 * 0.33791524171829224f,
                            127 * 0.44070982933044434f, 127 * 0.5626170039176941f, 127 * 0.7229568362236023f,
                            127.0f};
constexpr int8_t kNf4Int8[16] = {flipped(-127), flipped(-88), flipped(-67), flipped(-50), flipped(-36), flipped(-23),
                                 flipped(-12),  flipped(0),   flipped(10),  flipped(20),  flipped(31),  flipped(43),
                                 flipped(56),   flipped(71),  flipped(92),  flipped(127)};
constexpr float kBnbFp4[16] = {0.0f, 127 * 0.0625f / 12, 127 * 8.0f / 12, 127.0f,
                               127 * 4.0f / 12, 127 * 6.0f / 12, 127 * 2.0f / 12, 127 * 3.0f / 12,
                               -0.0f, -127 * 0.0625f / 12, -127 * 8.0f / 12, -127.0f,
                               -127 * 4.0f / 12, -127 * 6.0f / 12, -127 * 2.0f / 12, -127 * 3.0f / 12};
constexpr int8_t kBnbFp4Int8[16] = {flipped(0),   flipped(1),   flipped(85),  flipped(127), flipped(42),  flipped(64),
                                    flipped(21),  flipped(32),  flipped(0),   flipped(-1),  flipped(-85), flipped(-127),
                                    flipped(-42), flipped(-64), flipped(-21), flipped(-32)};
template <const float (&floats)[16], const int8_t (&ints)[16]>
struct Table4 {
  static constexpr int kValues = 64, kBytes = 36, kBits = 4, kZeroShift = 7;
  static constexpr const int8_t (&kTable)[16] = ints;
  using Scales = FloatScales<64>;
  static void codes(const uint8_t* __restrict b, uint8_t* __restrict u) {
    nibbles32(b + 4, u), nibbles32(b + 20, u + 32);
  }
  static void scales(const uint8_t* b, int r, uint8_t* to) {
    float d;
    std::memcpy(&d, b, 4);
    Scales::put(to, r, d / 127);
  }
  template <int i>
  static Lanes value(Bytes u) { return look_up_floats<i>(floats, u); }
};
