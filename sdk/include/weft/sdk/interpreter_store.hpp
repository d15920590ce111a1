// The Interpreter's weights: decoded to f32 when first used, once for all graphs.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "weft/abi/params.h"
#include "weft/sdk/host_array.hpp"

namespace weft::sdk {

/// [any-thread]
class DecodedStore {
 public:
  explicit DecodedStore(const weft_params* params) : params_(*params), slots_(params->count) {}

  /// rows x row_elems values, valid as long as the store.
  const float* values(uint64_t i) {
    weft_param info{};
    info.hdr = WEFT_HDR(weft_param, key);
    check(params_.info(params_.ctx, i, &info));
    Slot& slot = slots_[info.key[0] ? info.key[1] % slots_.size() : i];  // tied: one copy
    std::lock_guard lock(slot.mutex);
    if (slot.data != nullptr) return slot.data;
    if (info.dtype == WEFT_F32) {  // stored as wanted, in one piece and aligned: used in place
      uint64_t rows = 0;
      weft_slab slab{};
      if (info.rows > 0) check(params_.map(params_.ctx, i, 0, &rows, &slab));
      if (info.rows > 0 && rows >= info.rows && reinterpret_cast<uintptr_t>(slab.plane[0]) % alignof(float) == 0) {
        return slot.data = static_cast<const float*>(slab.plane[0]);
      }
    }
    uint64_t values = 0;
    if (__builtin_mul_overflow(info.rows, info.row_elems, &values)) fail(WEFT_RESOURCE_EXHAUSTED, "a parameter's size overflows");
    slot.owned = HostArray<float>(values);
    weft_slab dst{};
    dst.plane[0] = slot.owned.data();
    dst.row_pitch[0] = info.row_elems * sizeof(float);
    dst.col_pitch[0] = sizeof(float);
    check(params_.read(params_.ctx, i, WEFT_F32, 0, info.rows, &dst));
    params_.done(params_.ctx, i, 0, info.rows);
    return slot.data = slot.owned.data();
  }

 private:
  struct Slot {
    std::mutex mutex;
    HostArray<float> owned;
    const float* data = nullptr;
  };
  const weft_params& params_;
  std::vector<Slot> slots_;
};

}  // namespace weft::sdk
