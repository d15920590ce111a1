// Zeroed memory whose pages cost nothing until they are touched, for buffers that are sized for a maximum.
#pragma once

#include <cstdint>
#include <utility>

#include "weft/status.hpp"

namespace weft {

class HostMemory {
 public:
  HostMemory() = default;
  static Result<HostMemory> reserve(uint64_t bytes);
  ~HostMemory();
  HostMemory(HostMemory&& o) noexcept
      : data_(std::exchange(o.data_, nullptr)), bytes_(std::exchange(o.bytes_, 0)) {}
  HostMemory& operator=(HostMemory&& o) noexcept {
    std::swap(data_, o.data_);
    std::swap(bytes_, o.bytes_);
    return *this;
  }

  uint8_t* data() const { return static_cast<uint8_t*>(data_); }
  uint64_t size() const { return bytes_; }
  /// Whether something was written right behind the memory, where nothing is and nothing should be.
  bool written_past() const;

 private:
  HostMemory(void* data, uint64_t bytes) : data_(data), bytes_(bytes) {}
  void* data_ = nullptr;
  uint64_t bytes_ = 0;
};

}  // namespace weft
