// Which blocks of a paged group hold which positions of one sequence.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/runtime/id_pool.hpp"

namespace weft {

/// Position p in [base, length) is in slot blocks[(p-base)/block_tokens]*block_tokens + p%block_tokens; base is a
/// multiple of block_tokens. [one thread per table and its pool]
class PagedTable {
 public:
  /// Block `to` must become a copy of block `from`, in every state of the group, before the step writes.
  struct Split {
    int32_t from, to;
  };

  PagedTable(IdPool& pool, int32_t block_tokens, int64_t window)
      : pool_(&pool), block_tokens_(block_tokens), window_(window) {}
  ~PagedTable() { clear(); }
  PagedTable(PagedTable&& other) noexcept;
  PagedTable& operator=(PagedTable&&) = delete;
  PagedTable(const PagedTable&) = delete;

  /// Makes room for n more tokens: takes fresh blocks, also one for a shared last block, so that each block that will
  /// be written has one owner. On failure nothing has changed.
  Result<std::optional<Split>> reserve(int64_t n);
  /// Called after a step has written n tokens. Frees the blocks that no later token can see.
  void advance(int64_t n);
  /// FAILED_PRECONDITION: after rolling back to `length`, a block would be needed that has been freed.
  Status can_roll_back(int64_t length) const;
  /// Forgets the tokens from position `length` on, and gives back what was reserved. The table must be able to roll
  /// back to it.
  void roll_back(int64_t length);
  /// A second table with the same content. The two share blocks until one of them writes.
  PagedTable fork() const;

  int64_t length() const { return length_; }
  int64_t base() const { return base_; }
  const std::vector<int32_t>& blocks() const { return blocks_; }
  int32_t slot(int64_t position) const {
    const auto i = static_cast<std::size_t>((position - base_) / block_tokens_);
    return blocks_[i] * block_tokens_ + static_cast<int32_t>(position % block_tokens_);
  }

 private:
  void clear();

  IdPool* pool_;
  int32_t block_tokens_;
  int64_t window_;  // how many of the last tokens are visible; 0: all
  int64_t base_ = 0, length_ = 0;
  std::vector<int32_t> blocks_;
  std::optional<Split> split_;  // reserved, and not yet written
};

}  // namespace weft
