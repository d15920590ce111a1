// y[t, o] = activation(sum over k of x[t, k] w[o, k] + bias[o]): a work group a tile of kTileT x kTileO, its
// invocations kOwnT x kOwnO of these each, which lie apart. Sums are of 32 neighbours in turn, then of these in turn.
// Constants: 1: what w is stored as; 2: the activation; 3: whether there is a bias; 4: whether columns are a multiple
// of 32; 5, 6: the tile; 7, 8: what is an invocation's own; 9: columns that are in shared memory at once, 8, 16 or 32.
// Larger tiles: x and w are read less often, and a group needs more shared memory and registers.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "math.glsl"
#include "weights.glsl"
layout(constant_id = 2) const uint kActivation = 0;
layout(constant_id = 3) const bool kBias = false;
layout(constant_id = 4) const bool kWhole = true;
layout(constant_id = 5) const uint kTileT = 64;
layout(constant_id = 6) const uint kTileO = 64;
layout(constant_id = 7) const uint kOwnT = 4;
layout(constant_id = 8) const uint kOwnO = 4;
layout(constant_id = 9) const uint kDepth = 32;
layout(push_constant) uniform Push {
  F32 y;
  F32 x;
  Weights w;
  F32 bias;
  uint tokens, outputs, columns, tiles_o, tiles;
};
const uint kStepT = kTileT / kOwnT, kStepO = kTileO / kOwnO;  // between an invocation's own
shared float xs[kDepth * (kTileT + 1)], ws[kDepth * (kTileO + 1)];

void fetch(uint t0, uint o0, uint k0) {
  const uint size = gl_WorkGroupSize.x, parts = kDepth / 8;
  [[unroll]] for (uint u = 0; u < kTileT * parts; u += size) {
    const uint part = u + gl_LocalInvocationID.x, t = part / parts, k = part % parts * 8;
    const uint from = min(t0 + t, tokens - 1) * columns + k0 + k;
    if (part < kTileT * parts) {
      [[unroll]] for (uint i = 0; i < 8; ++i)
        xs[(k + i) * (kTileT + 1) + t] = kWhole || k0 + k + i < columns ? x.v[from + i] : 0.0;
    }
  }
  [[unroll]] for (uint u = 0; u < kTileO * parts; u += size) {
    const uint part = u + gl_LocalInvocationID.x, o = part / parts, k = part % parts * 8;
    const uint from = min(o0 + o, outputs - 1) * columns + k0 + k;
    if (part < kTileO * parts) {
      float v[8];
      if (kWhole) {
        weights8(w, from, scaling_of(w, from), v);
      } else {
        [[unroll]] for (uint i = 0; i < 8; ++i) v[i] = k0 + k + i < columns ? weight_at(w, from + i) : 0.0;
      }
      [[unroll]] for (uint i = 0; i < 8; ++i) ws[(k + i) * (kTileO + 1) + o] = v[i];
    }
  }
}

void tile_of(uint t0, uint o0) {
  const uint own_t = gl_LocalInvocationID.x / kStepO, own_o = gl_LocalInvocationID.x % kStepO;
  float total[kOwnT * kOwnO], sum[kOwnT * kOwnO];
  [[unroll]] for (uint i = 0; i < kOwnT * kOwnO; ++i) total[i] = 0.0, sum[i] = 0.0;
  for (uint k0 = 0; k0 < columns; k0 += kDepth) {
    fetch(t0, o0, k0);
    barrier();
    for (uint k = 0; k < kDepth; ++k) {
      float p[kOwnT], q[kOwnO];
      [[unroll]] for (uint i = 0; i < kOwnT; ++i) p[i] = xs[k * (kTileT + 1) + own_t + i * kStepT];
      [[unroll]] for (uint j = 0; j < kOwnO; ++j) q[j] = ws[k * (kTileO + 1) + own_o + j * kStepO];
      [[unroll]] for (uint i = 0; i < kOwnT; ++i) {
        [[unroll]] for (uint j = 0; j < kOwnO; ++j) sum[i * kOwnO + j] = fma(q[j], p[i], sum[i * kOwnO + j]);
      }
    }
    if (kDepth == 32 || (k0 + kDepth) % 32 == 0 || k0 + kDepth >= columns) {
      [[unroll]] for (uint i = 0; i < kOwnT * kOwnO; ++i) total[i] += sum[i], sum[i] = 0.0;
    }
    barrier();
  }
  [[unroll]] for (uint i = 0; i < kOwnT; ++i) {
    [[unroll]] for (uint j = 0; j < kOwnO; ++j) {
      const uint t = t0 + own_t + i * kStepT, o = o0 + own_o + j * kStepO;
      if (t < tokens && o < outputs)
        y.v[t * outputs + o] = activated(kActivation, total[i * kOwnO + j] + (kBias ? bias.v[o] : 0.0));
    }
  }
}

void main() {
  for (uint tile = gl_WorkGroupID.x; tile < tiles; tile += gl_NumWorkGroups.x)
    tile_of(tile / tiles_o * kTileT, tile % tiles_o * kTileO);
}
