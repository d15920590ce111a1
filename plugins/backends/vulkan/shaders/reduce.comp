// y[outer, inner] = the sum, maximum or minimum of x[outer, n, inner] over n, one invocation each. Constants: 1: 0 sum,
// 1 maximum, 2 minimum; 2: whether elements are i32.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
layout(constant_id = 1) const uint kKind = 0;
layout(constant_id = 2) const bool kIntegers = false;
layout(push_constant) uniform Push {
  U32 y;
  U32 x;
  uint results, n, inner;
};

void main() {
  EACH(i, results) {
    const uint begin = i / inner * n * inner + i % inner;
    if (kIntegers) {
      int v = kKind == 0 ? 0 : kKind == 1 ? int(0x80000000u) : 0x7fffffff;
      for (uint k = 0; k < n; ++k) {
        const int e = int(x.v[begin + k * inner]);
        v = kKind == 0 ? v + e : kKind == 1 ? max(v, e) : min(v, e);
      }
      y.v[i] = uint(v);
    } else {
      float v = kKind == 0 ? 0.0 : uintBitsToFloat(kKind == 1 ? 0xff800000u : 0x7f800000u), lost = 0.0;
      for (uint k = 0; k < n; ++k) {
        const float e = uintBitsToFloat(x.v[begin + k * inner]);
        if (kKind == 0) {
          precise const float sum = v + e;  // what is lost of the smaller term is kept (Neumaier 1974)
          if (!isinf(sum) && !isnan(sum)) {
            precise const float part = abs(v) >= abs(e) ? (v - sum) + e : (e - sum) + v;
            lost += part;
          }
          v = sum;
        } else {
          v = isnan(e) || (kKind == 1 ? e > v : e < v) ? e : v;
        }
      }
      y.v[i] = floatBitsToUint(v + lost);
    }
  }
}
