// The Interpreter's weights: used as stored where a kernel can; otherwise decoded to f32 at first use, once for all
// graphs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "weft/abi/params.h"
#include "weft/sdk/host_array.hpp"

namespace weft::sdk {

/// A parameter as its file stores it: `cols` values a row, in blocks of the dtype along the row.
struct Weight {
  uint32_t dtype = WEFT_F32;
  uint64_t rows = 0, cols = 0;
  /// Where each row lies; neighbouring rows need not be adjacent. Empty: the rows are not in memory as blocks, and
  /// read() makes them.
  std::vector<const uint8_t*> row;
  bool in_place() const { return row.size() == rows; }

  /// Writes n rows from `first` on in the dtype `as` (the weight's dtype or f32), `pitch` bytes apart.
  void read(uint32_t as, uint64_t first, uint64_t n, void* to, uint64_t pitch) const {
    weft_slab dst{};
    dst.plane[0] = to, dst.row_pitch[0] = pitch;
    check(params->read(params->ctx, index, as, first, n, &dst));
  }
  /// The order of columns in the blocks that read() makes, for the matrix that has row `first`: place j is column
  /// order[j]. Null: in order.
  const int32_t* order(uint64_t first) const {
    const int32_t* order = nullptr;
    if (!in_place() && WEFT_HAS(params, weft_params, order)) check(params->order(params->ctx, index, first, &order));
    return order;
  }

  /// A kernel's own form of the weight, made at first use and kept as long as the store, for all graphs. `kind` is all
  /// that forms of this weight differ in. A backend uses one type T for all calls. [any-thread]
  template <class T, class Make>
  T& form(int64_t kind, const Make& make) const {
    std::lock_guard lock(form_mutex_);
    std::shared_ptr<void>& form = forms_[kind];
    if (form == nullptr) form = std::shared_ptr<T>(make());
    return *static_cast<T*>(form.get());
  }
  /// Says that these rows will hardly be read again: their pages may leave memory until they are.
  void release(uint64_t first, uint64_t count) const {
    if (params != nullptr) params->done(params->ctx, index, first, count);
  }

  const weft_params* params = nullptr;  // null: the weight is not as stored but decoded
  uint64_t index = 0;

 private:
  mutable std::mutex form_mutex_;
  mutable std::map<int64_t, std::shared_ptr<void>> forms_;
};

/// The weights of one model. [any-thread]
class WeightStore {
 public:
  explicit WeightStore(const weft_params* params) : params_(*params), slots_(params->count) {
    std::map<std::pair<uint64_t, uint64_t>, uint64_t> first;  // key -> the first parameter that has it
    for (uint64_t i = 0; i < params->count; ++i) {
      const weft_param info = info_of(i);
      const bool keyed = info.key[0] != 0 || info.key[1] != 0;
      slot_of_.push_back(keyed ? first.try_emplace({info.key[0], info.key[1]}, i).first->second : i);
    }
  }

  /// rows x row_elems values in f32, valid as long as the store.
  const float* values(uint64_t i) {
    const weft_param info = info_of(i);
    Slot& slot = slots_[slot_of_[i]];
    std::lock_guard lock(slot.mutex);
    return decoded(slot, info, i);
  }

  /// The parameter as stored. One that has no blocks along its rows (a plan computes it, its dtype has several planes
  /// or groups of several rows) comes as f32.
  const Weight& stored(uint64_t i) {
    const weft_param info = info_of(i);
    Slot& slot = slots_[slot_of_[i]];
    std::lock_guard lock(slot.mutex);
    if (slot.weight) return *slot.weight;
    auto w = std::make_unique<Weight>();
    w->dtype = info.dtype, w->rows = info.rows, w->cols = info.row_elems;
    w->params = &params_, w->index = i;
    if (!map_rows(*w, info, i)) {
      w->row.clear();
      if (has_blocks(info)) return *(slot.weight = std::move(w));
      w->params = nullptr;
      w->dtype = WEFT_F32;
      const float* data = decoded(slot, info, i);
      for (uint64_t r = 0; r < w->rows; ++r) w->row.push_back(reinterpret_cast<const uint8_t*>(data + r * w->cols));
    }
    slot.weight = std::move(w);
    return *slot.weight;
  }

 private:
  struct Slot {
    std::mutex mutex;
    HostArray<float> owned;
    const float* data = nullptr;
    std::unique_ptr<Weight> weight;
  };

  weft_param info_of(uint64_t i) const {
    weft_param info{};
    info.hdr = WEFT_HDR(weft_param, key);
    check(params_.info(params_.ctx, i, &info));
    return info;
  }

  /// Whether a parameter that cannot be mapped can be read as stored.
  static bool has_blocks(const weft_param& info) {
    const weft_dtype* d = host().dtype_info(host().ctx, info.dtype);
    return info.rows > 0 && info.dtype >= WEFT_DTYPE_FIRST_REGISTERED && d != nullptr && d->n_planes == 1 &&
           d->plane[0].rows == 1;
  }

  bool map_rows(Weight& w, const weft_param& info, uint64_t i) const {
    const weft_dtype* d = host().dtype_info(host().ctx, info.dtype);
    if (d == nullptr || d->n_planes != 1 || d->plane[0].rows != 1) return false;
    for (uint64_t r = 0; r < w.rows;) {
      uint64_t n = 0;
      weft_slab slab{};
      check(params_.map(params_.ctx, i, r, &n, &slab));
      if (n == 0) return false;
      const auto* at = static_cast<const uint8_t*>(slab.plane[0]);
      for (n += r; r < n && r < w.rows; ++r, at += slab.row_pitch[0]) w.row.push_back(at);
    }
    return true;
  }

  const float* decoded(Slot& slot, const weft_param& info, uint64_t i) const {
    if (slot.data != nullptr) return slot.data;
    if (info.dtype == WEFT_F32 && info.rows > 0) {  // f32 in one aligned piece is used in place
      uint64_t rows = 0;
      weft_slab slab{};
      check(params_.map(params_.ctx, i, 0, &rows, &slab));
      if (rows >= info.rows && reinterpret_cast<uintptr_t>(slab.plane[0]) % alignof(float) == 0) {
        return slot.data = static_cast<const float*>(slab.plane[0]);
      }
    }
    uint64_t values = 0;
    if (__builtin_mul_overflow(info.rows, info.row_elems, &values))
      fail(WEFT_RESOURCE_EXHAUSTED, "a parameter's size overflows");
    slot.owned = HostArray<float>(values);
    weft_slab dst{};
    dst.plane[0] = slot.owned.data();
    dst.row_pitch[0] = info.row_elems * sizeof(float);
    dst.col_pitch[0] = sizeof(float);
    check(params_.read(params_.ctx, i, WEFT_F32, 0, info.rows, &dst));
    params_.done(params_.ctx, i, 0, info.rows);
    return slot.data = slot.owned.data();
  }

  const weft_params& params_;
  std::vector<Slot> slots_;
  std::vector<uint64_t> slot_of_;  // by parameter; tied parameters share the slot of the first of them
};

}  // namespace weft::sdk
