// Which of the commands that are recorded must wait for others.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace weft::vulkan {

/// Bytes of the device from an address on.
struct Span {
  uint64_t at = 0, bytes = 0;
};

/// What was read and written since the last barrier.
class Hazards {
 public:
  /// Whether these must wait: one of them is written and something else here reads or writes it.
  bool clash(const std::vector<Span>& reads, const std::vector<Span>& writes) const {
    return meet(reads, writes_) || meet(writes, writes_) || meet(writes, reads_);
  }
  void add(const std::vector<Span>& reads, const std::vector<Span>& writes) {
    reads_.insert(reads_.end(), reads.begin(), reads.end());
    writes_.insert(writes_.end(), writes.begin(), writes.end());
  }
  void clear() { reads_.clear(), writes_.clear(); }

 private:
  static bool meet(const std::vector<Span>& some, const std::vector<Span>& others) {
    return std::any_of(some.begin(), some.end(), [&](const Span& a) {
      return std::any_of(others.begin(), others.end(), [&](const Span& b) {
        return a.bytes > 0 && b.bytes > 0 && a.at < b.at + b.bytes && b.at < a.at + a.bytes;
      });
    });
  }

  std::vector<Span> reads_, writes_;
};

}  // namespace weft::vulkan
