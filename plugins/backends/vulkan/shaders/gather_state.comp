// y[place, inner] = entry index[place] of a state; -1 gives 0, and an entry outside is an error. Constant 1: what
// entries are stored as. A block has block_words words of 4 bytes to the next one, and block_tokens entries.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
layout(constant_id = 1) const uint kStored = 0;
layout(push_constant) uniform Push {
  U32 y;
  U32 state;
  I32 index;
  U32 error;
  uint n, slots, inner, block_words, block_tokens;
};

void main() {
  EACH(i, n) {
    const int k = index.v[i / inner];
    if (k < -1 || k >= int(slots)) error.v[0] = kOutside;
    const bool there = k >= 0 && k < int(slots);
    const uint block = uint(k) / block_tokens * block_words * (kStored == kStoredF32 ? 1 : 2);
    const uint at = block + uint(k) % block_tokens * inner + i % inner;
    y.v[i] = there ? floatBitsToUint(stored(state, kStored, at)) : 0u;
  }
}
