#include "core/base/status_abi.hpp"

#include <new>

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

weft_status* spare(Code code) noexcept {
  return code == Code::kDeadlineExceeded ? &spare().not_over : &spare().exhausted;
}

}  // namespace

weft_status* to_abi(const Status& status) noexcept {
  if (status.ok()) return nullptr;
  weft_status* s = new (std::nothrow) weft_status{status};
  return s ? s : spare(status.code());
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

void free_abi(weft_status* status) noexcept {
  if (status != &spare().exhausted && status != &spare().not_over) delete status;
}

}  // namespace weft
