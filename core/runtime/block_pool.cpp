#include "core/runtime/block_pool.hpp"

#include "core/base/error.hpp"

namespace weft {

BlockPool::BlockPool(int32_t n_blocks) : owners_(static_cast<std::size_t>(n_blocks), 0) {
  for (int32_t i = 0; i < n_blocks; ++i) free_.push(i);
  free_count_ = n_blocks;
}

Result<int32_t> BlockPool::take() {
  if (free_.empty()) {
    return error(Code::kResourceExhausted, "all {} blocks of the cache are in use", owners_.size());
  }
  const int32_t block = free_.top();
  free_.pop();
  --free_count_;
  owners_[static_cast<std::size_t>(block)] = 1;
  return block;
}

void BlockPool::release(int32_t block) {
  if (--owners_[static_cast<std::size_t>(block)] == 0) {
    free_.push(block);
    ++free_count_;
  }
}

}  // namespace weft
