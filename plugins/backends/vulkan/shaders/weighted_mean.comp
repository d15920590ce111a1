// The mean of v over all tokens so far, weighted by e^k that fades by e^decay with each token; the current token's
// weight is e^(k + first) (RWKV, Peng et al. 2023). The states are the mean's numerator and denominator over e^top, and
// top. An invocation has a channel of a sequence.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "math.glsl"
#include "kept.glsl"
layout(push_constant) uniform Push {
  Step step;
  State state;  // top
  F32 sum_state;
  F32 weight_state;
  F32 y;
  F32 k;
  F32 v;
  F32 decay;
  F32 first;
  uint channels, sum_words, weight_words;
  float sum_fill, weight_fill;
};

void main() {
  State sums = State(sum_state, sum_words, state.block_entries, sum_fill);
  State weights = State(weight_state, weight_words, state.block_entries, weight_fill);
  EACH(i, step.sequences * channels) {
    const uint c = i % channels, s = i / channels;
    const int before = entry_before(step, s);
    float sum = from_entry(sums, before, channels, c), weight = from_entry(weights, before, channels, c);
    float top = from_entry(state, before, channels, c);
    for (uint t = uint(begin_of(step, s)); t < uint(end_of(step, s)); ++t) {
      const float key = k.v[t * channels + c], value = v.v[t * channels + c];
      const float now = key + first.v[c], faded = top + decay.v[c];
      float most = max(top, now), old = exp_of(top - most), fresh = exp_of(now - most);
      y.v[t * channels + c] = (old * sum + fresh * value) / (old * weight + fresh);
      most = max(faded, key), old = exp_of(faded - most), fresh = exp_of(key - most);
      sum = old * sum + fresh * value, weight = old * weight + fresh, top = most;
      const int keep = entry_after(step, t);
      if (keep < 0) continue;
      sums.at.v[place(sums, keep, channels) + c] = sum;
      weights.at.v[place(weights, keep, channels) + c] = weight;
      state.at.v[place(state, keep, channels) + c] = top;
    }
  }
}
