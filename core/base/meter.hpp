// What one call may still use up, where a model's files decide how much work it is.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "core/base/call_limits.hpp"
#include "core/base/error.hpp"

namespace weft {

/// How much a call may use up. A step is what takes ten to a hundred nanoseconds. One thread at a time.
class Meter {
 public:
  /// `what` names the call's work in errors and must outlive the meter, as must `limits`, which say what the host
  /// allows; null: it allows all of this.
  Meter(std::string_view what, std::uint64_t steps, std::uint64_t bytes, const CallLimits* limits = nullptr)
      : what_(what),
        steps_(steps),
        left_(steps),
        bytes_(limits != nullptr ? std::min(bytes, limits->text_bytes) : bytes),
        bytes_left_(bytes_),
        limits_(limits) {}

  /// Uses up steps. RESOURCE_EXHAUSTED: there are too few. Errors of CallLimits::check, which is asked now and then.
  Status take(std::uint64_t steps) {
    if (steps > slice_) return next_slice(steps);
    slice_ -= steps;
    return {};
  }
  /// Called before a text of `bytes` is made that does not stay.
  Status check_bytes(std::uint64_t bytes) const { return bytes <= bytes_left_ ? Status() : too_many_bytes(); }
  /// The same for `copies` texts of `bytes` each.
  Status check_bytes(std::uint64_t bytes, std::uint64_t copies) const {
    return check_bytes(bytes != 0 && copies > UINT64_MAX / bytes ? UINT64_MAX : bytes * copies);
  }
  /// Uses up bytes: for what stays until the call ends.
  Status keep_bytes(std::uint64_t bytes) {
    WEFT_CHECK_OK(check_bytes(bytes));
    bytes_left_ -= bytes;
    return {};
  }
  /// Raises the limits: for a call whose input comes bit by bit.
  void allow(std::uint64_t steps, std::uint64_t bytes) {
    steps_ += steps, left_ += steps;
    bytes_ += bytes, bytes_left_ += bytes;
  }
  std::uint64_t steps_left() const { return left_ + slice_; }

 private:
  Status next_slice(std::uint64_t steps);
  Status too_many_bytes() const;

  std::string_view what_;
  std::uint64_t steps_, left_;
  std::uint64_t slice_ = 0;  // steps that are taken from left_ already and may be used up without a look at the limits
  std::uint64_t bytes_, bytes_left_;
  const CallLimits* limits_;
};

}  // namespace weft
