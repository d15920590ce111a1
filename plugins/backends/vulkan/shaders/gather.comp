// y[batch, outer, place, inner] = x[batch, outer, index[batch, place], inner]; index -1 gives 0, and one outside is an
// error. Constant 1: what x is stored as.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
layout(constant_id = 1) const uint kStored = 0;
layout(push_constant) uniform Push {
  U32 y;
  U32 x;
  I32 index;
  U32 error;
  uint n, outer, places, size, inner;
};

void main() {
  EACH(i, n) {
    const uint in_row = i % inner, place = i / inner % places, line = i / inner / places;
    const int k = index.v[line / outer * places + place];
    if (k < -1 || k >= int(size)) error.v[0] = 1;
    const bool there = k >= 0 && k < int(size);
    if (kStored == kStoredF32) {  // elements of any dtype of 4 bytes, as they are
      y.v[i] = there ? x.v[(line * size + uint(k)) * inner + in_row] : 0u;
    } else {
      y.v[i] = there ? floatBitsToUint(stored(x, kStored, (line * size + uint(k)) * inner + in_row)) : 0u;
    }
  }
}
