// How the host takes what plugins give it.
#pragma once

#include <atomic>
#include <optional>

#include "core/base/status_abi.hpp"

namespace weft {

/// Behind the functions of a sink: the first refusal counts, whatever the plugin makes of it. [one thread], which it
/// watches: a call that comes while another one lasts is refused.
class Sink {
 public:
  /// What a function of the sink returns that takes something by `body() -> Status`. After a refusal nothing is taken.
  template <class F>
  weft_status* take(F&& body) noexcept {
    if (busy_.exchange(true, std::memory_order_acquire)) {
      crossed_ = true;
      return to_abi(crossed());
    }
    weft_status* const status = take_alone(body);
    busy_.store(false, std::memory_order_release);
    return status;
  }
  /// Why the sink refused something; none: it took all.
  std::optional<Status> refusal() const {
    if (crossed_) return crossed();
    if (!refused_) return std::nullopt;
    return why_.ok() ? Status(Code::kResourceExhausted, "out of memory") : why_;
  }

 private:
  static Status crossed() {
    return Status(Code::kInternal, "breaks call.one-thread: two threads use a sink at the same time");
  }
  template <class F>
  weft_status* take_alone(F&& body) noexcept {
    if (refused_) return to_abi(why_);
    refused_ = true;  // also when there is no memory to say why
    weft_status* const status = guard_abi([&]() -> Status { return why_ = body(); });
    refused_ = status != nullptr;
    return status;
  }

  std::atomic<bool> busy_{false}, crossed_{false};
  bool refused_ = false;
  Status why_;
};

}  // namespace weft
