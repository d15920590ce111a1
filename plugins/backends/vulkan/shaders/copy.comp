// Copies n elements, row-major over dims, between places that are strided on either side. Constant 1: bytes of an
// element.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "elements.glsl"
layout(constant_id = 1) const uint kBytes = 4;
layout(push_constant) uniform Push {
  U32 to;
  U32 from;
  uint n, rank, to_begin, from_begin;
  uint dims[8], to_step[8], from_step[8];
};

void main() {
  EACH(i, n) {
    uint at_to = to_begin, at_from = from_begin, rest = i;
    for (int axis = int(rank) - 1; axis >= 0; --axis) {
      const uint k = rest % dims[axis];
      rest /= dims[axis];
      at_to += k * to_step[axis], at_from += k * from_step[axis];
    }
    put(to, kBytes, at_to, element(from, kBytes, at_from));
  }
}
