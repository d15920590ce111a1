// c[batch] [M, N] = activation(a[batch] [M, K] b[batch] + bias [N]): a work group a tile of 64 x 64, 256 invocations of
// 4 x 4 each. Constants: 1: what b is stored as; 2: whether b is [N, K]; 3: whether a is [K, M]; 4: the activation;
// 5: whether there is a bias.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "math.glsl"
layout(constant_id = 1) const uint kStored = 0;
layout(constant_id = 2) const bool kRowsOfB = false;
layout(constant_id = 3) const bool kColumnsOfA = false;
layout(constant_id = 4) const uint kActivation = 0;
layout(constant_id = 5) const bool kBias = false;
layout(push_constant) uniform Push {
  F32 c;
  F32 a;
  U32 b;
  F32 bias;
  uint M, N, K, tiles_n, tiles, batches;
  uint a_batch, b_batch;  // elements to the next batch; 0: all have the same
};
const uint kTile = 64, kDepth = 16;
shared float as[kDepth][kTile + 1], bs[kDepth][kTile + 1];

float a_at(uint batch, uint m, uint k) {
  if (m >= M || k >= K) return 0.0;
  return a.v[batch * a_batch + (kColumnsOfA ? k * M + m : m * K + k)];
}
float b_at(uint batch, uint k, uint n) {
  if (k >= K || n >= N) return 0.0;
  return stored(b, kStored, batch * b_batch + (kRowsOfB ? n * K + k : k * N + n));
}

void tile_of(uint batch, uint m0, uint n0) {
  const uint me = gl_LocalInvocationID.x, row = me / 16 * 4, col = me % 16 * 4;
  float sum[4][4];
  for (uint i = 0; i < 4; ++i) {
    for (uint j = 0; j < 4; ++j) sum[i][j] = 0.0;
  }
  for (uint k0 = 0; k0 < K; k0 += kDepth) {
    for (uint e = me; e < kTile * kDepth; e += 256) {
      const uint ak = kColumnsOfA ? e / kTile : e % kDepth, am = kColumnsOfA ? e % kTile : e / kDepth;
      as[ak][am] = a_at(batch, m0 + am, k0 + ak);
      const uint bk = kRowsOfB ? e % kDepth : e / kTile, bn = kRowsOfB ? e / kDepth : e % kTile;
      bs[bk][bn] = b_at(batch, k0 + bk, n0 + bn);
    }
    barrier();
    for (uint k = 0; k < kDepth; ++k) {
      float p[4], q[4];
      [[unroll]] for (uint i = 0; i < 4; ++i) p[i] = as[k][row + i], q[i] = bs[k][col + i];
      [[unroll]] for (uint i = 0; i < 4; ++i) {
        [[unroll]] for (uint j = 0; j < 4; ++j) sum[i][j] = fma(p[i], q[j], sum[i][j]);
      }
    }
    barrier();
  }
  for (uint i = 0; i < 4; ++i) {
    for (uint j = 0; j < 4; ++j) {
      const uint m = m0 + row + i, n = n0 + col + j;
      if (m < M && n < N)
        c.v[(batch * M + m) * N + n] = activated(kActivation, sum[i][j] + (kBias ? bias.v[n] : 0.0));
    }
  }
}

void main() {
  for (uint batch = gl_WorkGroupID.y; batch < batches; batch += gl_NumWorkGroups.y) {
    for (uint tile = gl_WorkGroupID.x; tile < tiles; tile += gl_NumWorkGroups.x)
      tile_of(batch, tile / tiles_n * kTile, tile % tiles_n * kTile);
  }
}
