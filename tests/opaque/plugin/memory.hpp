// A device's memory. A buffer's handle is an address that nobody can read; its bytes are elsewhere.
#pragma once

#include <atomic>
#include <memory>

#include "tests/opaque/watch.hpp"
#include "weft/abi/backend.h"
#include "weft/sdk/host_array.hpp"

namespace opaque {

/// How much of a device is in use, whoever has opened it. [any-thread]
class Account {
 public:
  explicit Account(uint64_t total) : total_(total) {}
  uint64_t total() const { return total_; }
  uint64_t free() const { return total_ - used_; }
  /// RESOURCE_EXHAUSTED: so much is not free.
  void take(uint64_t bytes) {
    if (used_.fetch_add(bytes) + bytes <= total_) return;
    used_ -= bytes;
    weft::sdk::fail(WEFT_RESOURCE_EXHAUSTED, "the device is full");
  }
  void give_back(uint64_t bytes) { used_ -= bytes; }

 private:
  const uint64_t total_;
  std::atomic<uint64_t> used_ = 0;
};

/// Bytes of a device, which begin as 0xFF: floats are NaN.
class Bytes {
 public:
  Bytes(Account& account, uint64_t size);
  ~Bytes() { account_.give_back(size_); }
  Bytes(const Bytes&) = delete;
  uint8_t* data() const { return data_.data(); }
  uint64_t size() const { return size_; }

 private:
  Account& account_;
  uint64_t size_;
  weft::sdk::HostArray<uint8_t> data_;
};

/// The buffers of one open device. [any-thread]
class Buffers {
 public:
  Buffers(Account& account, Watch& watch) : account_(account), watch_(watch) {}
  weft_buffer* make(uint64_t bytes);
  /// The bytes of a buffer. INVALID_ARGUMENT, and a breach: it is none of this device's, or has been freed.
  std::shared_ptr<Bytes> find(weft_buffer* handle) const;

  /// For calls that name no device. A handle that is none ends the process.
  static Buffers& owner(weft_buffer* handle);
  void free(weft_buffer* handle);

 private:
  Account& account_;
  Watch& watch_;
};

}  // namespace opaque
