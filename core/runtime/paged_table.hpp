// One sequence's table in one paged group: which block holds which positions.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/runtime/id_pool.hpp"

namespace weft {

/// Position p in [base, length) sits in slot blocks[(p-base)/block_tokens]*block_tokens +
/// p%block_tokens; base is a multiple of block_tokens. [one thread per table and its pool]
class PagedTable {
 public:
  /// Copies block `from` to block `to` in every state of the group.
  using CopyBlock = std::function<Status(int32_t from, int32_t to)>;

  PagedTable(IdPool& pool, int32_t block_tokens, int64_t window)
      : pool_(&pool), block_tokens_(block_tokens), window_(window) {}
  ~PagedTable() { clear(); }
  PagedTable(PagedTable&& other) noexcept;
  PagedTable& operator=(PagedTable&&) = delete;
  PagedTable(const PagedTable&) = delete;

  /// Room for n more tokens: fresh blocks are taken and a shared last block is copied, so that each
  /// block written has one owner. On failure nothing has changed.
  Status reserve(int64_t n, const CopyBlock& copy);
  /// After a step has written n tokens; frees the blocks that no later token can see.
  void advance(int64_t n);
  /// FAILED_PRECONDITION when a freed block would be needed after it.
  Status can_roll_back(int64_t length) const;
  /// Forgets all from position `length` on, to which it can roll back; gives back what was reserved.
  void roll_back(int64_t length);
  /// The same content in a second table; blocks are shared until one side writes.
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
  int64_t window_;  // 0: all
  int64_t base_ = 0, length_ = 0;
  std::vector<int32_t> blocks_;
};

}  // namespace weft
