// The C API of limits: what a host allows a call, and how it ends one.
#include <chrono>

#include "core/api/objects.hpp"
#include "core/base/error.hpp"

namespace weft {

Result<CallLimits> call_limits(const weft_limits* given) {
  if (given == nullptr) return CallLimits();
  WEFT_TRY(const weft_limits o, WEFT_OPTIONS_OR(given, weft_limits));
  if (o.timeout_ms < -1) return invalid("weft_limits: timeout_ms is {}, expected -1 or more", o.timeout_ms);
  CallLimits limits{.text_bytes = o.text_bytes};
  if (o.cancel != nullptr) limits.cancel = o.cancel->raised;
  constexpr int64_t most = int64_t{1} << 41;  // 70 years; more would not fit a point in time
  if (o.timeout_ms >= 0 && o.timeout_ms <= most)
    limits.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(o.timeout_ms);
  WEFT_CHECK_OK(limits.check());
  return limits;
}

}  // namespace weft

using namespace weft;

extern "C" {

weft_status* weft_cancel_new(weft_cancel** out) {
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    *out = nullptr;
    *out = new weft_cancel{std::make_shared<std::atomic<bool>>(false)};
    return {};
  });
}
void weft_cancel_raise(weft_cancel* cancel) {
  if (cancel != nullptr) *cancel->raised = true;
}
void weft_cancel_free(weft_cancel* cancel) { delete cancel; }

}  // extern "C"
