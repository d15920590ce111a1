#include "core/plugins/plain_dtypes.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "weft/sdk/half.hpp"

namespace weft {
namespace {

// The 8-bit floats of OCP: e4m3fn has no infinities, e5m2 is the upper half of an f16.
float from_e4m3(uint8_t b) {
  const int exponent = (b >> 3) & 15, mantissa = b & 7;
  float v = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -9)
                          : std::ldexp(static_cast<float>(8 + mantissa), exponent - 10);
  if (exponent == 15 && mantissa == 7) v = std::numeric_limits<float>::quiet_NaN();
  return b & 0x80 ? -v : v;
}
float from_e5m2(uint8_t b) { return sdk::from_f16(static_cast<uint16_t>(b << 8)); }

template <class Stored, auto From>
weft_status* decode(void*, const weft_slab* src, uint64_t rows, uint64_t cols, float* dst) noexcept {
  for (uint64_t r = 0; r < rows; ++r) {
    const auto* row = static_cast<const uint8_t*>(src->plane[0]) + r * src->row_pitch[0];
    for (uint64_t c = 0; c < cols; ++c) {
      Stored v;
      std::memcpy(&v, row + c * sizeof(Stored), sizeof v);
      *dst++ = From(v);
    }
  }
  return nullptr;
}

template <class Stored, auto To>
weft_status* encode(void*, const float* src, uint64_t rows, uint64_t cols, const weft_slab* dst) noexcept {
  for (uint64_t r = 0; r < rows; ++r) {
    auto* row = static_cast<uint8_t*>(dst->plane[0]) + r * dst->row_pitch[0];
    for (uint64_t c = 0; c < cols; ++c) {
      const Stored v = To(*src++);
      std::memcpy(row + c * sizeof(Stored), &v, sizeof v);
    }
  }
  return nullptr;
}

template <class T>
float widen(T v) {
  return static_cast<float>(v);
}
float same(float v) { return v; }
double to_double(float v) { return v; }

using Decode = decltype(weft_dtype::decode);
using Encode = decltype(weft_dtype::encode);
weft_dtype plain(std::string_view name, uint32_t id, uint32_t bytes, Decode d, Encode e = nullptr) {
  weft_dtype t{};
  t.hdr.struct_size = WEFT_END(weft_dtype, encode);
  t.name = {name.data(), name.size()};
  t.id = id;
  t.n_planes = 1;
  t.plane[0] = {WEFT_PLANE_DATA, 1, 1, bytes};
  t.decode = d;
  t.encode = e;
  return t;
}
template <class T>
weft_dtype integer(std::string_view name, uint32_t id) {
  return plain(name, id, sizeof(T), decode<T, widen<T>>);
}

}  // namespace

std::span<const weft_dtype> plain_dtypes() {
  static const std::vector<weft_dtype> all = {
      plain("f32", WEFT_F32, 4, decode<float, same>, encode<float, same>),
      plain("f16", WEFT_F16, 2, decode<uint16_t, sdk::from_f16>, encode<uint16_t, sdk::to_f16>),
      plain("bf16", WEFT_BF16, 2, decode<uint16_t, sdk::from_bf16>, encode<uint16_t, sdk::to_bf16>),
      plain("f64", WEFT_F64, 8, decode<double, widen<double>>, encode<double, to_double>),
      plain("f8_e4m3", WEFT_F8_E4M3, 1, decode<uint8_t, from_e4m3>),
      plain("f8_e5m2", WEFT_F8_E5M2, 1, decode<uint8_t, from_e5m2>),
      integer<int8_t>("i8", WEFT_I8),
      integer<int16_t>("i16", WEFT_I16),
      integer<int32_t>("i32", WEFT_I32),
      integer<int64_t>("i64", WEFT_I64),
      integer<uint8_t>("u8", WEFT_U8),
      integer<uint16_t>("u16", WEFT_U16),
      integer<uint32_t>("u32", WEFT_U32),
      integer<uint64_t>("u64", WEFT_U64),
      integer<uint8_t>("bool", WEFT_BOOL)};
  return all;
}

}  // namespace weft
