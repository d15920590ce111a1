// Attention of queries to their sequence's keys and values in paged states. A work group has some neighbouring tokens
// and some heads that share a head of keys: rows. Positions are met kTile at a time, counted from 0; within kSpan of
// them the softmax so far is scaled when a larger score comes (Milakov and Gimelshein 2018), and spans are merged in
// turn, here or, where kParts, by merge.comp: a row's result does not depend on its company.
// A table or a sequence outside is an error. Constants: 1: what keys and values are stored as; 2: entries of a block;
// 3: causal; 4, 5: whether there are sinks and slopes; 6: window, 0: none; 7: scale; 8: softcap, 0: none; 9, 10: tokens
// and heads of a group; 11: whether a group has one span, along y, and writes parts; 12: whether widths are even.
// heads: Hq | Hkv << 16; widths: D | Dv << 16; k_words, v_words: from a block to the next, in words of 4 bytes; spans:
// along y. Invocations: at least Dv / 2, and one for each row.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "math.glsl"
#include "spans.glsl"
layout(constant_id = 1) const uint kStored = 0;
layout(constant_id = 2) const uint kBlock = 16;
layout(constant_id = 3) const bool kCausal = true;
layout(constant_id = 4) const bool kSinks = false;
layout(constant_id = 5) const bool kSlopes = false;
layout(constant_id = 6) const int kWindow = 0;
layout(constant_id = 7) const float kScale = 1.0;
layout(constant_id = 8) const float kSoftcap = 0.0;
layout(constant_id = 9) const uint kTokens = 1;
layout(constant_id = 10) const uint kHeads = 1;
layout(constant_id = 11) const bool kParts = false;
layout(constant_id = 12) const bool kEven = true;
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
  uint tokens, heads, widths, sequences, blocks, slots, k_words, v_words;
};
const uint kTile = 32, kRows = kTokens * kHeads, kMostQuery = 2048;  // kMostQuery: elements of all rows' queries
const uint kSets = gl_WorkGroupSize.x / kTile, kOwn = (kRows + kSets - 1) / kSets;
const float kUnseen = -1.0;  // a weight of what a row does not attend to
shared float query[kMostQuery], keys[kTile * (kTile + 1)], weight[kRows * (kTile + 1)];
shared float scale_a[kRows], scale_b[kRows];
shared uint slot_of[kTile];

// Two neighbours of an entry.
vec2 pair_of(U32 from, uint words, uint slot, uint i, uint width) {
  const uint per = kStored == kStoredF32 ? 1 : 2, at = slot / kBlock * words * per + slot % kBlock * width + i;
  if (kStored == kStoredF32 || !kEven) return vec2(stored(from, kStored, at), stored(from, kStored, at + 1));
  const uint both = from.v[at >> 1];
  if (kStored == kStoredF16) return vec2(of_f16(both & 0xffffu), of_f16(both >> 16));
  return vec2(uintBitsToFloat(both << 16), uintBitsToFloat(both & 0xffff0000u));
}
float one_of(U32 from, uint words, uint slot, uint i, uint width) {
  const uint per = kStored == kStoredF32 ? 1 : 2;
  return stored(from, kStored, slot / kBlock * words * per + slot % kBlock * width + i);
}

// Positions that token t attends to.
struct Range {
  int from, to, mine;
};
Range range_of(uint t, int s) {
  const int first = base.v[s], end = len.v[s], ahead = kCausal ? 1 : kWindow;  // ahead 0: all
  Range r;
  r.mine = end - seq_start.v[s + 1] + int(t);
  r.to = ahead > 0 && r.mine < end - ahead ? r.mine + ahead : end;
  r.from = kWindow > 0 ? max(first, r.mine - kWindow + 1) : first;
  return r;
}

// The slots of positions p0 .. p0 + kTile; of those outside of [first, to) any slot.
void find_slots(int p0, int s, int first, int to) {
  const uint me = gl_LocalInvocationID.x;
  barrier();
  if (me < kTile) {
    const int p = p0 + int(me);
    uint slot = 0;
    if (p >= first && p < to) {
      slot = uint(table.v[uint(s) * blocks + uint(p - first) / kBlock]) * kBlock + uint(p) % kBlock;
      if (slot >= slots) error.v[0] = 1, slot = 0;
    }
    slot_of[me] = slot;
  }
  barrier();
}

