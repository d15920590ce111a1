// y = a where the mask is not 0, else b, row-major over dims; a step along an axis is one of `m_step`, `a_step` or
// `b_step` elements. Constant 1: bytes of an element of y, a and b.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "elements.glsl"
layout(constant_id = 1) const uint kBytes = 4;
layout(push_constant) uniform Push {
  U32 y;
  U32 mask;
  U32 a;
  U32 b;
  uint n, rank;
  uint dims[5], m_step[5], a_step[5], b_step[5];
};

void main() {
  EACH(i, n) {
    uint at_m = 0, at_a = 0, at_b = 0, rest = i;
    for (int axis = int(rank) - 1; axis >= 0; --axis) {
      const uint k = rest % dims[axis];
      rest /= dims[axis];
      at_m += k * m_step[axis], at_a += k * a_step[axis], at_b += k * b_step[axis];
    }
    put(y, kBytes, i, element(mask, 1, at_m) != 0 ? element(a, kBytes, at_a) : element(b, kBytes, at_b));
  }
}
