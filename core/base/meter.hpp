// What one call may still use up, where a model's files decide how much work it is.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "core/base/error.hpp"

namespace weft {

/// Limits of one call, and whether it is still wanted. A step is what takes ten to a hundred nanoseconds. One
/// thread at a time.
class Meter {
 public:
  /// `what` names the call's work in errors and must outlive the meter. `cancel`: becomes true where the call is no
  /// longer wanted; may be null.
  Meter(std::string_view what, std::uint64_t steps, std::uint64_t bytes, const std::atomic<bool>* cancel = nullptr)
      : what_(what), steps_(steps), left_(steps), bytes_(bytes), bytes_left_(bytes), cancel_(cancel) {}

  /// Uses up steps. RESOURCE_EXHAUSTED: there are too few; CANCELLED: the call is no longer wanted.
  Status take(std::uint64_t steps) {
    if (cancel_ != nullptr && cancel_->load(std::memory_order_relaxed)) return error(Code::kCancelled, "cancelled");
    if (steps > left_) return error(Code::kResourceExhausted, "{} takes more than {} steps", what_, steps_);
    left_ -= steps;
    return {};
  }
  /// Called before a text of `bytes` is made that does not stay.
  Status check_bytes(std::uint64_t bytes) const {
    if (bytes <= bytes_left_) return {};
    return error(Code::kResourceExhausted, "{} makes a text of more than {} bytes", what_, bytes_);
  }
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
  std::uint64_t steps_left() const { return left_; }

 private:
  std::string_view what_;
  std::uint64_t steps_, left_, bytes_, bytes_left_;
  const std::atomic<bool>* cancel_;
};

}  // namespace weft
