// Row index[place] of y = row `place` of the update, or has it added, in order of places; -1 drops a row, and one
// outside is an error. Constants: 1: 0 set, 1 add f32, 2 add i32; 2: bytes of an element. One invocation has a column
// of all rows.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "elements.glsl"
layout(constant_id = 1) const uint kKind = 0;
layout(constant_id = 2) const uint kBytes = 4;
layout(push_constant) uniform Push {
  U32 y;
  U32 update;
  I32 index;
  U32 error;
  uint places, rows, inner;
};

void main() {
  EACH(column, inner) {
    for (uint place = 0; place < places; ++place) {
      const int k = index.v[place];
      if (k < -1 || k >= int(rows)) error.v[0] = kOutside;
      if (k < 0 || k >= int(rows)) continue;
      const uint at = uint(k) * inner + column, u = element(update, kBytes, place * inner + column);
      if (kKind == 0) put(y, kBytes, at, u);
      if (kKind == 1) y.v[at] = floatBitsToUint(uintBitsToFloat(y.v[at]) + uintBitsToFloat(u));
      if (kKind == 2) y.v[at] += u;
    }
  }
}
