// y[t, o] = activation(sum over k of x[t, k] w[o, k] + bias[o]) for up to 8 tokens: a work group has kRows outputs.
// Constants: 1: what w is stored as; 2: tokens; 3: the activation; 4: whether there is a bias.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "math.glsl"
layout(constant_id = 1) const uint kStored = 0;
layout(constant_id = 2) const uint kTokens = 1;
layout(constant_id = 3) const uint kActivation = 0;
layout(constant_id = 4) const bool kBias = false;
layout(push_constant) uniform Push {
  F32 y;
  F32 x;
  U32 w;
  F32 bias;
  uint outputs, inputs;
};
const uint kRows = 4;  // larger: more of x is read once, and fewer groups share the work
shared float part[kRows * kTokens * (gl_WorkGroupSize.x + 1)];

void rows_from(uint first) {
  const uint me = gl_LocalInvocationID.x, size = gl_WorkGroupSize.x;
  float sum[kRows * kTokens];
  for (uint i = 0; i < kRows * kTokens; ++i) sum[i] = 0.0;
  for (uint k = me; k < inputs; k += size) {
    [[unroll]] for (uint r = 0; r < kRows; ++r) {
      const float weight = stored(w, kStored, min(first + r, outputs - 1) * inputs + k);
      [[unroll]] for (uint t = 0; t < kTokens; ++t)
        sum[r * kTokens + t] = fma(weight, x.v[t * inputs + k], sum[r * kTokens + t]);
    }
  }
  for (uint i = 0; i < kRows * kTokens; ++i) part[i * (size + 1) + me] = sum[i];
  barrier();
  for (uint i = me; i < kRows * kTokens; i += size) {
    const uint o = first + i / kTokens, t = i % kTokens;
    float total = 0.0;
    for (uint k = 0; k < size; ++k) total += part[i * (size + 1) + k];
    if (o < outputs) y.v[t * outputs + o] = activated(kActivation, total + (kBias ? bias.v[o] : 0.0));
  }
  barrier();
}

void main() {
  for (uint o = gl_WorkGroupID.x * kRows; o < outputs; o += gl_NumWorkGroups.x * kRows) rows_from(o);
}
