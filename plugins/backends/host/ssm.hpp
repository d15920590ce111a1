// States that are kept a sequence, as scan has them, for kernels of composites; and the selective scan.
#pragma once

#include "plugins/backends/host/scan_row.hpp"
#include "plugins/backends/host/tensor.hpp"

namespace weft::host_ops {

/// Of a call with a state as input `at`, then slot_in [S], slot_out [T] and seq_start [S+1].
class Kept {
 public:
  struct Sequence {
    int64_t begin, end;  // tokens
    const float* from;   // the state's entry before them; null: all `fill`
    float fill;
  };

  Kept(const Call& c, std::size_t at, int64_t tokens)
      : op_(c.op), state_(*c.states.at(at)), in_(c.in[at + 1]), out_(c.in[at + 2]), start_(c.in[at + 3].i32()), tokens_(tokens) {
    if (state_.dtype->id != WEFT_F32) sdk::fail(WEFT_UNIMPLEMENTED, std::string(c.op) + ": its state is not stored as f32");
    for (int64_t t = 0; t < tokens; ++t) names_row("slot", out_.i32()[t], state_.slots);
  }

  template <class Use>
  void each_sequence(const Use& use) const {
    for (int64_t s = 0; s < in_.dims[0]; ++s) {
      const int64_t begin = start_[s], end = start_[s + 1], slot = in_.i32()[s];
      if (begin < 0 || end < begin || end > tokens_) sdk::fail(WEFT_OUT_OF_RANGE, std::string(op_) + ": seq_start is not increasing");
      use(Sequence{begin, end, names_row("slot_in", slot, state_.slots) ? entry(slot) : nullptr, state_.fill});
    }
  }
  /// Where the state after token t is kept; null: nowhere.
  float* to(int64_t t) const { return out_.i32()[t] < 0 ? nullptr : entry(out_.i32()[t]); }

 private:
  float* entry(int64_t slot) const { return reinterpret_cast<float*>(state_.entry(slot)); }

  std::string_view op_;
  const sdk::StateView& state_;
  const View &in_, &out_;
  const int32_t* start_;
  int64_t tokens_;
};

/// Split over heads, so that each state stays where it is worked on.
void selective_scan(Call&, const ScanKernels&);

}  // namespace weft::host_ops
