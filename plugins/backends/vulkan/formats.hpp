// How weights lie on the device. Those in blocks keep their bits: the parts of a block go to planes of their own, so
// that a word of 4 bytes has neighbours of one row, and all blocks read alike.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weft::vulkan {

/// Bits of the values of a block: value i of its `span` lies in byte offset + i / span * stride + i % stride, from bit
/// bits * (i % span / stride) on. bits 0: there are none.
struct Field {
  uint16_t offset = 0, span = 1, stride = 1, bits = 0;
};

/// What codes mean, in the order of weights.glsl.
enum class Code : uint32_t { kF32, kF16, kBf16, kInt, kSigned, kIq4, kFp4, kE4m3, kE5m2, kNf4, kBnbFp4 };
/// What scales are, in the order of weights.glsl.
enum class Scale : uint32_t {
  kHalf,      // d
  kHalves,    // d and what is added
  kSuper,     // d and dmin, 8 scales and 8 minima of 6 bits
  kFine,      // 16 scales of 8 bits, d
  kFine6,     // 16 scales of 6 bits, d
  kNibbles,   // 16 bytes of a scale and a minimum, d and dmin
  kSuper6,    // d, 8 scales of 6 bits
  kPower,     // E8M0
  kFloat,     // d in f32
  kFloatZero  // d in f32, a byte to be subtracted from codes
};

/// A dtype of weights.
struct Format {
  std::string_view name;
  uint32_t values = 1, bytes = 4;  // of a block, as stored
  Code code = Code::kF32;
  Field low, high;                 // the bits of codes; of floats none
  uint32_t zero = 0;               // is subtracted from codes
  Scale scale = Scale::kHalf;
  std::array<uint16_t, 4> scale_bytes{};  // first and count of a block's bytes for scales, and of some more
};

/// Null: shaders do not read such weights.
const Format* format_of(std::string_view dtype);
/// As a shader's constant.
uint32_t packed(const Format& format);

/// Bytes of the planes of `elements` elements.
struct Planes {
  uint64_t low = 0, high = 0, scale = 0;
};
Planes planes_of(const Format& format, uint64_t elements);
/// Bytes that a block has in the plane of scales: 1, 2, or whole words.
uint32_t scale_stride(const Format& format);

}  // namespace weft::vulkan
