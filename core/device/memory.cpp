#include "core/device/memory.hpp"

#include <utility>

#include "core/base/bytes_text.hpp"
#include "core/base/error.hpp"

namespace weft {
namespace {

/// The error for a buffer that the device could not make.
Status exhausted(const Device& device, uint64_t bytes, const std::string& what, const Status& why) {
  const auto now = device_info(device.table(), device.index());
  std::string text = fmt::format("{} on {} take {}", what, device.name(), bytes_text(bytes));
  if (now.ok() && now->mem_free != 0) text += ", " + bytes_text(now->mem_free) + " are free";
  const auto [most, size] = device.ledger().largest();
  if (size != 0) text += fmt::format("; most of it have {} with {}", most, bytes_text(size));
  return {Code::kResourceExhausted, fmt::format("{} ({})", text, why.message())};
}

}  // namespace

Result<Memory> Memory::reserve_host(uint64_t bytes) {
  Memory memory;
  WEFT_TRY(memory.pages_, HostMemory::reserve(bytes));
  memory.host_ = memory.pages_.data(), memory.bytes_ = bytes;
  return memory;
}

Memory Memory::part_of(const HostMemory& whole, uint64_t offset, uint64_t bytes) {
  Memory memory;
  memory.host_ = whole.data() + offset, memory.bytes_ = bytes;
  return memory;
}

Result<Memory> Memory::reserve(std::shared_ptr<Device> device, uint64_t bytes, std::string what) {
  if (device->host_pointers()) {
    auto memory = reserve_host(bytes);
    return memory.ok() ? std::move(memory) : memory.status().with_context(what);
  }
  const DeviceInfo& info = device->info();
  if (bytes > UINT64_MAX - info.align) return error(Code::kResourceExhausted, "{} exceed 64-bit sizes", what);
  bytes = (std::max<uint64_t>(bytes, 1) + info.align - 1) / info.align * info.align;
  if (info.max_buffer != 0 && bytes > info.max_buffer) {
    return error(Code::kResourceExhausted, "{} take {} in one piece, {} has buffers of at most {}", what,
                 bytes_text(bytes), device->name(), bytes_text(info.max_buffer));
  }
  Memory memory;
  const weft_backend& api = device->api();
  memory.device_ = device;
  const Status made = device->make("buffer_new", memory.buffer_, [&](weft_buffer** out) {
    return api.buffer_new(device->handle(), WEFT_MEMORY_DEVICE, bytes, out);
  });
  if (made.code() == Code::kResourceExhausted) return exhausted(*device, bytes, what, made);
  WEFT_CHECK_OK(made);
  if (WEFT_HAS(&api, weft_backend, buffer_map) && api.buffer_map != nullptr) {
    void* mapped = nullptr;
    WEFT_CHECK_OK(device->call("buffer_map", [&] { return api.buffer_map(memory.buffer_, &mapped); }));
    memory.host_ = static_cast<uint8_t*>(mapped);
  }
  device->ledger().add(what, bytes);
  memory.bytes_ = bytes, memory.what_ = std::move(what);
  return memory;
}

Memory::~Memory() {
  if (buffer_ == nullptr) return;
  call_free([&] { device_->api().buffer_free(buffer_); });
  device_->ledger().remove(what_, bytes_);
}

void Memory::swap(Memory& other) noexcept {
  std::swap(device_, other.device_), std::swap(pages_, other.pages_), std::swap(buffer_, other.buffer_);
  std::swap(host_, other.host_), std::swap(bytes_, other.bytes_), std::swap(what_, other.what_);
}

weft_binding Memory::binding(uint32_t value, uint64_t block_stride) const {
  weft_binding b{};
  b.hdr.struct_size = WEFT_END(weft_binding, block_stride);
  b.value = value, b.buffer = buffer_, b.host = buffer_ == nullptr ? host_ : nullptr;
  b.bytes = bytes_, b.block_stride = block_stride;
  return b;
}

void Memory::be_source(weft_region& region, uint64_t offset) const {
  if (buffer_ != nullptr) {
    region.from = buffer_, region.from_offset = offset;
  } else {
    region.from_host = host_ + offset;
  }
}

void Memory::be_target(weft_region& region, uint64_t offset) const {
  if (buffer_ != nullptr) {
    region.to = buffer_, region.to_offset = offset;
  } else {
    region.to_host = host_ + offset;
  }
}

}  // namespace weft