// Scores of positions p0 .. p0 + kTile, as weight[row, position]. Rows are of tokens from t0 to before t1.
void score(int p0, int s, uint t0, uint t1, uint h0, uint h1) {
  const uint me = gl_LocalInvocationID.x, e = me % kTile, set = me / kTile;
  const uint D = widths & 0xffffu, hkv = heads >> 16, kv = h0 / ((heads & 0xffffu) / hkv);
  float product[kOwn];
  [[unroll]] for (uint j = 0; j < kOwn; ++j) product[j] = 0.0;
  for (uint d0 = 0; d0 < D; d0 += kTile) {
    barrier();
    for (uint i = me; i < kTile * kTile / 2; i += gl_WorkGroupSize.x) {
      const uint entry = i / (kTile / 2), d = i % (kTile / 2) * 2, at = min(d0 + d, kEven ? D - 2 : D - 1);
      vec2 two;
      if (kEven) two = pair_of(k, k_words, slot_of[entry], kv * D + at, hkv * D);
      else two = vec2(one_of(k, k_words, slot_of[entry], kv * D + at, hkv * D),
                      one_of(k, k_words, slot_of[entry], kv * D + min(at + 1, D - 1), hkv * D));
      keys[entry * (kTile + 1) + d] = two.x, keys[entry * (kTile + 1) + d + 1] = two.y;
    }
    barrier();
    const uint there = min(kTile, D - d0);
    for (uint d = 0; d < there; ++d) {
      const float key = keys[e * (kTile + 1) + d];
      [[unroll]] for (uint j = 0; j < kOwn; ++j)
        product[j] = fma(query[min(set + j * kSets, kRows - 1) * D + d0 + d], key, product[j]);
    }
  }
  [[unroll]] for (uint j = 0; j < kOwn; ++j) {
    const uint r = set + j * kSets, t = t0 + r / kHeads, h = h0 + r % kHeads;
    const bool there = r < kRows && t < t1 && h < h1;
    const Range range = range_of(there ? t : t0, s);
    const int p = p0 + int(e);
    float w = product[j] * kScale;
    if (kSoftcap > 0.0) w = kSoftcap * tanh_of(w / kSoftcap);
    if (kSlopes) w -= slopes.v[there ? h : h0] * abs(float(range.mine - p));
    if (r < kRows) weight[r * (kTile + 1) + e] = there && p >= range.from && p < range.to ? w : kNothing;
  }
  barrier();
}

// Scores become weights; what the sums of values so far are scaled by is in scale_a.
void weigh(inout Softmax own) {
  const uint me = gl_LocalInvocationID.x;
  if (me < kRows) {
    float most = own.most;
    for (uint e = 0; e < kTile; ++e) most = larger(most, weight[me * (kTile + 1) + e]);
    scale_a[me] = shrunk(own.most, most), scale_b[me] = most;
    own.most = most;
  }
  barrier();
  for (uint i = me; i < kRows * kTile; i += gl_WorkGroupSize.x) {
    const uint r = i / kTile, at = r * (kTile + 1) + i % kTile;
    const float w = weight[at];
    weight[at] = w == kNothing ? kUnseen : exp_of(w - scale_b[r]);
  }
  barrier();
  if (me < kRows) {
    float added = 0.0;
    for (uint e = 0; e < kTile; ++e) {
      const float w = weight[me * (kTile + 1) + e];
      added += w < 0.0 ? 0.0 : w;
    }
    own.sum = fma(own.sum, scale_a[me], added);
  }
}

// Adds the values of a tile to two neighbouring dims of all rows.
void add_values(uint h0, inout vec2 sum[kRows]) {
  const uint Dv = widths >> 16, hkv = heads >> 16, kv = h0 / ((heads & 0xffffu) / hkv);
  const uint d = min(2 * gl_LocalInvocationID.x, kEven ? Dv - 2 : Dv - 1);
  [[unroll]] for (uint r = 0; r < kRows; ++r) sum[r] *= scale_a[r];
  for (uint e = 0; e < kTile; ++e) {
    vec2 two;
    if (kEven) two = pair_of(v, v_words, slot_of[e], kv * Dv + d, hkv * Dv);
    else two = vec2(one_of(v, v_words, slot_of[e], kv * Dv + d, hkv * Dv),
                    one_of(v, v_words, slot_of[e], kv * Dv + min(d + 1, Dv - 1), hkv * Dv));
    [[unroll]] for (uint r = 0; r < kRows; ++r) {
      const float w = weight[r * (kTile + 1) + e];
      const vec2 more = vec2(fma(w, two.x, sum[r].x), fma(w, two.y, sum[r].y));
      sum[r] = w < 0.0 ? sum[r] : more;
    }
  }
}

