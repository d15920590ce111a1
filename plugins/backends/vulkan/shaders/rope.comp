// Pairs of each head of x [T, H, D] rotated by cos and sin [T, R / 2]; the dims behind R stay. Constant 1: whether
// pairs are neighbours.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
layout(constant_id = 1) const bool kNeighbours = false;
layout(push_constant) uniform Push {
  F32 y;
  F32 x;
  F32 cosines;
  F32 sines;
  uint n, heads, width, rotated;  // n: of all elements
};

void main() {
  const uint half_ = rotated / 2;
  EACH(i, n) {
    const uint d = i % width, t = i / width / heads;
    if (d >= rotated) {
      y.v[i] = x.v[i];
      continue;
    }
    const bool second = kNeighbours ? (d & 1) != 0 : d >= half_;
    const uint pair = kNeighbours ? d / 2 : d % half_;
    const uint other = kNeighbours ? i ^ 1u : second ? i - half_ : i + half_;  // width is even where kNeighbours
    const float c = cosines.v[t * half_ + pair], s = sines.v[t * half_ + pair];
    y.v[i] = second ? x.v[i] * c + x.v[other] * s : x.v[i] * c - x.v[other] * s;
  }
}
