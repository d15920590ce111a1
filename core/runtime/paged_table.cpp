#include "core/runtime/paged_table.hpp"

#include <algorithm>
#include <utility>

#include "core/base/error.hpp"

namespace weft {

PagedTable::PagedTable(PagedTable&& other) noexcept
    : pool_(other.pool_),
      block_tokens_(other.block_tokens_),
      window_(other.window_),
      base_(other.base_),
      length_(other.length_),
      blocks_(std::move(other.blocks_)),
      split_(std::exchange(other.split_, std::nullopt)) {
  other.blocks_.clear();
}

Result<std::optional<PagedTable::Split>> PagedTable::reserve(int64_t n) {
  const auto needed = static_cast<std::size_t>((length_ + n - base_ + block_tokens_ - 1) / block_tokens_);
  const auto first_written = static_cast<std::size_t>((length_ - base_) / block_tokens_);
  const bool split = first_written < blocks_.size() && pool_->shared(blocks_[first_written]);
  std::vector<int32_t> fresh;
  fresh.reserve(needed + 1), blocks_.reserve(needed);  // what is taken below is not lost when memory runs out
  for (std::size_t i = blocks_.size(); i < needed + (split ? 1 : 0); ++i) {
    auto block = pool_->take();
    if (!block.ok()) {
      for (const int32_t taken : fresh) pool_->release(taken);
      return block.status();
    }
    fresh.push_back(*block);
  }
  if (split) {
    split_ = Split{blocks_[first_written], fresh[0]};
    // Another owner keeps the block as it is, so that roll_back can share it again.
    pool_->release(split_->from);
    blocks_[first_written] = split_->to;
  }
  blocks_.insert(blocks_.end(), fresh.begin() + (split ? 1 : 0), fresh.end());
  return split ? split_ : std::nullopt;
}

void PagedTable::advance(int64_t n) {
  split_.reset();
  length_ += n;
  if (window_ <= 0) return;
  // The next token has index length_ and sees the positions above length_ - window_.
  const int64_t visible = std::max<int64_t>(length_ - window_ + 1, 0);
  const int64_t new_base = visible / block_tokens_ * block_tokens_;
  const auto drop = static_cast<std::size_t>(std::max<int64_t>(new_base - base_, 0) / block_tokens_);
  for (std::size_t i = 0; i < drop; ++i) pool_->release(blocks_[i]);
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(drop));
  base_ = std::max(base_, new_base);
}

Status PagedTable::can_roll_back(int64_t length) const {
  if (length < 0 || length > length_) {
    return error(Code::kOutOfRange, "rollback to {} tokens of {}", length, length_);
  }
  // The next token would see the positions from length - window + 1 on.
  const int64_t needed = window_ > 0 ? std::max<int64_t>(length - window_ + 1, 0) : 0;
  if (needed < base_) {
    return error(Code::kFailedPrecondition,
                 "rollback to {} tokens needs position {}, the window has freed all below {}", length,
                 needed, base_);
  }
  return {};
}

void PagedTable::roll_back(int64_t length) {
  if (split_) {
    *std::find(blocks_.begin(), blocks_.end(), split_->to) = split_->from;
    pool_->share(split_->from);
    pool_->release(split_->to);
    split_.reset();
  }
  length_ = length;
  const auto keep = static_cast<std::size_t>((length_ - base_ + block_tokens_ - 1) / block_tokens_);
  while (blocks_.size() > keep) {
    pool_->release(blocks_.back());
    blocks_.pop_back();
  }
}

PagedTable PagedTable::fork() const {
  PagedTable twin(*pool_, block_tokens_, window_);
  twin.base_ = base_;
  twin.length_ = length_;
  twin.blocks_ = blocks_;
  for (int32_t block : blocks_) pool_->share(block);
  return twin;
}

void PagedTable::clear() {
  for (int32_t block : blocks_) pool_->release(block);
  blocks_.clear();
}

}  // namespace weft
