// y[outer, k, inner] = the sum of x[outer, 0 to k, inner], one invocation a line. Constants: 1: whether elements are
// i32; 2: whether k is left out.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
layout(constant_id = 1) const bool kIntegers = false;
layout(constant_id = 2) const bool kExclusive = false;
layout(push_constant) uniform Push {
  U32 y;
  U32 x;
  uint lines, n, inner;
};

void main() {
  EACH(line, lines) {
    uint sum = 0;  // of either dtype, as bits
    for (uint k = 0, at = line / inner * n * inner + line % inner; k < n; ++k, at += inner) {
      const uint e = x.v[at], next = kIntegers ? sum + e : floatBitsToUint(uintBitsToFloat(sum) + uintBitsToFloat(e));
      y.v[at] = kExclusive ? sum : next;
      sum = next;
    }
  }
}
