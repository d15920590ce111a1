#include "core/device/host_memory.hpp"

#include <sys/mman.h>

#include "core/base/error.hpp"
#include "core/base/large_pages.hpp"

namespace weft {

Result<HostMemory> HostMemory::reserve(uint64_t bytes) {
  if (bytes == 0) bytes = 1;
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
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
  if (data_ != nullptr) munmap(data_, bytes_);
}

}  // namespace weft
