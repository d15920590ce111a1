#include "core/base/status_abi.hpp"

#include <atomic>
#include <new>
#include <utility>

namespace weft {
namespace {

/// What is given when there is no memory for a status.
struct Spare {
  weft_status exhausted{Status(Code::kResourceExhausted, "out of memory")};
  weft_status not_over{Status(Code::kDeadlineExceeded, "not over yet")};
};
Spare& spare() noexcept {
  static Spare* made = new Spare;
  return *made;
}
// Made at load, while there is memory, and never freed.
[[maybe_unused]] Spare& kMadeEarly = spare();

std::atomic<int64_t> abroad{0};

weft_status* spare(Code code) noexcept {
  return code == Code::kDeadlineExceeded ? &spare().not_over : &spare().exhausted;
}

}  // namespace

weft_status* to_abi(const Status& status) noexcept {
  if (status.ok()) return nullptr;
  weft_status* s = new (std::nothrow) weft_status{status};
  if (s == nullptr) return spare(status.code());
  ++abroad;
  return s;
}

weft_status* to_abi(Code code, std::string_view message) noexcept {
  if (code == Code::kOk || static_cast<uint32_t>(code) > 16) code = Code::kUnknown;
  try {
    return to_abi(Status(code, std::string(message)));
  } catch (...) {
    return spare(code);
  }
}

Status from_abi(weft_status* status) noexcept {
  if (status == nullptr) return {};
  Status s = status->status;
  free_abi(status);
  return s;
}

namespace {
thread_local ThrownInside* innermost = nullptr;
}

ThrownInside::ThrownInside() noexcept : outer_(innermost) { innermost = this; }
ThrownInside::~ThrownInside() { innermost = outer_; }
void ThrownInside::note(std::string what) noexcept {
  if (innermost != nullptr) innermost->what_ = std::move(what);
}

void free_abi(weft_status* status) noexcept {
  if (status == nullptr || status == &spare().exhausted || status == &spare().not_over) return;
  --abroad;
  delete status;
}

int64_t statuses_abroad() noexcept { return abroad; }

}  // namespace weft
