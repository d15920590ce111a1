// h = h e^decay; h = h + k (beta (v - k h)); y = q h (Yang et al. 2024). An invocation has column j of the state h
// [kRows, columns] of a head of a sequence. Constant 1: rows of the state.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "math.glsl"
#include "kept.glsl"
layout(constant_id = 1) const uint kRows = 1;
layout(push_constant) uniform Push {
  Step step;
  State state;
  F32 y;
  F32 q;
  F32 k;
  F32 v;
  F32 decay;
  F32 beta;
  uint heads, groups, columns;
};

void main() {
  const uint size = heads * kRows * columns;
  EACH(i, step.sequences * heads * columns) {
    const uint j = i % columns, head = i / columns % heads, s = i / columns / heads;
    const uint group = head / (heads / groups), mine = head * kRows * columns + j;
    float h[kRows];
    for (uint r = 0; r < kRows; ++r) h[r] = from_entry(state, entry_before(step, s), size, mine + r * columns);
    for (uint t = uint(begin_of(step, s)); t < uint(end_of(step, s)); ++t) {
      const uint key = (t * groups + group) * kRows, gate = t * heads + head;
      const float shrink = exp_of(decay.v[gate]);
      float known = 0.0, result = 0.0;
      for (uint r = 0; r < kRows; ++r) {
        h[r] *= shrink;
        known = fma(h[r], k.v[key + r], known);
      }
      const float change = (v.v[gate * columns + j] - known) * beta.v[gate];
      for (uint r = 0; r < kRows; ++r) {
        h[r] = fma(k.v[key + r], change, h[r]);
        result = fma(h[r], q.v[key + r], result);
      }
      y.v[gate * columns + j] = result;
      const int keep = entry_after(step, t);
      for (uint r = 0; keep >= 0 && r < kRows; ++r) state.at.v[place(state, keep, size) + mine + r * columns] = h[r];
    }
  }
}
