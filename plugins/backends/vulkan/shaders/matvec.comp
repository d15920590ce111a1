// y[t, o] = activation(sum over k of x[t, k] w[o, k] + bias[o]) for a few tokens. Sums are those of linear.comp: of 32
// neighbours in turn, then of these in turn. A team of kLanes invocations has kRows outputs; an invocation sums 32
// neighbours at a time. Constants: 1: what w is stored as; 2: tokens at most; 3: the activation; 4: whether there is a
// bias; 5: lanes; 6: rows of a team; 7: whether columns are a multiple of 32. More rows: x is read less often, and
// fewer groups share the work.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "math.glsl"
#include "weights.glsl"
layout(constant_id = 2) const uint kTokens = 1;
layout(constant_id = 3) const uint kActivation = 0;
layout(constant_id = 4) const bool kBias = false;
layout(constant_id = 5) const uint kLanes = 8;
layout(constant_id = 6) const uint kRows = 4;
layout(constant_id = 7) const bool kWhole = true;
layout(push_constant) uniform Push {
  F32 y;
  F32 x;
  Weights w;
  F32 bias;
  uint outputs, columns, tokens;
};
const uint kSums = kRows * kTokens, kTeams = gl_WorkGroupSize.x / kLanes;
shared float part[kTeams * kSums * (kLanes + 1)];

void sums_of(uint first, uint begin, uint lane, uint team) {
  const uint k0 = begin + 32 * lane, end = min(columns, k0 + 32), kScaled = kPer16 ? 16 : 32;
  float sum[kSums];
  [[unroll]] for (uint i = 0; i < kSums; ++i) sum[i] = 0.0;
  for (uint k1 = k0; k1 < k0 + 32; k1 += kScaled) {
    Scaling s[kRows];
    [[unroll]] for (uint r = 0; r < kRows; ++r) s[r] = scaling_of(w, min(first + r, outputs - 1) * columns + k1);
    for (uint k = k1; k < k1 + kScaled; k += 8) {
      float own[8 * kTokens];
      [[unroll]] for (uint t = 0; t < kTokens; ++t) {
        [[unroll]] for (uint i = 0; i < 8; ++i)
          own[8 * t + i] = kWhole || k + i < end ? x.v[min(t, tokens - 1) * columns + k + i] : 0.0;
      }
      [[unroll]] for (uint r = 0; r < kRows; ++r) {
        const uint at = min(first + r, outputs - 1) * columns + k;
        float v[8];
        if (kWhole) {
          weights8(w, at, s[r], v);
        } else {
          [[unroll]] for (uint i = 0; i < 8; ++i) v[i] = k + i < end ? weight_at(w, at + i) : 0.0;
        }
        [[unroll]] for (uint t = 0; t < kTokens; ++t) {
          [[unroll]] for (uint i = 0; i < 8; ++i)
            sum[r * kTokens + t] = fma(v[i], own[8 * t + i], sum[r * kTokens + t]);
        }
      }
    }
  }
  [[unroll]] for (uint i = 0; i < kSums; ++i) part[(team * kSums + i) * (kLanes + 1) + lane] = sum[i];
}

void rows_from(uint first, uint lane, uint team) {
  const uint chunks = (columns + 31) / 32;
  float total[(kSums + kLanes - 1) / kLanes];
  for (uint j = 0; j < (kSums + kLanes - 1) / kLanes; ++j) total[j] = 0.0;
  for (uint chunk = 0; chunk < chunks; chunk += kLanes) {
    const uint there = min(kLanes, chunks - chunk);
    if (lane < there && first < outputs) sums_of(first, 32 * chunk, lane, team);
    barrier();
    for (uint j = 0, i = lane; i < kSums; ++j, i += kLanes) {
      for (uint k = 0; k < there; ++k) total[j] += part[(team * kSums + i) * (kLanes + 1) + k];
    }
    barrier();
  }
  for (uint j = 0, i = lane; i < kSums; ++j, i += kLanes) {
    const uint o = first + i / kTokens, t = i % kTokens;
    if (o < outputs && t < tokens) y.v[t * outputs + o] = activated(kActivation, total[j] + (kBias ? bias.v[o] : 0.0));
  }
}

void main() {
  const uint lane = gl_LocalInvocationID.x % kLanes, team = gl_LocalInvocationID.x / kLanes, rows = kTeams * kRows;
  for (uint o = gl_WorkGroupID.x * rows; o < outputs; o += gl_NumWorkGroups.x * rows)
    rows_from(o + team * kRows, lane, team);
}
