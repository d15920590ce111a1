// How much of a device's memory may be taken.
#pragma once

#include <atomic>
#include <cstdint>

namespace weft::vulkan {

/// The memory of a device that its opener may take, in bytes. [any-thread]
class Budget {
 public:
  explicit Budget(uint64_t most) : most_(most) {}
  /// False: so much is not left, and nothing is taken.
  bool take(uint64_t bytes) {
    uint64_t taken = taken_;
    do {
      if (bytes > most_ - taken) return false;
    } while (!taken_.compare_exchange_weak(taken, taken + bytes));
    return true;
  }
  void give(uint64_t bytes) { taken_ -= bytes; }
  uint64_t most() const { return most_; }
  uint64_t left() const { return most_ - taken_; }

 private:
  const uint64_t most_;
  std::atomic<uint64_t> taken_{0};
};

}  // namespace weft::vulkan
