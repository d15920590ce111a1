// Attention of query head h of token t to its sequence's keys and values in paged states: a work group each. Positions
// are met 64 at a time; the softmax so far is scaled when a larger score comes (Milakov and Gimelshein 2018).
// A table or a sequence outside is an error. Constants: 1: what keys and values are stored as; 2: entries of a block;
// 3: causal; 4, 5: whether there are sinks and slopes; 6: window, 0: none; 7: scale; 8: softcap, 0: none. heads: Hq |
// Hkv << 16; widths: D | Dv << 16; k_words, v_words: from a block to the next, in words of 4 bytes.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "math.glsl"
layout(constant_id = 1) const uint kStored = 0;
layout(constant_id = 2) const uint kBlock = 16;
layout(constant_id = 3) const bool kCausal = true;
layout(constant_id = 4) const bool kSinks = false;
layout(constant_id = 5) const bool kSlopes = false;
layout(constant_id = 6) const int kWindow = 0;
layout(constant_id = 7) const float kScale = 1.0;
layout(constant_id = 8) const float kSoftcap = 0.0;
layout(push_constant) uniform Push {
  F32 y;
  F32 q;
  U32 k;
  U32 v;
  I32 table;
  I32 base;
  I32 len;
  I32 seq_start;
  I32 token_seq;
  F32 sinks;
  F32 slopes;
  U32 error;
  uint groups, heads, widths, sequences, blocks, slots, k_words, v_words;
};
const uint kGroup = 64, kMostWidth = 512;
shared float weight[kGroup], query[kMostWidth];
shared uint slot_of[kGroup];

float at_k(uint slot, uint i, uint width) {
  const uint per = kStored == kStoredF32 ? 1 : 2;
  return stored(k, kStored, slot / kBlock * k_words * per + slot % kBlock * width + i);
}
float at_v(uint slot, uint i, uint width) {
  const uint per = kStored == kStoredF32 ? 1 : 2;
  return stored(v, kStored, slot / kBlock * v_words * per + slot % kBlock * width + i);
}

void main() {
  const uint me = gl_LocalInvocationID.x, hq = heads & 0xffffu, hkv = heads >> 16;
  const uint D = widths & 0xffffu, Dv = widths >> 16;
  const float kNothing = uintBitsToFloat(0xff800000u);
  for (uint group = gl_WorkGroupID.x; group < groups; group += gl_NumWorkGroups.x) {
    const uint t = group / hq, h = group % hq, kv = h / (hq / hkv);
    const int s = token_seq.v[t];
    if (s < 0 || s >= int(sequences)) {
      error.v[0] = 1;
      continue;
    }
    const int first = base.v[s], end = len.v[s], mine = end - seq_start.v[s + 1] + int(t);
    const int ahead = kCausal ? 1 : kWindow;  // 0: all
    const int to = ahead > 0 && mine < end - ahead ? mine + ahead : end;
    const int from = kWindow > 0 ? max(first, mine - kWindow + 1) : first;
    if (to > from && uint(to - 1 - first) / kBlock >= blocks) {
      error.v[0] = 1;
      continue;
    }
    barrier();
    for (uint i = me; i < D; i += kGroup) query[i] = q.v[(t * hq + h) * D + i];
    float most = kSinks ? sinks.v[h] : kNothing, total = kSinks ? 1.0 : 0.0;
    float sum[kMostWidth / kGroup];
    for (uint j = 0; j < kMostWidth / kGroup; ++j) sum[j] = 0.0;
    for (int p0 = from; p0 < to; p0 += int(kGroup)) {
      const int p = p0 + int(me);
      float score = kNothing;
      barrier();
      if (p < to) {
        const uint block = uint(table.v[uint(s) * blocks + uint(p - first) / kBlock]);
        uint slot = block * kBlock + uint(p) % kBlock;
        if (block > slots / kBlock || slot >= slots) error.v[0] = 1, slot = 0;
        slot_of[me] = slot;
        float product = 0.0;
        for (uint i = 0; i < D; ++i) product = fma(query[i], at_k(slot, kv * D + i, hkv * D), product);
        score = product * kScale;
        if (kSoftcap > 0.0) score = kSoftcap * tanh_of(score / kSoftcap);
        if (kSlopes) score -= slopes.v[h] * abs(float(mine - p));
      }
      weight[me] = score;
      barrier();
      float chunk_most = most;
      const uint there = uint(min(to - p0, int(kGroup)));
      for (uint i = 0; i < there; ++i) {
        const float w = weight[i];
        chunk_most = isnan(w) || w > chunk_most ? w : chunk_most;
      }
      barrier();
      weight[me] = p < to && chunk_most != kNothing ? exp_of(score - chunk_most) : 0.0;
      barrier();
      const float shrink = most == kNothing ? 0.0 : exp_of(most - chunk_most);
      most = chunk_most;
      total *= shrink;
      for (uint i = 0; i < there; ++i) total += weight[i];
      for (uint j = 0, i = me; i < Dv; ++j, i += kGroup) {
        float added = 0.0;
        for (uint e = 0; e < there; ++e) added = fma(weight[e], at_v(slot_of[e], kv * Dv + i, hkv * Dv), added);
        sum[j] = fma(sum[j], shrink, added);
      }
    }
    const bool seen = to > from;
    for (uint j = 0, i = me; i < Dv; ++j, i += kGroup) y.v[(t * hq + h) * Dv + i] = seen ? sum[j] / total : 0.0;
  }
}
