// h[n] = h[n] exp(dt a[n]) + dt x b[n]; y = the sum of c[n] h[n], and d x: a selective scan (Gu and Dao 2023). An
// invocation has a channel p of a head of a sequence, with its states. Constants: 1: states of a channel; 2: whether
// each of them has an a of its own; 3: whether there is a d.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "math.glsl"
#include "kept.glsl"
layout(constant_id = 1) const uint kStates = 1;
layout(constant_id = 2) const bool kOwnDecays = true;
layout(constant_id = 3) const bool kSkips = false;
layout(push_constant) uniform Push {
  Step step;
  State state;
  F32 y;
  F32 x;
  F32 dt;
  F32 a;
  F32 b;
  F32 c;
  F32 d;
  uint heads, channels, groups;
};

void main() {
  const uint size = heads * channels * kStates;
  EACH(i, step.sequences * heads * channels) {
    const uint p = i % channels, head = i / channels % heads, s = i / channels / heads;
    const uint group = head / (heads / groups), mine = (head * channels + p) * kStates;
    float h[kStates];
    for (uint n = 0; n < kStates; ++n) h[n] = from_entry(state, entry_before(step, s), size, mine + n);
    for (uint t = uint(begin_of(step, s)); t < uint(end_of(step, s)); ++t) {
      const uint at = (t * heads + head) * channels + p, shared_at = (t * groups + group) * kStates;
      const float value = x.v[at], change = dt.v[t * heads + head];
      const float decay = kOwnDecays ? 0.0 : exp_of(change * a.v[head]);
      float sum = 0.0;
      for (uint n = 0; n < kStates; ++n) {
        const float shrink = kOwnDecays ? exp_of(change * a.v[head * kStates + n]) : decay;
        h[n] = fma(h[n], shrink, value * change * b.v[shared_at + n]);
        sum = fma(h[n], c.v[shared_at + n], sum);
      }
      y.v[at] = kSkips ? fma(d.v[head], value, sum) : sum;
      const int keep = entry_after(step, t);
      for (uint n = 0; keep >= 0 && n < kStates; ++n) state.at.v[place(state, keep, size) + mine + n] = h[n];
    }
  }
}
