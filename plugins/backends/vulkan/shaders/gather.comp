// y[batch, outer, place, inner] = x[batch, outer, index[batch, place], inner]; index -1 gives 0, and one outside is an
// error. Constants: 1: the format of x, where y is f32; 2: bytes of an element of y.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "elements.glsl"
#include "weights.glsl"
layout(constant_id = 2) const uint kBytes = 4;
layout(push_constant) uniform Push {
  U32 y;
  Weights x;
  I32 index;
  U32 error;
  uint n, outer, places, size, inner;
};

void main() {
  EACH(i, n) {
    const uint in_row = i % inner, place = i / inner % places, line = i / inner / places;
    const int k = index.v[line / outer * places + place];
    if (k < -1 || k >= int(size)) error.v[0] = kOutside;
    uint bits = 0u;
    if (k >= 0 && k < int(size)) {
      const uint at = (line * size + uint(k)) * inner + in_row;
      // Of f32 they may be elements of any dtype, which stay as they are.
      bits = kCode == kCodeF32 ? element(x.low, kBytes, at) : floatBitsToUint(weight_at(x, at));
    }
    put(y, kBytes, i, bits);
  }
}
