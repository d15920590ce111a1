// The k largest of each row of x [rows, n] in descending order, and their indices: a work group a row. Of equal
// elements that of the lower index comes first, 0 and -0 are equal, and NaN is the largest.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
layout(push_constant) uniform Push {
  U32 values;
  U32 indices;
  U32 x;
  uint rows, n, k;
};
const uint kGroup = 256, kPart = 16;
struct Element {
  uint key, at;  // the key orders values as integers without a sign; 0: there is no element
};
shared Element best[kGroup], part[kPart];

uint key_of(uint bits) {
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0xfffffffeu;  // NaN
  if (bits == 0x80000000u) bits = 0u;
  return (bits & 0x80000000u) != 0u ? ~bits : bits | 0x80000000u;
}
bool before(Element a, Element b) { return a.key > b.key || (a.key == b.key && a.at < b.at); }

// The first of this invocation's elements that comes after `last`.
Element next(uint row, Element last) {
  Element found = Element(0u, 0u);
  for (uint i = gl_LocalInvocationID.x; i < n; i += kGroup) {
    const Element e = Element(key_of(x.v[row * n + i]), i);
    if (before(last, e) && before(e, found)) found = e;
  }
  return found;
}

void main() {
  const uint me = gl_LocalInvocationID.x;
  for (uint row = gl_WorkGroupID.x; row < rows; row += gl_NumWorkGroups.x) {
    Element mine = next(row, Element(0xffffffffu, 0u));
    for (uint j = 0; j < k; ++j) {
      best[me] = mine;
      barrier();
      if (me < kPart) {
        Element e = best[me * kPart];
        for (uint i = 1; i < kPart; ++i) {
          if (before(best[me * kPart + i], e)) e = best[me * kPart + i];
        }
        part[me] = e;
      }
      barrier();
      Element e = part[0];
      for (uint i = 1; i < kPart; ++i) {
        if (before(part[i], e)) e = part[i];
      }
      if (me == 0) values.v[row * k + j] = x.v[row * n + e.at], indices.v[row * k + j] = e.at;
      if (mine.key != 0u && mine.at == e.at) mine = next(row, e);
    }
    barrier();
  }
}
