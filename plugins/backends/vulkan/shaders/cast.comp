// y = x as another dtype, of n elements. Constants: 1: the dtype of x; 2: that of y.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "elements.glsl"
layout(constant_id = 1) const uint kFrom = 0;
layout(constant_id = 2) const uint kTo = 0;
layout(push_constant) uniform Push {
  U32 y;
  U32 x;
  uint n;
};

uint bytes_of(uint dtype) { return dtype == kU8 ? 1 : dtype == kF16 || dtype == kBf16 ? 2 : 4; }

// Truncated and saturated; NaN gives 0.
int to_i32(float v) {
  if (isnan(v)) return 0;
  if (v >= 2147483648.0) return 2147483647;
  if (v <= -2147483648.0) return -2147483648;
  return int(v);
}

void main() {
  const bool from_integer = kFrom == kI32 || kFrom == kU8, to_integer = kTo == kI32 || kTo == kU8;
  EACH(i, n) {
    float f = 0.0;
    int k = 0;
    if (from_integer) {
      k = int(element(x, bytes_of(kFrom), i));
      f = float(k);
    } else {
      f = stored(x, kFrom, i);
      if (to_integer) k = to_i32(f);
    }
    uint bits = floatBitsToUint(f);
    if (kTo == kI32) bits = uint(k);
    if (kTo == kU8) bits = uint(clamp(k, 0, 255));
    if (kTo == kF16 || kTo == kBf16) bits = to_stored16(kTo, f);
    put(y, bytes_of(kTo), i, bits);
  }
}
