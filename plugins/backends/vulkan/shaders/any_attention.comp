// Attention of query head h of token t in all its forms, a work group each: to keys and values in paged states, or to
// rows of the step that are its sequence's. Positions are met 64 at a time; the softmax so far is scaled when a larger
// score comes (Milakov and Gimelshein 2018). A table or a sequence outside is an error.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "math.glsl"
layout(constant_id = 1) const uint kStored = 0;  // what keys and values are stored as
layout(constant_id = 2) const bool kPaged = true;
layout(constant_id = 3) const uint kBlock = 1;  // entries of a block of the table
layout(constant_id = 4) const uint kKeyWords = 0;  // from a block to the next, in words of 4 bytes
layout(constant_id = 5) const uint kValueWords = 0;
layout(constant_id = 6) const uint kHeads = 1;  // of queries
layout(constant_id = 7) const uint kKeyHeads = 1;
layout(constant_id = 8) const uint kWidth = 1;  // of a key
layout(constant_id = 9) const uint kValueWidth = 1;
layout(constant_id = 10) const bool kCausal = true;
layout(constant_id = 11) const int kWindow = 0;  // 0: none
layout(constant_id = 12) const float kScale = 1.0;
layout(constant_id = 13) const float kSoftcap = 0.0;  // 0: none
layout(constant_id = 14) const bool kSinks = false;
layout(constant_id = 15) const bool kSlopes = false;
layout(constant_id = 16) const int kFarthest = -1;  // the largest distance that has a bias; -1: there are no biases
layout(constant_id = 17) const bool kAhead = false;
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
  F32 relative;
  I32 ahead;
  U32 error;
  uint tokens, sequences, blocks, slots;
};
const uint kGroup = 64, kMostWidth = 1024;
shared float weight[kGroup], query[kMostWidth];
shared uint row_of[kGroup];

// Where row `slot` of heads of a width begins, in elements.
uint begin_of(uint slot, uint words, uint width) {
  if (!kPaged) return slot * kKeyHeads * width;
  return slot / kBlock * words * (kStored == kStoredF32 ? 1 : 2) + slot % kBlock * kKeyHeads * width;
}

// The positions [from, to) that token t of sequence s sees, and its own.
bool seen(uint t, int s, out int first, out int from, out int to, out int mine) {
  const int begin = seq_start.v[s], over = seq_start.v[s + 1];
  first = 0, from = 0, to = 0, mine = 0;
  if (!kPaged && (begin < 0 || over < begin || over > int(tokens))) return false;
  const int end = kPaged ? len.v[s] : over - begin;
  first = kPaged ? base.v[s] : 0, mine = end - over + int(t);
  int further = kCausal ? 0 : kWindow > 0 ? kWindow - 1 : end - mine;  // positions behind its own
  if (kAhead) further = ahead.v[t];
  to = further < end - 1 - mine ? mine + 1 + further : end;
  from = kWindow > 0 ? max(first, mine - kWindow + 1) : first;
  return !kPaged || to <= from || uint(to - 1 - first) / kBlock < blocks;
}

void attend(uint t, uint h, int first, int from, int to, int mine, int begin, int s) {
  const uint me = gl_LocalInvocationID.x, kv = h / (kHeads / kKeyHeads);
  const float kNothing = uintBitsToFloat(0xff800000u);
  barrier();
  for (uint i = me; i < kWidth; i += kGroup) query[i] = q.v[(t * kHeads + h) * kWidth + i];
  float most = kSinks ? sinks.v[h] : kNothing, total = kSinks ? 1.0 : 0.0;
  float sum[kMostWidth / kGroup];
  for (uint j = 0; j < kMostWidth / kGroup; ++j) sum[j] = 0.0;
  for (int p0 = from; p0 < to; p0 += int(kGroup)) {
    const int p = p0 + int(me);
    float score = kNothing;
    barrier();
    if (p < to) {
      uint row = uint(begin + p);
      if (kPaged) {
        const uint block = uint(table.v[uint(s) * blocks + uint(p - first) / kBlock]);
        row = block * kBlock + uint(p) % kBlock;
        if (block > slots / kBlock || row >= slots) error.v[0] = kOutside, row = 0;
      }
      row_of[me] = row;
      const uint key = begin_of(row, kKeyWords, kWidth) + kv * kWidth;
      float product = 0.0;
      for (uint i = 0; i < kWidth; ++i) product = fma(query[i], stored(k, kStored, key + i), product);
      score = product * kScale;
      if (kSoftcap > 0.0) score = kSoftcap * tanh_of(score / kSoftcap);
      if (kSlopes) score -= slopes.v[h] * abs(float(mine - p));
      if (kFarthest >= 0)
        score += relative.v[h * uint(2 * kFarthest + 1) + uint(kFarthest + clamp(p - mine, -kFarthest, kFarthest))];
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
    for (uint j = 0, i = me; i < kValueWidth; ++j, i += kGroup) {
      float added = 0.0;
      for (uint e = 0; e < there; ++e)
        added = fma(weight[e], stored(v, kStored, begin_of(row_of[e], kValueWords, kValueWidth) + kv * kValueWidth + i),
                    added);
      sum[j] = fma(sum[j], shrink, added);
    }
  }
  for (uint j = 0, i = me; i < kValueWidth; ++j, i += kGroup)
    y.v[(t * kHeads + h) * kValueWidth + i] = to > from && total != 0.0 ? sum[j] / total : 0.0;
}

void main() {
  for (uint group = gl_WorkGroupID.x; group < tokens * kHeads; group += gl_NumWorkGroups.x) {
    const uint t = group / kHeads;
    const int s = token_seq.v[t];
    int first, from, to, mine;
    if (s < 0 || s >= int(sequences) || !seen(t, s, first, from, to, mine)) {
      error.v[0] = kOutside;
    } else {
      attend(t, group % kHeads, first, from, to, mine, seq_start.v[s], s);
    }
  }
}
