// A carry of a scan, of `size` elements: before token t it is that of the sequence's state where t is the first that
// runs, and after t it goes into the state. Constants: 1: whether it is after t; 2: whether the last token runs first.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "kept.glsl"
layout(constant_id = 1) const bool kAfter = false;
layout(constant_id = 2) const bool kReverse = false;
layout(push_constant) uniform Push {
  Step step;
  State state;
  F32 carry;
  uint size, t;
};

void main() {
  const int s = sequence_of(step, t);
  if (s < 0) return;
  const bool first = int(t) == (kReverse ? end_of(step, uint(s)) - 1 : begin_of(step, uint(s)));
  const int keep = entry_after(step, t);
  EACH(i, size) {
    if (!kAfter && first) carry.v[i] = from_entry(state, entry_before(step, uint(s)), size, i);
    if (kAfter && keep >= 0) state.at.v[place(state, keep, size) + i] = carry.v[i];
  }
}
