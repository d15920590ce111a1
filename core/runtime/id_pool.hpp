// The ids of a state group's blocks, or of its rows: handed out lowest first, shared by counting owners.
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "weft/status.hpp"

namespace weft {

/// An id is free, or has one owner or more. [one thread per pool]
class IdPool {
 public:
  explicit IdPool(int32_t count);

  int32_t size() const { return static_cast<int32_t>(owners_.size()); }
  int32_t free_count() const { return free_count_; }
  /// Takes a free id, which then has one owner. RESOURCE_EXHAUSTED: none is free.
  Result<int32_t> take();
  void share(int32_t id) { ++owners_[static_cast<std::size_t>(id)]; }
  void release(int32_t id);
  bool shared(int32_t id) const { return owners_[static_cast<std::size_t>(id)] > 1; }

 private:
  std::vector<int32_t> owners_;  // by id: how many it has; 0: it is free
  std::priority_queue<int32_t, std::vector<int32_t>, std::greater<>> free_;
  int32_t free_count_ = 0;
};

}  // namespace weft
