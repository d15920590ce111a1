// y = f(x), of n elements. Constant 1: f, in the order of host code's table.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "math.glsl"
layout(constant_id = 1) const uint kOp = 0;
layout(push_constant) uniform Push {
  U32 y;
  U32 x;
  uint n;
};

uint result(uint bits) {
  const float f = uintBitsToFloat(bits);
  switch (kOp) {
    case 0: return bits ^ 0x80000000u;
    case 1: return uint(-int(bits));
    case 2: return floatBitsToUint(exp_of(f));
    case 3: return floatBitsToUint(expm1_of(f));
    case 4: return floatBitsToUint(log_of(f));
    case 5: return floatBitsToUint(log1p_of(f));
    case 6: return floatBitsToUint(sqrt(f));
    case 7: return floatBitsToUint(1.0 / sqrt(f));
    case 8: return floatBitsToUint(sin_of(f));
    case 9: return floatBitsToUint(cos_of(f));
    case 10: return floatBitsToUint(tanh_of(f));
    case 11: return floatBitsToUint(sigmoid_of(f));
    case 12: return floatBitsToUint(erf_of(f));
    case 13: return floatBitsToUint(floor(f));
    case 14: return floatBitsToUint(roundEven(f));
    default: return floatBitsToUint(activated(kOp - 14, f));  // 15: silu, ...
  }
}

void main() {
  EACH(i, n) y.v[i] = result(x.v[i]);
}
