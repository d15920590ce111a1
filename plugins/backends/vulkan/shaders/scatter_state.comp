// Entry index[place] of a state = row `place` of the update, or has it added, in order of places; -1 drops a row, and
// an entry outside is an error. Constants: 1: what entries are stored as; of 16 bits, an invocation writes two
// elements; 2: whether rows are added: an invocation then has a column of all rows. n counts the words of all rows.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
layout(constant_id = 1) const uint kStored = 0;
layout(constant_id = 2) const bool kAdds = false;
layout(push_constant) uniform Push {
  U32 state;
  F32 update;
  I32 index;
  U32 error;
  uint n, slots, inner, block_words, block_tokens;
};

void write(uint place, uint word, uint words) {
  const int k = index.v[place];
  if (k < -1 || k >= int(slots)) error.v[0] = kOutside;
  if (k < 0 || k >= int(slots)) return;
  const uint at = uint(k) / block_tokens * block_words + uint(k) % block_tokens * words + word;
  if (kStored == kStoredF32) {
    const float u = update.v[place * inner + word];
    state.v[at] = floatBitsToUint(kAdds ? uintBitsToFloat(state.v[at]) + u : u);
  } else {
    float first = update.v[place * inner + 2 * word], second = update.v[place * inner + 2 * word + 1];
    if (kAdds) first += stored(state, kStored, 2 * at), second += stored(state, kStored, 2 * at + 1);
    state.v[at] = to_stored16(kStored, first) | to_stored16(kStored, second) << 16;
  }
}

void main() {
  const uint words = kStored == kStoredF32 ? inner : inner / 2;
  EACH(i, kAdds ? words : n) {
    if (kAdds) {
      for (uint place = 0; place < n / words; ++place) write(place, i, words);
    } else {
      write(i / words, i % words, words);
    }
  }
}
