// States that a composite keeps for each sequence, as scan does; and the selective scan.
#pragma once

#include "plugins/backends/host/scan_row.hpp"
#include "plugins/backends/host/tensor.hpp"

namespace weft::host_ops {

/// The states of a call: inputs `at`, `at` + 1, ... are `count` states, then slot_in [S], slot_out [T] and seq_start
/// [S+1].
class Kept {
 public:
  struct Sequence {
    int64_t begin, end;  // its tokens are [begin, end)
    int64_t slot;        // the slot of its states before these tokens; -1: they start from their fill
  };

  Kept(const Call& c, std::size_t at, std::size_t count, int64_t tokens)
      : call_(c),
        at_(at),
        in_(c.in[at + count]),
        out_(c.in[at + count + 1]),
        start_(c.in[at + count + 2].i32()),
        tokens_(tokens) {
    for (std::size_t i = 0; i < count; ++i) {
      if (state(i).dtype->id != WEFT_F32)
        sdk::fail(WEFT_UNIMPLEMENTED, std::string(c.op) + ": a state is not stored as f32");
    }
    for (int64_t t = 0; t < tokens; ++t) names_row("slot", out_.i32()[t], state(0).slots);
  }

  template <class Use>
  void each_sequence(const Use& use) const {
    for (int64_t s = 0; s < in_.dims[0]; ++s) {
      const int64_t begin = start_[s], end = start_[s + 1], slot = in_.i32()[s];
      if (begin < 0 || end < begin || end > tokens_)
        sdk::fail(WEFT_OUT_OF_RANGE, std::string(call_.op) + ": seq_start is not increasing");
      names_row("slot_in", slot, state(0).slots);
      use(Sequence{begin, end, slot});
    }
  }
  /// State i before the sequence's tokens; null: each of its values is fill(i).
  const float* from(const Sequence& s, std::size_t i = 0) const { return s.slot < 0 ? nullptr : entry(s.slot, i); }
  float fill(std::size_t i = 0) const { return state(i).fill; }
  /// Writes n values of state i from `first` on, as they are before the sequence's tokens.
  void read(const Sequence& s, std::size_t i, int64_t first, int64_t n, float* to) const {
    s.slot < 0 ? std::fill_n(to, n, fill(i)) : std::copy_n(entry(s.slot, i) + first, n, to);
  }
  /// Where state i is to be kept after token t; null: nowhere.
  float* to(int64_t t, std::size_t i = 0) const { return out_.i32()[t] < 0 ? nullptr : entry(out_.i32()[t], i); }

 private:
  const sdk::StateView& state(std::size_t i) const { return *call_.states.at(at_ + i); }
  float* entry(int64_t slot, std::size_t i) const { return reinterpret_cast<float*>(state(i).entry(slot)); }

  const Call& call_;
  std::size_t at_;
  const View &in_, &out_;
  const int32_t* start_;
  int64_t tokens_;
};

/// The op selective_scan. Its work is split over heads, so that the state of a head stays in the cache of one thread.
void selective_scan(Call&, const ScanKernels&);

}  // namespace weft::host_ops
