// Writes what kept.glsl describes. Sequences that do not hold tokens of the step, and entries outside, are an error,
// and left out.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
layout(push_constant) uniform Push {
  I32 kept;
  I32 slot_in;
  I32 slot_out;
  I32 seq_start;
  U32 error;
  uint tokens, sequences, slots;
};

bool holds(uint s) {
  const int begin = seq_start.v[s], end = seq_start.v[s + 1];
  return begin >= 0 && begin <= end && end <= int(tokens);
}
bool there(int slot) { return slot >= -1 && slot < int(slots); }

void main() {
  EACH(i, max(tokens, sequences)) {
    if (i < sequences) {
      const int slot = slot_in.v[i];
      if (!holds(i) || !there(slot)) error.v[0] = kOutside;
      kept.v[i] = holds(i) ? seq_start.v[i] : 0;
      kept.v[sequences + i] = holds(i) ? seq_start.v[i + 1] : 0;
      kept.v[2 * sequences + i] = there(slot) ? slot : -1;
    }
    if (i < tokens) {
      int mine = -1;
      for (uint s = 0; s < sequences; ++s) {
        if (holds(s) && seq_start.v[s] <= int(i) && int(i) < seq_start.v[s + 1]) mine = int(s);
      }
      const int slot = slot_out.v[i];
      if (!there(slot)) error.v[0] = kOutside;
      kept.v[3 * sequences + i] = mine;
      kept.v[3 * sequences + tokens + i] = mine >= 0 && there(slot) ? slot : -1;
    }
  }
}
