#include "core/device/host_memory.hpp"

#include <sys/mman.h>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/large_pages.hpp"

namespace weft {

namespace {
constexpr uint64_t kBehind = 64;  // bytes behind the memory that show whether somebody wrote too far
}

Result<HostMemory> HostMemory::reserve(uint64_t bytes) {
  if (bytes == 0) bytes = 1;
  if (bytes > UINT64_MAX - kBehind) return error(Code::kResourceExhausted, "no address space for {} bytes", bytes);
  void* p = mmap(nullptr, bytes + kBehind, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) {
    return error(Code::kResourceExhausted, "no address space for {} bytes", bytes);
  }
  // Large pages begin behind the first 2 MB, so that memory of which little is used stays small.
  constexpr uint64_t kSmall = 2 << 20;
  if (bytes > kSmall) prefer_large_pages(static_cast<uint8_t*>(p) + kSmall, bytes - kSmall);
  return HostMemory(p, bytes);
}

HostMemory::~HostMemory() {
  if (data_ != nullptr) munmap(data_, bytes_ + kBehind);
}

bool HostMemory::written_past() const {
  const uint8_t* const end = data() + bytes_;
  return data_ != nullptr && std::any_of(end, end + kBehind, [](uint8_t b) { return b != 0; });
}

}  // namespace weft
