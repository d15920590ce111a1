// What a host allows one call, and whether it still wants it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/base/error.hpp"

namespace weft {

struct CallLimits {
  std::shared_ptr<const std::atomic<bool>> cancel{};  // becomes true where the call is no longer wanted; may be null
  std::optional<std::chrono::steady_clock::time_point> deadline{};
  uint64_t text_bytes = UINT64_MAX;  // see weft_limits

  /// CANCELLED: `cancel` is true. DEADLINE_EXCEEDED: the deadline has passed.
  Status check() const {
    if (cancel && cancel->load(std::memory_order_relaxed)) return error(Code::kCancelled, "cancelled");
    if (deadline && std::chrono::steady_clock::now() >= *deadline)
      return error(Code::kDeadlineExceeded, "the time that the host allows is over");
    return {};
  }
};

}  // namespace weft
