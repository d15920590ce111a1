// Unpacking of block formats to 8-bit values with scales; included into each instruction set's
// namespace. Layouts: those of the GGUF formats, as plugins/formats/gguf decodes them.

inline float half_to_float(const uint8_t* p) {
  uint16_t h;
  std::memcpy(&h, p, 2);
#if defined(__F16C__)
  return _cvtsh_ss(h);
#else
  const uint32_t sign = uint32_t{h & 0x8000u} << 16, exponent = (h >> 10) & 31u, mantissa = h & 1023u;
  if (exponent == 0) {
    const float v = std::ldexp(static_cast<float>(mantissa), -24);
    return sign ? -v : v;
  }
  return std::bit_cast<float>(sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | mantissa << 13);
#endif
}

/// Calls block(pointer, j) for each block of `values` in the chunk; what a short row lacks is zeroed.
template <uint32_t values, uint32_t bytes, class Block>
inline void each_block(const uint8_t* row, int64_t at, int64_t n, Unpacked& out, Block&& block) {
  const int64_t here = std::min<int64_t>(n - at, kChunk);
  if (here < kChunk) out = {};
  const uint8_t* p = row + at / values * bytes;
  for (int64_t j = 0; j < here; j += values, p += bytes) block(p, static_cast<int>(j));
}

/// Scale and offset of the 32 values from j on.
inline void group32(Unpacked& out, int j, float d, float m) {
  out.d[j / 16] = out.d[j / 16 + 1] = d;
  out.m[j / 16] = out.m[j / 16 + 1] = m;
}
inline void group16(Unpacked& out, int j, float d, float m) { out.d[j / 16] = d, out.m[j / 16] = m; }

/// 16 bytes of nibbles: 16 low ones at u, 16 high ones at u + 16.
inline void nibbles32(const uint8_t* q, uint8_t* u) {
  for (int i = 0; i < 16; ++i) u[i] = q[i] & 15;
  for (int i = 0; i < 16; ++i) u[i + 16] = q[i] >> 4;
}

#if defined(__AVX2__)
#include "plugins/backends/cpu/isa_formats_x86.hpp"
#else

/// The 6-bit scale and minimum of sub-block s (of 8) of a K-quant.
inline void scale_min(const uint8_t* scales, int s, uint8_t& scale, uint8_t& min) {
  if (s < 4) {
    scale = scales[s] & 63, min = scales[s + 4] & 63;
  } else {
    scale = static_cast<uint8_t>((scales[s + 4] & 15) | (scales[s - 4] >> 6) << 4);
    min = static_cast<uint8_t>((scales[s + 4] >> 4) | (scales[s] >> 6) << 4);
  }
}

inline void scales_k4(const uint8_t* b, int j, Unpacked& out) {
  const float d = half_to_float(b), dmin = half_to_float(b + 2);
  for (int s = 0; s < 8; ++s) {
    uint8_t scale, min;
    scale_min(b + 4, s, scale, min);
    group32(out, j + 32 * s, d * scale, -dmin * min);
  }
}

void unpack_q4_0(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  each_block<32, 18>(row, at, n, out, [&](const uint8_t* b, int j) {
    const float d = half_to_float(b);
    group32(out, j, d, -8 * d);
    nibbles32(b + 2, out.u + j);
  });
}

void unpack_q4_1(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  each_block<32, 20>(row, at, n, out, [&](const uint8_t* b, int j) {
    group32(out, j, half_to_float(b), half_to_float(b + 2));
    nibbles32(b + 4, out.u + j);
  });
}

void unpack_q8_0(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  each_block<32, 34>(row, at, n, out, [&](const uint8_t* b, int j) {
    const float d = half_to_float(b);
    group32(out, j, d, -128 * d);
    for (int i = 0; i < 32; ++i) out.u[j + i] = b[2 + i] ^ 0x80;
  });
}

