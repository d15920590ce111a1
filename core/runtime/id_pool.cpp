#include "core/runtime/id_pool.hpp"

#include "core/base/error.hpp"

namespace weft {

IdPool::IdPool(int32_t count) : owners_(static_cast<std::size_t>(count), 0) {
  for (int32_t i = 0; i < count; ++i) free_.push(i);
  free_count_ = count;
}

Result<int32_t> IdPool::take() {
  if (free_.empty()) {
    return error(Code::kResourceExhausted, "all {} blocks of the cache are in use", owners_.size());
  }
  const int32_t id = free_.top();
  free_.pop();
  --free_count_;
  owners_[static_cast<std::size_t>(id)] = 1;
  return id;
}

void IdPool::release(int32_t id) {
  if (--owners_[static_cast<std::size_t>(id)] == 0) {
    free_.push(id);
    ++free_count_;
  }
}

}  // namespace weft
