#include "core/base/status_abi.hpp"

#include <new>

namespace weft {
namespace {

weft_status& out_of_memory() noexcept {
  static weft_status* status = new weft_status{Status(Code::kResourceExhausted, "out of memory")};
  return *status;
}
// Made at load, while there is memory, and never freed.
[[maybe_unused]] weft_status& kMadeEarly = out_of_memory();

}  // namespace

weft_status* to_abi(const Status& status) noexcept {
  if (status.ok()) return nullptr;
  weft_status* s = new (std::nothrow) weft_status{status};
  return s ? s : &out_of_memory();
}

weft_status* to_abi(Code code, std::string_view message) noexcept {
  if (code == Code::kOk || static_cast<uint32_t>(code) > 16) code = Code::kUnknown;
  try {
    return to_abi(Status(code, std::string(message)));
  } catch (...) {
    return &out_of_memory();
  }
}

Status from_abi(weft_status* status) noexcept {
  if (status == nullptr) return {};
  Status s = status->status;
  free_abi(status);
  return s;
}

void free_abi(weft_status* status) noexcept {
  if (status != &out_of_memory()) delete status;
}

}  // namespace weft
