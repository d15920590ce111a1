// y[t, h] of the parts [t, h, span, Dv + 2] that attention.comp writes: a work group each. Constant 1: whether there
// are sinks.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "math.glsl"
#include "spans.glsl"
layout(constant_id = 1) const bool kSinks = false;
layout(push_constant) uniform Push {
  F32 y;
  F32 parts;
  F32 sinks;
  uint results, heads, width, spans;
};

void main() {
  for (uint i = gl_WorkGroupID.x; i < results; i += gl_NumWorkGroups.x) {
    for (uint d = gl_LocalInvocationID.x; d < width; d += gl_WorkGroupSize.x) {
      Softmax all = Softmax(kNothing, 0.0);
      if (kSinks) all = Softmax(sinks.v[i % heads], 1.0);
      float total = 0.0;
      for (uint span = 0; span < spans; ++span) {
        const uint at = (i * spans + span) * (width + 2);
        const Softmax own = Softmax(parts.v[at + width], parts.v[at + width + 1]);
        float a, b;
        merge(all, own, a, b);
        total = merged(total, a, parts.v[at + d], b);
      }
      y.v[i * width + d] = all.most != kNothing ? total / all.sum : 0.0;
    }
  }
}
