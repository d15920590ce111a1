// Keys or values of a paged state: a few entries of one head at a time, in the form that an Isa takes.
#pragma once

#include <string>

#include "plugins/backends/cpu/isa.hpp"
#include "weft/sdk/call.hpp"

namespace weft::cpu {

class Pages {
 public:
  Pages(const Isa& isa, const sdk::StateView& state, int64_t heads)
      : isa_(isa),
        state_(state),
        slab_(state.slots > 0 ? state.slab(0) : weft_slab{}),
        dtype_(state.dtype->id),
        width_(state.entry_elems / heads),
        floats_(dtype_ == WEFT_F32 || dtype_ == WEFT_F16 || dtype_ == WEFT_BF16),
        as_stored_(width_ % isa.lanes == 0 && floats_) {}

  /// The values of an entry of one head, and the same rounded up to whole vectors.
  int64_t width() const { return width_; }
  int64_t padded() const { return (width_ + isa_.lanes - 1) / isa_.lanes * isa_.lanes; }

  /// Sets rows[j] to the entry of slot + j, for n slots of one block.
  void find(int64_t slot, int64_t n, const uint8_t** rows) const {
    if (slot < 0 || slot + n > state_.slots) sdk::fail(WEFT_OUT_OF_RANGE, "attention: slot " + std::to_string(slot));
    const uint8_t* first = state_.entry(slot);
    for (int64_t j = 0; j < n; ++j) rows[j] = first + static_cast<uint64_t>(j) * state_.entry_bytes;
  }

  /// The entries for few queries: as they are stored, or decoded to f32 in `tile` [n, padded] with zeros after each.
  Entries as_stored(const uint8_t* const* rows, int64_t head, int64_t n, float* tile, const uint8_t** tile_rows) const {
    if (as_stored_) return {rows, offset(head), width_, dtype_};
    for (int64_t j = 0; j < n; ++j) {
      float* to = tile + j * padded();
      decode(rows + j, head, 1, to);
      std::fill(to + width_, to + padded(), 0.0f);
      tile_rows[j] = reinterpret_cast<const uint8_t*>(to);
    }
    return {tile_rows, 0, padded(), WEFT_F32};
  }
  /// The entries after `now`, for a kernel to fetch ahead; `now` itself where entries have to be decoded first.
  Entries next(const uint8_t* const* rows, int64_t head, const Entries& now) const {
    return as_stored_ ? Entries{rows, offset(head), width_, dtype_} : now;
  }
  /// The entries for many queries: in f32 in `tile` [n, width].
  Entries as_floats(const uint8_t* const* rows, int64_t head, int64_t n, float* tile, const uint8_t** tile_rows) const {
    decode(rows, head, n, tile);
    tile_rows[0] = reinterpret_cast<const uint8_t*>(tile);
    return {tile_rows, 0, width_, WEFT_F32};
  }

 private:
  int64_t offset(int64_t head) const { return head * width_ * (dtype_ == WEFT_F32 ? 4 : 2); }
  void decode(const uint8_t* const* rows, int64_t head, int64_t n, float* out) const {
    if (floats_) return isa_.widen_rows({rows, offset(head), width_, dtype_}, n, out);
    for (int64_t j = 0; j < n; ++j) {  // a block-quantised entry has one row a head
      weft_slab slab = slab_;
      slab.plane[0] = const_cast<uint8_t*>(rows[j]) + static_cast<uint64_t>(head) * slab.row_pitch[0];
      sdk::check(state_.dtype->decode(state_.dtype->self, &slab, 1, static_cast<uint64_t>(width_), out + j * width_));
    }
  }

  const Isa& isa_;
  const sdk::StateView& state_;
  weft_slab slab_;
  uint32_t dtype_;
  int64_t width_;
  bool floats_, as_stored_;
};

}  // namespace weft::cpu
