// Memory that a device works on: pages of the host, or a buffer of the device. Nothing else knows both.
#pragma once

#include <memory>
#include <string>

#include "core/device/device.hpp"
#include "core/device/host_memory.hpp"

namespace weft {

class Memory {
 public:
  Memory() = default;
  /// For a device with host pointers, zeroed pages that cost nothing until they are touched; otherwise a buffer, whose
  /// content is undefined. `what` is it for ("states of group kv"), which errors and the device's ledger say.
  /// RESOURCE_EXHAUSTED: needed, free, and what takes most.
  static Result<Memory> reserve(std::shared_ptr<Device> device, uint64_t bytes, std::string what);
  static Result<Memory> reserve_host(uint64_t bytes);
  /// A part of memory of the host, which must outlive it.
  static Memory part_of(const HostMemory& whole, uint64_t offset, uint64_t bytes);
  ~Memory();
  Memory(Memory&& other) noexcept { swap(other); }
  Memory& operator=(Memory&& other) noexcept {
    swap(other);
    return *this;
  }

  uint64_t size() const { return bytes_; }
  /// Where the host reaches it; null: it cannot.
  uint8_t* host() const { return host_; }
  /// Null: it is the host's.
  weft_buffer* buffer() const { return buffer_; }
  /// See HostMemory; false where it is a device's, or a part of other memory.
  bool written_past() const { return pages_.written_past(); }
  weft_binding binding(uint32_t value, uint64_t block_stride = 0) const;
  /// A region of a transfer, of which one end is `bytes` of this memory from `offset` on.
  void be_source(weft_region& region, uint64_t offset) const;
  void be_target(weft_region& region, uint64_t offset) const;

 private:
  void swap(Memory& other) noexcept;

  std::shared_ptr<Device> device_;  // whose buffer it is
  HostMemory pages_;
  weft_buffer* buffer_ = nullptr;
  uint8_t* host_ = nullptr;
  uint64_t bytes_ = 0;
  std::string what_;
};

}  // namespace weft
