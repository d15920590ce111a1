// y = f(a, b), row-major over dims; a step along an axis is one of `a_step` or `b_step` elements. Constants: 1: f, in
// the order of host code's table, from 7 on comparisons, whose y is u8; 2: the dtype of a and b; 3: whether all are in
// the order of y, and dims are not read. Of i32 divided by 0 the error says so.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "elements.glsl"
#include "math.glsl"
layout(constant_id = 1) const uint kOp = 0;
layout(constant_id = 2) const uint kDtype = 0;
layout(constant_id = 3) const bool kAligned = false;
layout(push_constant) uniform Push {
  U32 y;
  U32 a;
  U32 b;
  U32 error;
  uint n, rank;
  uint dims[6], a_step[6], b_step[6];
};

int wrapped_divide(int p, int q) {
  if (q == 0) {
    error.v[0] = kDividedByZero;
    return 0;
  }
  if (q == -1) return int(0u - uint(p));
  const int d = p / q, rest = p - d * q;
  return rest != 0 && ((rest < 0) != (q < 0)) ? d - 1 : d;
}

float power(float p, float q) {
  if (q == 0.0 || p == 1.0) return 1.0;
  if (isnan(p) || isnan(q)) return uintBitsToFloat(0x7fc00000u);
  const bool whole = q == floor(q), odd = whole && abs(q) < 16777216.0 && (int(q) & 1) != 0;
  const float size = abs(p);
  float v = 0.0;
  if (q == 1.0) v = size;
  else if (q == 2.0) v = size * size;
  else if (q == 0.5) v = sqrt(size);
  else if (q == -1.0) v = 1.0 / size;
  else v = exp_of(q * log_of(size));
  if (p < 0.0 && !whole) return isinf(p) || isinf(q) ? v : uintBitsToFloat(0x7fc00000u);
  return p < 0.0 && odd ? -v : v;
}

float of_floats(float p, float q) {
  switch (kOp) {
    case 0: return p + q;
    case 1: return p - q;
    case 2: return p * q;
    case 3: return p / q;
    case 4: return q < p || isnan(q) ? q : p;
    case 5: return q > p || isnan(q) ? q : p;
    default: return power(p, q);
  }
}
int of_integers(int p, int q) {
  switch (kOp) {
    case 0: return p + q;
    case 1: return p - q;
    case 2: return p * q;
    case 3: return wrapped_divide(p, q);
    case 4: return min(p, q);
    default: return max(p, q);
  }
}

uint result(uint p, uint q) {
  const float pf = uintBitsToFloat(p), qf = uintBitsToFloat(q);
  const bool floats = kDtype == kF32, integers = kDtype == kI32;
  const bool equal = floats ? pf == qf : p == q;
  const bool less = floats ? pf < qf : integers ? int(p) < int(q) : p < q;
  const bool more = floats ? pf > qf : integers ? int(p) > int(q) : p > q;
  switch (kOp) {
    case 7: return uint(equal);
    case 8: return uint(!equal);
    case 9: return uint(less);
    case 10: return uint(less || equal);
    case 11: return uint(more);
    case 12: return uint(more || equal);
    default: return floats ? floatBitsToUint(of_floats(pf, qf)) : uint(of_integers(int(p), int(q)));
  }
}

void main() {
  EACH(i, n) {
    uint at_a = i, at_b = i;
    if (!kAligned) {
      at_a = 0, at_b = 0;
      uint rest = i;
      for (int axis = int(rank) - 1; axis >= 0; --axis) {
        const uint k = rest % dims[axis];
        rest /= dims[axis];
        at_a += k * a_step[axis], at_b += k * b_step[axis];
      }
    }
    const uint bytes = kDtype == kU8 ? 1 : 4;
    put(y, kOp < 7 ? 4 : 1, i, result(element(a, bytes, at_a), element(b, bytes, at_b)));
  }
}