void unpack_q4_k(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  each_block<256, 144>(row, at, n, out, [&](const uint8_t* b, int j) {
    scales_k4(b, j, out);
    for (int g = 0; g < 4; ++g) {
      const uint8_t* q = b + 16 + 32 * g;
      uint8_t* u = out.u + j + 64 * g;
      for (int i = 0; i < 32; ++i) u[i] = q[i] & 15;
      for (int i = 0; i < 32; ++i) u[i + 32] = q[i] >> 4;
    }
  });
}

void unpack_q5_k(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  each_block<256, 176>(row, at, n, out, [&](const uint8_t* b, int j) {
    scales_k4(b, j, out);
    const uint8_t* qh = b + 16;
    for (int g = 0; g < 4; ++g) {
      const uint8_t* q = b + 48 + 32 * g;
      uint8_t* u = out.u + j + 64 * g;
      for (int i = 0; i < 32; ++i) u[i] = static_cast<uint8_t>((q[i] & 15) | ((qh[i] >> (2 * g)) & 1) << 4);
      for (int i = 0; i < 32; ++i) u[i + 32] = static_cast<uint8_t>((q[i] >> 4) | ((qh[i] >> (2 * g + 1)) & 1) << 4);
    }
  });
}

void unpack_q6_k(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  each_block<256, 210>(row, at, n, out, [&](const uint8_t* b, int j) {
    const float d = half_to_float(b + 208);
    const auto* scales = reinterpret_cast<const int8_t*>(b + 192);
    for (int s = 0; s < 16; ++s) group16(out, j + 16 * s, d * scales[s], -32 * d * scales[s]);
    for (int h = 0; h < 2; ++h) {
      const uint8_t *ql = b + 64 * h, *qh = b + 128 + 32 * h;
      uint8_t* u = out.u + j + 128 * h;
      for (int i = 0; i < 32; ++i) u[i] = static_cast<uint8_t>((ql[i] & 15) | (qh[i] & 3) << 4);
      for (int i = 0; i < 32; ++i) u[i + 32] = static_cast<uint8_t>((ql[i + 32] & 15) | ((qh[i] >> 2) & 3) << 4);
      for (int i = 0; i < 32; ++i) u[i + 64] = static_cast<uint8_t>((ql[i] >> 4) | ((qh[i] >> 4) & 3) << 4);
      for (int i = 0; i < 32; ++i) u[i + 96] = static_cast<uint8_t>((ql[i + 32] >> 4) | (qh[i] >> 6) << 4);
    }
  });
}

#endif

/// The fifth bits of 32 values.
inline void fifth_bits(const uint8_t* qh, uint8_t* u) {
  uint32_t bits;
  std::memcpy(&bits, qh, 4);
  for (int i = 0; i < 32; ++i) u[i] |= static_cast<uint8_t>(((bits >> i) & 1u) << 4);
}

void unpack_q5_0(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  each_block<32, 22>(row, at, n, out, [&](const uint8_t* b, int j) {
    const float d = half_to_float(b);
    group32(out, j, d, -16 * d);
    nibbles32(b + 6, out.u + j);
    fifth_bits(b + 2, out.u + j);
  });
}

void unpack_q5_1(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  each_block<32, 24>(row, at, n, out, [&](const uint8_t* b, int j) {
    group32(out, j, half_to_float(b), half_to_float(b + 2));
    nibbles32(b + 8, out.u + j);
    fifth_bits(b + 4, out.u + j);
  });
}

void unpack_q2_k(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  each_block<256, 84>(row, at, n, out, [&](const uint8_t* b, int j) {
    const float d = half_to_float(b + 80), dmin = half_to_float(b + 82);
    for (int s = 0; s < 16; ++s) group16(out, j + 16 * s, d * static_cast<float>(b[s] & 15), -dmin * static_cast<float>(b[s] >> 4));
    for (int h = 0; h < 2; ++h) {
      const uint8_t* q = b + 16 + 32 * h;
      for (int g = 0; g < 4; ++g) {
        uint8_t* u = out.u + j + 128 * h + 32 * g;
        for (int i = 0; i < 32; ++i) u[i] = (q[i] >> (2 * g)) & 3;
      }
    }
  });
}

