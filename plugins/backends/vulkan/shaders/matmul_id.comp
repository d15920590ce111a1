// y[row, m] = the sum over k of a[row, k] w[expert of row, m, k]: a work group a tile of experts.comp by 64 outputs, an
// invocation an output of all its rows. A sum goes over k in order, whatever rows are beside it. Rows of no expert are
// 0. Constants: 1: the format of w; 2: rows that share a row of a; 3: whether K is a multiple of 32.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "weights.glsl"
layout(constant_id = 2) const uint kShared = 1;
layout(constant_id = 3) const bool kWhole = true;
layout(push_constant) uniform Push {
  F32 y;
  F32 a;
  Weights w;
  I32 lists;
  uint M, K, experts, tiles, tiles_m;
};
const uint kTileRows = 8, kOutputs = 64, kDepth = 16;
shared float as[kDepth][kTileRows], ws[kDepth][kOutputs + 1];

void main() {
  const uint me = gl_LocalInvocationID.x;
  for (uint group = gl_WorkGroupID.x; group < tiles * tiles_m; group += gl_NumWorkGroups.x) {
    const uint tile = group / tiles_m, m0 = group % tiles_m * kOutputs, m = m0 + me;
    const int expert = lists.v[3 * tile];
    if (expert < 0) continue;
    const uint begin = 3 * tiles + uint(lists.v[3 * tile + 1]), rows = uint(lists.v[3 * tile + 2]);
    float sum[kTileRows];
    for (uint r = 0; r < kTileRows; ++r) sum[r] = 0.0;
    for (uint k0 = 0; uint(expert) < experts && k0 < K; k0 += kDepth) {
      for (uint e = me; e < kTileRows * kDepth; e += kOutputs) {
        const uint r = e / kDepth, k = k0 + e % kDepth;
        as[e % kDepth][r] = r < rows && k < K ? a.v[uint(lists.v[begin + r]) / kShared * K + k] : 0.0;
      }
      for (uint part = me; part < kOutputs * kDepth / 8; part += kOutputs) {
        const uint o = part / (kDepth / 8), k = part % (kDepth / 8) * 8;
        const uint from = (uint(expert) * M + min(m0 + o, M - 1)) * K + k0 + k;
        float v[8];
        if (kWhole) {
          weights8(w, from, scaling_of(w, from), v);
        } else {
          for (uint i = 0; i < 8; ++i) v[i] = k0 + k + i < K ? weight_at(w, from + i) : 0.0;
        }
        for (uint i = 0; i < 8; ++i) ws[k + i][o] = v[i];
      }
      barrier();
      for (uint k = 0; k < kDepth; ++k) {
        const float weight = ws[k][me];
        [[unroll]] for (uint r = 0; r < kTileRows; ++r) sum[r] = fma(as[k][r], weight, sum[r]);
      }
      barrier();
    }
    for (uint r = 0; r < rows; ++r) {
      if (m < M) y.v[uint(lists.v[begin + r]) * M + m] = sum[r];
    }
  }
}
