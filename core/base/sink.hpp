// How the host takes what plugins give it.
#pragma once

#include <optional>

#include "core/base/status_abi.hpp"

namespace weft {

/// Behind the functions of a sink: the first refusal counts, whatever the plugin makes of it. [one thread]
class Sink {
 public:
  /// What a function of the sink returns that takes something by `body() -> Status`. After a refusal nothing is taken.
  template <class F>
  weft_status* take(F&& body) noexcept {
    if (refused_) return to_abi(why_);
    refused_ = true;  // also when there is no memory to say why
    weft_status* const status = guard_abi([&]() -> Status { return why_ = body(); });
    refused_ = status != nullptr;
    return status;
  }
  /// Why the sink refused something; none: it took all.
  std::optional<Status> refusal() const {
    if (!refused_) return std::nullopt;
    return why_.ok() ? Status(Code::kResourceExhausted, "out of memory") : why_;
  }

 private:
  bool refused_ = false;
  Status why_;
};

}  // namespace weft
