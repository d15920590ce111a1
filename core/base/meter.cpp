#include "core/base/meter.hpp"

namespace weft {
namespace {

// How many steps pass between two looks at the caller's limits: about a millisecond. Larger: a call that is no longer
// wanted ends later.
constexpr std::uint64_t kSlice = 1 << 14;

}  // namespace

Status Meter::next_slice(std::uint64_t steps) {
  if (limits_ != nullptr) WEFT_CHECK_OK(limits_->check());
  left_ += slice_, slice_ = 0;
  if (steps > left_) return error(Code::kResourceExhausted, "{} takes more than {} steps", what_, steps_);
  left_ -= steps;
  slice_ = std::min(left_, kSlice);
  left_ -= slice_;
  return {};
}

Status Meter::too_many_bytes() const {
  const bool of_host = limits_ != nullptr && limits_->text_bytes == bytes_;
  return error(Code::kResourceExhausted, "{} makes a text of more than {} bytes{}", what_, bytes_,
               of_host ? ", which the host's text_bytes allows" : "");
}

}  // namespace weft
