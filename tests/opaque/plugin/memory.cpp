#include "tests/opaque/plugin/memory.hpp"

#include <sys/mman.h>

#include <cstring>
#include <map>
#include <mutex>

#include "tests/opaque/plugin/checks.hpp"

namespace opaque {

Bytes::Bytes(Account& account, uint64_t size) : account_(account), size_(size) {
  account.take(size);
  try {
    data_ = weft::sdk::HostArray<uint8_t>(size);
  } catch (...) {
    account.give_back(size);
    throw;
  }
  std::memset(data_.data(), 0xFF, size);
}

namespace {

struct Entry {
  Buffers* owner;
  std::shared_ptr<Bytes> bytes;
};
std::mutex mutex;
std::map<weft_buffer*, Entry> all;  // of all devices: buffer_free and buffer_map name none

}  // namespace

weft_buffer* Buffers::make(uint64_t bytes) {
  auto there = std::make_shared<Bytes>(account_, bytes);
  const std::lock_guard lock(mutex);
  void* address = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) weft::sdk::fail(WEFT_RESOURCE_EXHAUSTED, "no addresses for a buffer");
  auto* handle = static_cast<weft_buffer*>(address);
  try {
    all.emplace(handle, Entry{this, std::move(there)});
  } catch (...) {
    munmap(address, bytes);
    throw;
  }
  watch_.add(Kind::kBuffer, 1);
  return handle;
}

std::shared_ptr<Bytes> Buffers::find(weft_buffer* handle) const {
  const std::lock_guard lock(mutex);
  const auto it = all.find(handle);
  must(watch_, it != all.end() && it->second.owner == this, "a buffer is named that is none of the device's");
  return it->second.bytes;
}

Buffers& Buffers::owner(weft_buffer* handle) {
  const std::lock_guard lock(mutex);
  const auto it = all.find(handle);
  if (it == all.end()) __builtin_trap();
  return *it->second.owner;
}

void Buffers::free(weft_buffer* handle) {
  const std::lock_guard lock(mutex);
  const auto it = all.find(handle);
  // Jobs hold the bytes of their buffers until they are over; instances, as long as they are bound to them.
  if (it->second.bytes.use_count() > 1) watch_.complain("a buffer is freed that is still in use");
  munmap(handle, it->second.bytes->size());
  all.erase(it);
  watch_.add(Kind::kBuffer, -1);
}

}  // namespace opaque
