// Memory from the host's allocator, which an embedding program may have replaced.
#pragma once

#include <cstdint>
#include <utility>

#include "weft/sdk/error.hpp"

namespace weft::sdk {

/// n values of a trivial type, uninitialised and aligned to a cache line. The memory returns to the host that gave it.
template <class T>
class HostArray {
 public:
  HostArray() = default;
  explicit HostArray(uint64_t n) : host_(&host()) {
    if (__builtin_mul_overflow(n, sizeof(T), &bytes_)) fail(WEFT_RESOURCE_EXHAUSTED, "an array's size overflows");
    data_ = static_cast<T*>(host_->alloc(host_->ctx, bytes_, kAlign));
    if (data_ == nullptr) fail(WEFT_RESOURCE_EXHAUSTED, "no memory for " + std::to_string(bytes_) + " bytes");
  }
  ~HostArray() {
    if (data_ != nullptr) host_->free(host_->ctx, data_, bytes_, kAlign);
  }
  HostArray(HostArray&& o) noexcept : host_(o.host_), data_(std::exchange(o.data_, nullptr)), bytes_(o.bytes_) {}
  HostArray& operator=(HostArray&& o) noexcept {
    std::swap(host_, o.host_), std::swap(data_, o.data_), std::swap(bytes_, o.bytes_);
    return *this;
  }
  T* data() const { return data_; }

 private:
  static constexpr uint64_t kAlign = 64;
  const weft_host* host_ = nullptr;
  T* data_ = nullptr;
  uint64_t bytes_ = 0;
};

}  // namespace weft::sdk
