// y[batch, outer, place, inner] = x[batch, outer, index[batch, place], inner]; index -1 gives 0, and one outside is an
// error. Constant 1: what x is stored as.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "weights.glsl"
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
    if (k < -1 || k >= int(size)) error.v[0] = 1;
    uint bits = 0u;
    if (k >= 0 && k < int(size)) {
      const uint at = (line * size + uint(k)) * inner + in_row;
      // Of f32 they may be elements of any dtype of 4 bytes, which stay as they are.
      bits = kCode == kCodeF32 ? x.low.v[at] : floatBitsToUint(weight_at(x, at));
    }
    y.v[i] = bits;
  }
}
