#include "core/runtime/slot_table.hpp"

#include <algorithm>
#include <utility>

#include "core/base/error.hpp"

namespace weft {

SlotTable::SlotTable(SlotTable&& other) noexcept
    : pool_(other.pool_), kept_(std::exchange(other.kept_, {})), reserved_(std::exchange(other.reserved_, -1)) {}

Status SlotTable::reserve() {
  kept_.reserve(kRows);
  if (reserved_ == -1) {
    WEFT_TRY(reserved_, pool_->take());
  }
  return {};
}

void SlotTable::advance(int64_t n) {
  kept_.push_back({length() + n, std::exchange(reserved_, -1)});
  while (static_cast<int64_t>(kept_.size()) >= kRows) {
    pool_->release(kept_.front().row);
    kept_.erase(kept_.begin());
  }
}

Status SlotTable::can_roll_back(int64_t length) const {
  if (length < 0 || length > this->length())
    return error(Code::kOutOfRange, "rollback to {} tokens of {}", length, this->length());
  const bool known =
      length == 0 || std::any_of(kept_.begin(), kept_.end(), [&](const Kept& k) { return k.length == length; });
  return known ? Status() : error(Code::kFailedPrecondition, "rollback to {} tokens: no state is kept there", length);
}

void SlotTable::roll_back(int64_t length) {
  if (reserved_ != -1) pool_->release(std::exchange(reserved_, -1));
  while (this->length() > length) {
    pool_->release(kept_.back().row);
    kept_.pop_back();
  }
}

SlotTable SlotTable::fork() const {
  SlotTable twin(*pool_);
  twin.kept_ = kept_;
  for (const Kept& k : kept_) pool_->share(k.row);
  return twin;
}

void SlotTable::clear() {
  if (reserved_ != -1) pool_->release(reserved_);
  for (const Kept& k : kept_) pool_->release(k.row);
  kept_.clear();
  reserved_ = -1;
}

}  // namespace weft
