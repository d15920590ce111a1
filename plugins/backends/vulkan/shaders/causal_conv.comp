// y[t, c] = bias[c] + the sum over k of weight[c, k] x[t - taps + 1 + k, c] within the sequence of token t; rows before
// the step are in the state [taps - 1, channels]. An invocation has an element of y. Constant 1: whether there is a
// bias.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "kept.glsl"
layout(constant_id = 1) const bool kBias = false;
layout(push_constant) uniform Push {
  Step step;
  State state;
  F32 y;
  F32 x;
  F32 weight;
  F32 bias;
  uint channels, taps;
};

// Row j of a sequence; those before the step are negative.
float row(uint s, int j, uint c) {
  if (j >= 0) return x.v[(uint(begin_of(step, s)) + uint(j)) * channels + c];
  return from_entry(state, entry_before(step, s), (taps - 1) * channels, uint(j + int(taps) - 1) * channels + c);
}

void main() {
  EACH(i, step.tokens * channels) {
    const uint t = i / channels, c = i % channels;
    const int s = sequence_of(step, t), keep = entry_after(step, t);
    if (s < 0) continue;
    const int j = int(t) - begin_of(step, uint(s)), first = j - int(taps) + 1;
    float sum = kBias ? bias.v[c] : 0.0;
    for (uint k = 0; k < taps; ++k) sum = fma(row(uint(s), first + int(k), c), weight.v[c * taps + k], sum);
    y.v[i] = sum;
    for (uint k = 0; keep >= 0 && k + 1 < taps; ++k)
      state.at.v[place(state, keep, (taps - 1) * channels) + k * channels + c] = row(uint(s), first + 1 + int(k), c);
  }
}
