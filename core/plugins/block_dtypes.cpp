#include "core/plugins/block_dtypes.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <deque>
#include <vector>

#include "core/plugins/plain_dtypes.hpp"

namespace weft {
namespace {

constexpr std::string_view kNames[] = {"int4", "int8", "f8_e4m3", "f8_e5m2", "nf4", "fp4"};
constexpr CodeKind kCodes[] = {CodeKind::kInt4,   CodeKind::kInt8, CodeKind::kF8E4M3,
                               CodeKind::kF8E5M2, CodeKind::kNf4,  CodeKind::kFp4};

// nf4: quantiles of a normal distribution (Dettmers et al. 2023, QLoRA, appendix E). fp4: bitsandbytes' 4-bit float.
constexpr float kNf4[16] = {
    -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f,
    -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0.0f,
    0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
    0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f};
constexpr float kFp4[16] = {
    0.0f, 0.0625f / 12, 8.0f / 12, 1.0f, 4.0f / 12, 6.0f / 12, 2.0f / 12, 3.0f / 12,
    -0.0f, -0.0625f / 12, -8.0f / 12, -1.0f, -4.0f / 12, -6.0f / 12, -2.0f / 12, -3.0f / 12};

using Values = std::array<float, 256>;

Values values_of(CodeKind code) {
  Values v{};
  for (int i = 0; i < 256; ++i) {
    auto& to = v[static_cast<std::size_t>(i)];
    if (is_int(code)) to = static_cast<float>(i);
    if (code == CodeKind::kNf4) to = kNf4[i & 15];
    if (code == CodeKind::kFp4) to = kFp4[i & 15];
    if (code != CodeKind::kF8E4M3 && code != CodeKind::kF8E5M2) continue;
    auto byte = static_cast<uint8_t>(i);
    weft_slab slab{};
    slab.plane[0] = &byte;
    for (const weft_dtype& d : plain_dtypes()) {
      if (d.id == (code == CodeKind::kF8E4M3 ? WEFT_F8_E4M3 : WEFT_F8_E5M2)) d.decode(d.self, &slab, 1, 1, &to);
    }
  }
  return v;
}

struct Kind {
  CodeKind code;
  uint32_t values;
  std::string name;
};

const uint8_t* codes_of(CodeKind code, uint32_t values, const uint8_t* block, uint8_t* room) {
  const uint8_t* codes = block + 4 + (is_int(code) ? 1 : 0);
  if (!is_nibble(code)) return codes;
  for (uint32_t i = 0; i < values; i += 32, codes += 16) {
    for (uint32_t j = 0; j < 16; ++j) room[i + j] = codes[j] & 15, room[i + j + 16] = codes[j] >> 4;
  }
  return room;
}

weft_status* decode(void* self, const weft_slab* src, uint64_t rows, uint64_t cols, float* dst) noexcept {
  const Kind& kind = *static_cast<const Kind*>(self);
  const float* values = code_values(kind.code);
  for (uint64_t r = 0; r < rows; ++r) {
    const auto* block = static_cast<const uint8_t*>(src->plane[0]) + r * src->row_pitch[0];
    for (uint64_t b = 0; b < cols / kind.values; ++b, block += block_bytes(kind.code, kind.values)) {
      uint8_t room[128];
      const uint8_t* codes = codes_of(kind.code, kind.values, block, room);
      float scale;
      std::memcpy(&scale, block, 4);
      const float zero = is_int(kind.code) ? static_cast<float>(block[4]) : 0.0f;
      for (uint32_t i = 0; i < kind.values; ++i) *dst++ = scale * (values[codes[i]] - zero);
    }
  }
  return nullptr;
}

/// OCP Microscaling Formats 1.0: the scale is 2^(byte - 127), and 255 is NaN; byte j has value j low and value j + 16
/// high.
weft_status* decode_mxfp4(void*, const weft_slab* src, uint64_t rows, uint64_t cols, float* dst) noexcept {
  static constexpr float kValues[16] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};
  for (uint64_t r = 0; r < rows; ++r) {
    const auto* block = static_cast<const uint8_t*>(src->plane[0]) + r * src->row_pitch[0];
    for (uint64_t b = 0; b < cols / 32; ++b, block += 17, dst += 32) {
      const float scale = block[0] == 255 ? NAN : std::ldexp(1.0f, block[0] - 127);
      for (int j = 0; j < 16; ++j)
        dst[j] = kValues[block[1 + j] & 15] * scale, dst[j + 16] = kValues[block[1 + j] >> 4] * scale;
    }
  }
  return nullptr;
}

weft_dtype described(const std::string& name, uint32_t values, uint32_t bytes, decltype(weft_dtype::decode) decode,
                     Kind* self) {
  weft_dtype d{};
  d.hdr.struct_size = WEFT_END(weft_dtype, encode);
  d.name = {name.data(), name.size()};
  d.n_planes = 1;
  d.plane[0] = {WEFT_PLANE_DATA, 1, values, bytes};
  d.self = self, d.decode = decode;
  return d;
}

}  // namespace

const float* code_values(CodeKind code) {
  static const std::vector<Values> all = [] {
    std::vector<Values> v;
    for (CodeKind c : kCodes) v.push_back(values_of(c));
    return v;
  }();
  return all[static_cast<std::size_t>(code)].data();
}

std::string block_dtype_name(CodeKind code, uint32_t values) {
  return std::string(kNames[static_cast<std::size_t>(code)]) + "_b" + std::to_string(values);
}

uint32_t block_bytes(CodeKind code, uint32_t values) {
  return 4 + (is_int(code) ? 1 : 0) + (is_nibble(code) ? values / 2 : values);
}

void put_block(CodeKind code, uint32_t values, float scale, uint8_t zero, const uint8_t* codes, uint8_t* to) {
  std::memcpy(to, &scale, 4);
  to += 4;
  if (is_int(code)) *to++ = zero;
  if (!is_nibble(code)) {
    std::memcpy(to, codes, values);
    return;
  }
  for (uint32_t i = 0; i < values; i += 32, to += 16) {
    for (uint32_t j = 0; j < 16; ++j) to[j] = static_cast<uint8_t>(codes[i + j] | codes[i + j + 16] << 4);
  }
}

std::span<const weft_dtype> block_dtypes() {
  static std::deque<Kind> kinds;
  static const std::vector<weft_dtype> all = [] {
    std::vector<weft_dtype> v;
    for (CodeKind code : kCodes) {
      for (uint32_t values : {32u, 64u, 128u}) {
        if (values != 64 && (code == CodeKind::kNf4 || code == CodeKind::kFp4)) continue;
        Kind& kind = kinds.emplace_back(Kind{code, values, block_dtype_name(code, values)});
        v.push_back(described(kind.name, values, block_bytes(code, values), decode, &kind));
      }
    }
    static const std::string mxfp4 = "mxfp4";
    v.push_back(described(mxfp4, 32, 17, decode_mxfp4, nullptr));
    return v;
  }();
  return all;
}

}  // namespace weft
