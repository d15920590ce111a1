#include "plugins/formats/gguf/blocks.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "weft/sdk/error.hpp"

namespace weft::gguf {
namespace {

using Bytes = const uint8_t*;

float half(Bytes p) {
  uint16_t h;
  std::memcpy(&h, p, 2);
  const uint32_t sign = (h & 0x8000u) << 16, exponent = (h >> 10) & 31, mantissa = h & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | mantissa << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}
int8_t s8(uint8_t b) { return static_cast<int8_t>(b); }
uint32_t u32(Bytes p) {
  uint32_t v;
  std::memcpy(&v, p, 4);
  return v;
}

// Comments beside decoders list the fields of a block in order; d, m and dmin are f16.
// --- blocks of 32: byte j holds values j (low nibble) and j+16 (high nibble) -------------------
void q4_0(Bytes b, float* y) {  // d, nibbles: (q - 8) d
  const float d = half(b);
  for (int j = 0; j < 16; ++j) {
    y[j] = static_cast<float>((b[2 + j] & 15) - 8) * d;
    y[j + 16] = static_cast<float>((b[2 + j] >> 4) - 8) * d;
  }
}
void q4_1(Bytes b, float* y) {  // d, m, nibbles: q d + m
  const float d = half(b), m = half(b + 2);
  for (int j = 0; j < 16; ++j) {
    y[j] = static_cast<float>(b[4 + j] & 15) * d + m;
    y[j + 16] = static_cast<float>(b[4 + j] >> 4) * d + m;
  }
}
int five_bits(Bytes nibbles, uint32_t high, int j) {  // value j of 32: its nibble, and bit j of `high` as the fifth bit
  const int low = j < 16 ? nibbles[j] & 15 : nibbles[j - 16] >> 4;
  return low | static_cast<int>((high >> j) & 1) << 4;
}
void q5_0(Bytes b, float* y) {
  const float d = half(b);
  for (int j = 0; j < 32; ++j) y[j] = static_cast<float>(five_bits(b + 6, u32(b + 2), j) - 16) * d;
}
void q5_1(Bytes b, float* y) {
  const float d = half(b), m = half(b + 2);
  for (int j = 0; j < 32; ++j) y[j] = static_cast<float>(five_bits(b + 8, u32(b + 4), j)) * d + m;
}
void q8_0(Bytes b, float* y) {
  const float d = half(b);
  for (int j = 0; j < 32; ++j) y[j] = static_cast<float>(s8(b[2 + j])) * d;
}

// --- superblocks of 256 -----------------------------------------------------------------------
/// The scale and the minimum of sub-block j of 8, of six bits each, from the 12 bytes `s`.
void scale_min(Bytes s, int j, int* scale, int* minimum) {
  if (j < 4) {
    *scale = s[j] & 63, *minimum = s[j + 4] & 63;
  } else {
    *scale = (s[j + 4] & 15) | (s[j - 4] >> 6) << 4, *minimum = (s[j + 4] >> 4) | (s[j] >> 6) << 4;
  }
}
void q2_k(Bytes b, float* y) {  // scales[16] (low nibble: scale, high: minimum), qs[64], d, dmin
  const float d = half(b + 80), m = half(b + 82);
  for (int i = 0; i < 256; ++i) {
    const int part = i / 128, shift = i % 128 / 32 * 2, l = i % 32;
    const uint8_t s = b[i / 16];
    const int q = (b[16 + part * 32 + l] >> shift) & 3;
    y[i] = d * static_cast<float>(s & 15) * static_cast<float>(q) - m * static_cast<float>(s >> 4);
  }
}
void q3_k(Bytes b, float* y) {  // hmask[32], qs[64], scales[12], d
  const float d = half(b + 108);
  Bytes packed = b + 96;
  for (int i = 0; i < 256; ++i) {
    const int j = i / 16;  // a scale has six bits: the low four in bytes 0..7 of `packed`, the high two in bytes 8..11
    const int low = j < 8 ? packed[j] & 15 : packed[j - 8] >> 4, high = (packed[8 + j % 4] >> (j / 4 * 2)) & 3;
    const int scale = (low | high << 4) - 32;
    const int part = i / 128, shift = i % 128 / 32 * 2, l = i % 32;
    const int bit = (b[l] >> (i / 32)) & 1;
    const int q = ((b[32 + part * 32 + l] >> shift) & 3) - (bit ? 0 : 4);
    y[i] = d * static_cast<float>(scale) * static_cast<float>(q);
  }
}
void q4_k(Bytes b, float* y) {  // d, dmin, scales[12], qs[128]
  const float d = half(b), m = half(b + 2);
  for (int j = 0; j < 8; ++j) {
    int scale, minimum;
    scale_min(b + 4, j, &scale, &minimum);
    Bytes q = b + 16 + j / 2 * 32;
    for (int l = 0; l < 32; ++l) {
      const int v = j % 2 == 0 ? q[l] & 15 : q[l] >> 4;
      y[j * 32 + l] = d * static_cast<float>(scale) * static_cast<float>(v) - m * static_cast<float>(minimum);
    }
  }
}
void q5_k(Bytes b, float* y) {  // d, dmin, scales[12], qh[32], qs[128]
  const float d = half(b), m = half(b + 2);
  for (int j = 0; j < 8; ++j) {
    int scale, minimum;
    scale_min(b + 4, j, &scale, &minimum);
    Bytes q = b + 48 + j / 2 * 32, high = b + 16;
    for (int l = 0; l < 32; ++l) {
      const int v = (j % 2 == 0 ? q[l] & 15 : q[l] >> 4) + ((high[l] >> j) & 1) * 16;
      y[j * 32 + l] = d * static_cast<float>(scale) * static_cast<float>(v) - m * static_cast<float>(minimum);
    }
  }
}
void q6_k(Bytes b, float* y) {  // ql[128], qh[64], scales[16], d
  const float d = half(b + 208);
  for (int i = 0; i < 256; ++i) {
    const int part = i / 128, quarter = i % 128 / 32, l = i % 32;
    const uint8_t low = b[part * 64 + (quarter % 2) * 32 + l];
    const int q = ((quarter < 2 ? low & 15 : low >> 4) | ((b[128 + part * 32 + l] >> (quarter * 2)) & 3) << 4) - 32;
    y[i] = d * static_cast<float>(s8(b[192 + i / 16])) * static_cast<float>(q);
  }
}

// --- code books -------------------------------------------------------------------------------
constexpr int8_t kIq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
void iq4_nl(Bytes b, float* y) {
  const float d = half(b);
  for (int j = 0; j < 16; ++j) {
    y[j] = d * kIq4[b[2 + j] & 15];
    y[j + 16] = d * kIq4[b[2 + j] >> 4];
  }
}
void iq4_xs(Bytes b, float* y) {  // d, scales_h (u16), scales_l[4], qs[128]
  const float d = half(b);
  const unsigned high = b[2] | static_cast<unsigned>(b[3]) << 8;
  for (int j = 0; j < 8; ++j) {
    const int low = (b[4 + j / 2] >> (j % 2 * 4)) & 15;
    const float scale = d * static_cast<float>((low | static_cast<int>((high >> (2 * j)) & 3) << 4) - 32);
    for (int l = 0; l < 16; ++l) {
      y[j * 32 + l] = scale * kIq4[b[8 + j * 16 + l] & 15];
      y[j * 32 + l + 16] = scale * kIq4[b[8 + j * 16 + l] >> 4];
    }
  }
}
void mxfp4(Bytes b, float* y) {  // an exponent of two (OCP MX), then nibbles in e2m1
  constexpr float kE2m1[8] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
  const float d = b[0] == 255 ? NAN : std::ldexp(1.0f, b[0] - 127);
  auto value = [&](int q) { return (q & 8 ? -kE2m1[q & 7] : kE2m1[q & 7]) * d; };
  for (int j = 0; j < 16; ++j) y[j] = value(b[1 + j] & 15), y[j + 16] = value(b[1 + j] >> 4);
}

void encode_q8_0(const float* x, uint8_t* b) {
  float top = 0;
  for (int j = 0; j < 32; ++j) top = std::max(top, std::fabs(x[j]));
  // The scale is rounded to f16 (to nearest, ties to even), and the values are divided by the rounded scale.
  const float exact = top / 127;
  uint32_t bits = std::bit_cast<uint32_t>(exact);
  uint16_t h = 0;
  if (exact >= 0x1p-14f) {
    bits += 0xfff + ((bits >> 13) & 1);
    h = static_cast<uint16_t>((bits - 0x38000000) >> 13);
  } else {
    h = static_cast<uint16_t>(std::nearbyint(exact * 0x1p24f));
  }
  std::memcpy(b, &h, 2);
  const float d = half(b);
  for (int j = 0; j < 32; ++j) {
    b[2 + j] = static_cast<uint8_t>(
        static_cast<int8_t>(d == 0 ? 0 : std::max(-127.0f, std::min(127.0f, std::nearbyint(x[j] / d)))));
  }
}

struct Block {
  const char* name;
  uint32_t ggml, elements, bytes;
  void (*decode)(Bytes, float*);
  void (*encode)(const float*, uint8_t*);
};

std::vector<Block>& blocks() {
  static std::vector<Block> all = {
      {"q4_0", 2, 32, 18, q4_0, nullptr},    {"q4_1", 3, 32, 20, q4_1, nullptr},
      {"q5_0", 6, 32, 22, q5_0, nullptr},    {"q5_1", 7, 32, 24, q5_1, nullptr},
      {"q8_0", 8, 32, 34, q8_0, encode_q8_0}, {"q2_k", 10, 256, 84, q2_k, nullptr},
      {"q3_k", 11, 256, 110, q3_k, nullptr}, {"q4_k", 12, 256, 144, q4_k, nullptr},
      {"q5_k", 13, 256, 176, q5_k, nullptr}, {"q6_k", 14, 256, 210, q6_k, nullptr},
      {"iq4_nl", 20, 32, 18, iq4_nl, nullptr}, {"iq4_xs", 23, 256, 136, iq4_xs, nullptr},
      {"mxfp4", 39, 32, 17, mxfp4, nullptr}};
  return all;
}

weft_status* decode(void* self, const weft_slab* src, uint64_t rows, uint64_t cols, float* dst) noexcept {
  const Block& b = *static_cast<const Block*>(self);
  for (uint64_t r = 0; r < rows; ++r) {
    const auto* row = static_cast<const uint8_t*>(src->plane[0]) + r * src->row_pitch[0];
    for (uint64_t i = 0; i < cols / b.elements; ++i, dst += b.elements) b.decode(row + i * b.bytes, dst);
  }
  return nullptr;
}
weft_status* encode(void* self, const float* src, uint64_t rows, uint64_t cols, const weft_slab* dst) noexcept {
  const Block& b = *static_cast<const Block*>(self);
  for (uint64_t r = 0; r < rows; ++r) {
    auto* row = static_cast<uint8_t*>(dst->plane[0]) + r * dst->row_pitch[0];
    for (uint64_t i = 0; i < cols / b.elements; ++i, src += b.elements) b.encode(src, row + i * b.bytes);
  }
  return nullptr;
}

}  // namespace

void register_blocks() {
  const weft_host& h = sdk::host();
  for (Block& b : blocks()) {
    weft_dtype d{};
    d.hdr = WEFT_HDR(weft_dtype, encode);
    d.name = sdk::str(b.name);
    d.n_planes = 1;
    d.plane[0] = {WEFT_PLANE_DATA, 1, b.elements, b.bytes};
    d.self = &b;
    d.decode = decode;
    d.encode = b.encode ? encode : nullptr;
    uint32_t id = 0;
    sdk::check(h.dtype_register(h.ctx, &d, &id));
  }
}

uint32_t dtype_of_ggml(uint32_t type, uint64_t* block, uint64_t* bytes) {
  *block = 1;
  switch (type) {
    case 0: return *bytes = 4, uint32_t{WEFT_F32};
    case 1: return *bytes = 2, uint32_t{WEFT_F16};
    case 24: return *bytes = 1, uint32_t{WEFT_I8};
    case 25: return *bytes = 2, uint32_t{WEFT_I16};
    case 26: return *bytes = 4, uint32_t{WEFT_I32};
    case 27: return *bytes = 8, uint32_t{WEFT_I64};
    case 28: return *bytes = 8, uint32_t{WEFT_F64};
    case 30: return *bytes = 2, uint32_t{WEFT_BF16};
  }
  for (const Block& b : blocks()) {
    if (b.ggml == type)
      return *block = b.elements, *bytes = b.bytes, sdk::host().dtype_find(sdk::host().ctx, sdk::str(b.name));
  }
  return WEFT_NONE;
}

}  // namespace weft::gguf
