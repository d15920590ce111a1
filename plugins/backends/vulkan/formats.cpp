#include "plugins/backends/vulkan/formats.hpp"

#include <bit>

namespace weft::vulkan {
namespace {

constexpr Field kNibbles2{2, 32, 16, 4}, kNibbles4{4, 32, 16, 4}, kNibbles5{5, 32, 16, 4};
constexpr Field kBytes4{4, 1, 1, 8}, kBytes5{5, 1, 1, 8};

constexpr Format ints(std::string_view name, uint16_t values, uint16_t bits) {
  return {name,         values, 5u + values * bits / 8u,  Code::kInt,          bits == 4 ? kNibbles5 : kBytes5, {},
          0,            Scale::kFloatZero, {0, 5}};
}
constexpr Format floats(std::string_view name, uint16_t values, Code code, uint16_t bits) {
  return {name, values, 4u + values * bits / 8u, code, bits == 4 ? kNibbles4 : kBytes4, {}, 0, Scale::kFloat, {0, 4}};
}

// Blocks are those of GGUF (plugins/formats/gguf/blocks.cpp) and of the core (core/plugins/block_dtypes.hpp).
constexpr Format kFormats[] = {
    {"f32", 1, 4, Code::kF32, {}, {}, 0, {}, {}},
    {"f16", 1, 2, Code::kF16, {}, {}, 0, {}, {}},
    {"bf16", 1, 2, Code::kBf16, {}, {}, 0, {}, {}},
    {"q4_0", 32, 18, Code::kInt, kNibbles2, {}, 8, Scale::kHalf, {0, 2}},
    {"q4_1", 32, 20, Code::kInt, kNibbles4, {}, 0, Scale::kHalves, {0, 4}},
    {"q5_0", 32, 22, Code::kInt, {6, 32, 16, 4}, {2, 8, 1, 1}, 16, Scale::kHalf, {0, 2}},
    {"q5_1", 32, 24, Code::kInt, {8, 32, 16, 4}, {4, 8, 1, 1}, 0, Scale::kHalves, {0, 4}},
    {"q8_0", 32, 34, Code::kSigned, {2, 1, 1, 8}, {}, 0, Scale::kHalf, {0, 2}},
    {"q2_k", 256, 84, Code::kInt, {16, 128, 32, 2}, {}, 0, Scale::kNibbles, {0, 16, 80, 4}},
    {"q3_k", 256, 110, Code::kInt, {32, 128, 32, 2}, {0, 256, 32, 1}, 4, Scale::kFine6, {96, 14}},
    {"q4_k", 256, 144, Code::kInt, {16, 64, 32, 4}, {}, 0, Scale::kSuper, {0, 16}},
    {"q5_k", 256, 176, Code::kInt, {48, 64, 32, 4}, {16, 256, 32, 1}, 0, Scale::kSuper, {0, 16}},
    {"q6_k", 256, 210, Code::kInt, {0, 128, 64, 4}, {128, 128, 32, 2}, 32, Scale::kFine, {192, 18}},
    {"iq4_nl", 32, 18, Code::kIq4, kNibbles2, {}, 0, Scale::kHalf, {0, 2}},
    {"iq4_xs", 256, 136, Code::kIq4, {8, 32, 16, 4}, {}, 0, Scale::kSuper6, {0, 8}},
    {"mxfp4", 32, 17, Code::kFp4, {1, 32, 16, 4}, {}, 0, Scale::kPower, {0, 1}},
    ints("int4_b32", 32, 4),
    ints("int4_b64", 64, 4),
    ints("int4_b128", 128, 4),
    ints("int8_b32", 32, 8),
    ints("int8_b64", 64, 8),
    ints("int8_b128", 128, 8),
    floats("f8_e4m3_b32", 32, Code::kE4m3, 8),
    floats("f8_e4m3_b64", 64, Code::kE4m3, 8),
    floats("f8_e4m3_b128", 128, Code::kE4m3, 8),
    floats("f8_e5m2_b32", 32, Code::kE5m2, 8),
    floats("f8_e5m2_b64", 64, Code::kE5m2, 8),
    floats("f8_e5m2_b128", 128, Code::kE5m2, 8),
    floats("nf4_b64", 64, Code::kNf4, 4),
    floats("fp4_b64", 64, Code::kBnbFp4, 4),
};

uint64_t words(uint64_t bits) { return (bits + 31) / 32 * 4; }

}  // namespace

const Format* format_of(std::string_view dtype) {
  for (const Format& f : kFormats) {
    if (f.name == dtype) return &f;
  }
  return nullptr;
}

uint32_t packed(const Format& f) {
  const auto log2 = static_cast<uint32_t>(std::countr_zero(f.values));
  return static_cast<uint32_t>(f.code) | uint32_t{f.low.bits} << 4 | uint32_t{f.high.bits} << 8 |
         static_cast<uint32_t>(f.scale) << 10 | log2 << 14 | f.zero << 18;
}

uint32_t scale_stride(const Format& f) {
  const uint32_t bytes = f.scale_bytes[1] + f.scale_bytes[3];
  return bytes <= 2 ? bytes : (bytes + 3) / 4 * 4;
}

Planes planes_of(const Format& f, uint64_t elements) {
  if (f.values == 1) return {(elements * f.bytes + 3) / 4 * 4, 0, 0};
  const uint64_t scales = elements / f.values * scale_stride(f);
  return {words(elements * f.low.bits), words(elements * f.high.bits), words(scales * 8)};
}

}  // namespace weft::vulkan
