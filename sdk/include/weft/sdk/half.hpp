// Floats of 16 bits: f16 (IEEE 754 binary16) and bf16 (the upper half of an f32), by their bits.
#pragma once

#include <bit>
#include <cstdint>

namespace weft::sdk {

inline float from_f16(uint16_t h) {
  const uint32_t sign = (h & 0x8000u) << 16, exponent = (h >> 10) & 31, mantissa = h & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | mantissa << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

/// Rounds to nearest, ties to even; beyond the largest f16 to infinity. NaN stays NaN.
inline uint16_t to_f16(float f) {
  const uint32_t x = std::bit_cast<uint32_t>(f), sign = (x >> 16) & 0x8000, magnitude = x & 0x7fffffff;
  if (magnitude > 0x7f800000) return static_cast<uint16_t>(sign | 0x7e00);
  if (magnitude >= 0x47800000) return static_cast<uint16_t>(sign | 0x7c00);
  if (magnitude < 0x38800000) {  // a subnormal: adding 0.5 makes the f32 adder round
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000));
  }
  const uint32_t rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}

inline float from_bf16(uint16_t b) { return std::bit_cast<float>(static_cast<uint32_t>(b) << 16); }

/// Rounds to nearest, ties to even; beyond the largest bf16 to infinity. NaN stays NaN.
inline uint16_t to_bf16(float f) {
  const uint32_t x = std::bit_cast<uint32_t>(f);
  if ((x & 0x7fffffff) > 0x7f800000) return static_cast<uint16_t>(x >> 16 | 0x40);
  return static_cast<uint16_t>((x + 0x7fff + ((x >> 16) & 1)) >> 16);
}

/// Elements, as they lie in memory.
struct F16 {
  F16() = default;
  explicit F16(float v) : bits(to_f16(v)) {}
  operator float() const { return from_f16(bits); }
  uint16_t bits = 0;
};
struct Bf16 {
  Bf16() = default;
  explicit Bf16(float v) : bits(to_bf16(v)) {}
  operator float() const { return from_bf16(bits); }
  uint16_t bits = 0;
};

}  // namespace weft::sdk
