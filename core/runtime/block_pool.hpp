// The blocks of a paged state group: ids handed out lowest first, shared by reference counts.
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "weft/status.hpp"

namespace weft {

/// [one thread per pool] A block is free, or has one or more owners.
class BlockPool {
 public:
  explicit BlockPool(int32_t n_blocks);

  int32_t size() const { return static_cast<int32_t>(owners_.size()); }
  int32_t free_count() const { return free_count_; }
  /// A block with one owner; RESOURCE_EXHAUSTED when none is free.
  Result<int32_t> take();
  void share(int32_t block) { ++owners_[static_cast<std::size_t>(block)]; }
  void release(int32_t block);
  bool shared(int32_t block) const { return owners_[static_cast<std::size_t>(block)] > 1; }

 private:
  std::vector<int32_t> owners_;  // 0: free
  std::priority_queue<int32_t, std::vector<int32_t>, std::greater<>> free_;
  int32_t free_count_ = 0;
};

}  // namespace weft
