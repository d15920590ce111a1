// States that each sequence keeps, and what kept.comp says of a step's sequences and tokens: begin [S] and end [S] of
// their tokens, the entry before them [S] (-1: the states' fill), and of each token its sequence [T] (-1: none) and the
// entry that keeps the states after it [T] (-1: none).
struct Step {
  I32 kept;
  uint tokens, sequences;
};
int begin_of(Step step, uint s) { return step.kept.v[s]; }
int end_of(Step step, uint s) { return step.kept.v[step.sequences + s]; }
int entry_before(Step step, uint s) { return step.kept.v[2 * step.sequences + s]; }
int sequence_of(Step step, uint t) { return step.kept.v[3 * step.sequences + t]; }
int entry_after(Step step, uint t) { return step.kept.v[3 * step.sequences + step.tokens + t]; }

// A state in f32. block_words: from a block to the next, in words of 4 bytes.
struct State {
  F32 at;
  uint block_words, block_entries;
  float fill;
};
uint place(State state, int entry, uint size) {
  return uint(entry) / state.block_entries * state.block_words + uint(entry) % state.block_entries * size;
}
// Element i of an entry of `size` elements.
float from_entry(State state, int entry, uint size, uint i) {
  return entry < 0 ? state.fill : state.at.v[place(state, entry, size) + i];
}