void unpack_q3_k(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  each_block<256, 110>(row, at, n, out, [&](const uint8_t* b, int j) {
    const float d = half_to_float(b + 108);
    const uint8_t *hmask = b, *q = b + 32, *packed = b + 96;
    for (int s = 0; s < 16; ++s) {  // 4 low bits, then 2 high ones
      const int low = s < 8 ? packed[s] & 15 : packed[s - 8] >> 4;
      const int high = (packed[8 + s % 4] >> (2 * (s / 4))) & 3;
      const float scale = d * static_cast<float>((low | high << 4) - 32);
      group16(out, j + 16 * s, scale, -4 * scale);
    }
    for (int h = 0; h < 2; ++h) {
      for (int g = 0; g < 4; ++g) {
        uint8_t* u = out.u + j + 128 * h + 32 * g;
        const int bit = 4 * h + g;
        for (int i = 0; i < 32; ++i) u[i] = static_cast<uint8_t>(((q[32 * h + i] >> (2 * g)) & 3) | ((hmask[i] >> bit) & 1) << 2);
      }
    }
  });
}

constexpr int8_t kIq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
constexpr int8_t kFp4[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};  // twice the value

/// 32 values through a table of signed bytes, sign bits flipped.
inline void lookup32(const int8_t (&table)[16], const uint8_t* q, uint8_t* u) {
  for (int i = 0; i < 16; ++i) u[i] = static_cast<uint8_t>(table[q[i] & 15]) ^ 0x80;
  for (int i = 0; i < 16; ++i) u[i + 16] = static_cast<uint8_t>(table[q[i] >> 4]) ^ 0x80;
}

void unpack_iq4_nl(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  each_block<32, 18>(row, at, n, out, [&](const uint8_t* b, int j) {
    const float d = half_to_float(b);
    group32(out, j, d, -128 * d);
    lookup32(kIq4, b + 2, out.u + j);
  });
}

void unpack_iq4_xs(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  each_block<256, 136>(row, at, n, out, [&](const uint8_t* b, int j) {
    const float d = half_to_float(b);
    uint16_t high;
    std::memcpy(&high, b + 2, 2);
    for (int s = 0; s < 8; ++s) {
      const int low = (b[4 + s / 2] >> (4 * (s % 2))) & 15, scale = (low | ((high >> (2 * s)) & 3) << 4) - 32;
      group32(out, j + 32 * s, d * static_cast<float>(scale), -128 * d * static_cast<float>(scale));
      lookup32(kIq4, b + 8 + 16 * s, out.u + j + 32 * s);
    }
  });
}

void unpack_mxfp4(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  each_block<32, 17>(row, at, n, out, [&](const uint8_t* b, int j) {
    const float d = std::ldexp(0.5f, static_cast<int>(b[0]) - 127);
    group32(out, j, d, -128 * d);
    lookup32(kFp4, b + 1, out.u + j);
  });
}

const Format* format(std::string_view dtype) {
  struct Named {
    std::string_view name;
    Format format;
  };
  static constexpr Named kFormats[] = {
      {"q4_0", {32, 18, false, unpack_q4_0}},    {"q4_1", {32, 20, false, unpack_q4_1}},     {"q5_0", {32, 22, false, unpack_q5_0}},
      {"q5_1", {32, 24, false, unpack_q5_1}},    {"q8_0", {32, 34, true, unpack_q8_0}},      {"q2_k", {256, 84, false, unpack_q2_k}},
      {"q3_k", {256, 110, false, unpack_q3_k}},  {"q4_k", {256, 144, false, unpack_q4_k}},   {"q5_k", {256, 176, false, unpack_q5_k}},
      {"q6_k", {256, 210, false, unpack_q6_k}},  {"iq4_nl", {32, 18, true, unpack_iq4_nl}},  {"iq4_xs", {256, 136, true, unpack_iq4_xs}},
      {"mxfp4", {32, 17, true, unpack_mxfp4}}};
  for (const Named& f : kFormats) {
    if (f.name == dtype) return &f.format;
  }
  return nullptr;
}
