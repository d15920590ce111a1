// An account of a device's memory.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace weft {

/// How many bytes each kind of thing takes: "states of group kv". [any-thread]
class Ledger {
 public:
  void add(const std::string& what, uint64_t bytes) {
    std::lock_guard lock(mutex_);
    bytes_[what] += bytes;
  }
  /// Takes back what add() was told; frees no memory of its own, so that it cannot fail.
  void remove(const std::string& what, uint64_t bytes) noexcept {
    std::lock_guard lock(mutex_);
    const auto it = bytes_.find(what);
    if (it != bytes_.end()) it->second -= bytes;
  }
  uint64_t total() const {
    std::lock_guard lock(mutex_);
    uint64_t sum = 0;
    for (const auto& [what, bytes] : bytes_) sum += bytes;
    return sum;
  }
  /// The kind of thing that takes most; its size is 0 where nothing is kept.
  std::pair<std::string, uint64_t> largest() const {
    std::lock_guard lock(mutex_);
    std::pair<std::string, uint64_t> most;
    for (const auto& [what, bytes] : bytes_) {
      if (bytes > most.second) most = {what, bytes};
    }
    return most;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> bytes_;
};

}  // namespace weft