// Rows of tokens from t0 to before t1, of sequence s, and of heads from h0 to before h1.
void rows_of(int s, uint t0, uint t1, uint h0, uint h1) {
  const uint me = gl_LocalInvocationID.x, hq = heads & 0xffffu, D = widths & 0xffffu, Dv = widths >> 16;
  const int first = base.v[s], from = range_of(t0, s).from, to = range_of(t1 - 1, s).to;
  if (to > from && uint(to - 1 - first) / kBlock >= blocks) {
    error.v[0] = 1;
    return;
  }
  barrier();
  for (uint i = me; i < kRows * D; i += gl_WorkGroupSize.x) {
    const uint r = i / D, t = min(t0 + r / kHeads, t1 - 1), h = min(h0 + r % kHeads, h1 - 1);
    query[i] = q.v[(t * hq + h) * D + i % D];
  }
  vec2 sum[kRows], total[kRows];
  Softmax all = Softmax(kNothing, 0.0);
  if (kSinks && !kParts && me < kRows) all = Softmax(sinks.v[min(h0 + me % kHeads, h1 - 1)], 1.0);
  [[unroll]] for (uint r = 0; r < kRows; ++r) total[r] = vec2(0.0);
  const int spans = to > from ? (to + int(kSpan) - 1) / int(kSpan) : 0;
  const int begin = kParts ? int(gl_WorkGroupID.y) : from / int(kSpan), end = kParts ? begin + 1 : spans;
  Softmax own = Softmax(kNothing, 0.0);
  for (int span = begin; span < end; ++span) {
    own = Softmax(kNothing, 0.0);
    [[unroll]] for (uint r = 0; r < kRows; ++r) sum[r] = vec2(0.0);
    const int p_end = min(to, (span + 1) * int(kSpan));
    for (int p0 = max(span * int(kSpan), from / int(kTile) * int(kTile)); p0 < p_end; p0 += int(kTile)) {
      find_slots(p0, s, first, to);
      score(p0, s, t0, t1, h0, h1);
      weigh(own);
      add_values(h0, sum);
    }
    if (kParts) break;
    float a = 0.0, b = 0.0;
    merge(all, own, a, b);
    barrier();
    if (me < kRows) scale_a[me] = a, scale_b[me] = b;
    barrier();
    [[unroll]] for (uint r = 0; r < kRows; ++r)
      total[r] = vec2(merged(total[r].x, scale_a[r], sum[r].x, scale_b[r]),
                      merged(total[r].y, scale_a[r], sum[r].y, scale_b[r]));
  }
  barrier();
  if (!kParts && me < kRows) scale_a[me] = all.sum, scale_b[me] = all.most;
  barrier();
  [[unroll]] for (uint r = 0; r < kRows; ++r) {
    const uint t = t0 + r / kHeads, h = h0 + r % kHeads, d = 2 * me;
    if (t < t1 && h < h1) {
      if (kParts) {  // [t, h, span, Dv + 2]
        const uint at = ((t * hq + h) * gl_NumWorkGroups.y + gl_WorkGroupID.y) * (Dv + 2);
        if (d < Dv) y.v[at + d] = sum[r].x;
        if (d + 1 < Dv) y.v[at + d + 1] = sum[r].y;
        if (me == r) y.v[at + Dv] = own.most, y.v[at + Dv + 1] = own.sum;
      } else {
        const bool seen = scale_b[r] != kNothing;
        if (d < Dv) y.v[(t * hq + h) * Dv + d] = seen ? total[r].x / scale_a[r] : 0.0;
        if (d + 1 < Dv) y.v[(t * hq + h) * Dv + d + 1] = seen ? total[r].y / scale_a[r] : 0.0;
      }
    }
  }
}

void main() {
  const uint hq = heads & 0xffffu, group = hq / (heads >> 16), sets = (group + kHeads - 1) / kHeads;
  const uint all_sets = sets * (heads >> 16), tiles = (tokens + kTokens - 1) / kTokens;
  for (uint i = gl_WorkGroupID.x; i < tiles * all_sets; i += gl_NumWorkGroups.x) {
    const uint kv = i % all_sets / sets, h0 = kv * group + i % sets * kHeads;
    const uint h1 = min(h0 + kHeads, kv * group + group), end = min(i / all_sets * kTokens + kTokens, tokens);
    for (uint t0 = i / all_sets * kTokens; t0 < end;) {
      const int s = token_seq.v[t0];
      uint t1 = t0 + 1;
      while (t1 < end && token_seq.v[t1] == s) ++t1;
      if (s < 0 || s >= int(sequences)) error.v[0] = 1;
      else rows_of(s, t0, t1, h0, h1);
      t0 = t1;
    }
  }
}
