// Entry index[place] of a state = row `place` of the update; -1 drops a row, and an entry outside is an error. Constant
// 1: what entries are stored as; of 16 bits, an invocation writes two elements. n counts what invocations write.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
layout(constant_id = 1) const uint kStored = 0;
layout(push_constant) uniform Push {
  U32 state;
  F32 update;
  I32 index;
  U32 error;
  uint n, slots, inner, block_words, block_tokens;
};

void main() {
  const uint words = kStored == kStoredF32 ? inner : inner / 2;
  EACH(i, n) {
    const uint place = i / words, word = i % words;
    const int k = index.v[place];
    if (k < -1 || k >= int(slots)) error.v[0] = 1;
    if (k < 0 || k >= int(slots)) continue;
    const uint at = uint(k) / block_tokens * block_words + uint(k) % block_tokens * words + word;
    if (kStored == kStoredF32) {
      state.v[at] = floatBitsToUint(update.v[place * inner + word]);
    } else {
      const uint from = place * inner + 2 * word;
      state.v[at] = to_stored16(kStored, update.v[from]) | to_stored16(kStored, update.v[from + 1]) << 16;
    }
  }
}
