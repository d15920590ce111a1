// What all shaders share: tensors are addresses, and a work group has as many invocations as constant 0 says.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(buffer_reference, std430, buffer_reference_align = 4) buffer F32 { float v[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer I32 { int v[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer U32 { uint v[]; };

// What the word says that `error` points at: the order of host code's `Fault`.
const uint kOutside = 1, kDividedByZero = 2;

// Invocations of a dispatch, whose work is strided by them: groups are limited, elements are not.
#define EACH(i, n) for (uint i = gl_GlobalInvocationID.x; i < (n); i += gl_NumWorkGroups.x * gl_WorkGroupSize.x)

// What an element is stored as: the order of host code's `Stored`.
const uint kStoredF32 = 0, kStoredF16 = 1, kStoredBf16 = 2;

// Drivers may make 0 of numbers below 2^-14 in unpackHalf2x16.
float of_f16(uint bits) {
  if ((bits & 0x7c00u) != 0u) return unpackHalf2x16(bits).x;
  const float size = float(bits & 0x3ffu) * 5.9604644775390625e-8;  // 2^-24
  return (bits & 0x8000u) != 0u ? -size : size;
}

// Element i of a tensor that is stored as `kind`, a constant.
float stored(U32 from, uint kind, uint i) {
  if (kind == kStoredF32) return uintBitsToFloat(from.v[i]);
  const uint bits = from.v[i >> 1] >> (16 * (i & 1)) & 0xffffu;
  return kind == kStoredF16 ? of_f16(bits) : uintBitsToFloat(bits << 16);
}

// To nearest, ties to even; NaN stays NaN.
uint to_bf16(float f) {
  const uint x = floatBitsToUint(f);
  if ((x & 0x7fffffffu) > 0x7f800000u) return x >> 16 | 0x40u;
  return (x + 0x7fffu + (x >> 16 & 1u)) >> 16;
}
uint to_f16(float f) {
  const uint x = floatBitsToUint(f), sign = x >> 16 & 0x8000u, size = x & 0x7fffffffu;
  if (size > 0x7f800000u) return sign | 0x7e00u;
  if (size >= 0x47800000u) return sign | 0x7c00u;
  if (size < 0x38800000u) return sign | uint(roundEven(uintBitsToFloat(size) * 16777216.0));
  return sign | (size + 0xfffu + (size >> 13 & 1u) - 0x38000000u) >> 13;
}
uint to_stored16(uint kind, float f) { return kind == kStoredF16 ? to_f16(f) : to_bf16(f); }
