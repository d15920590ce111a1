// Memory that will be filled: large pages under it save most of the time that many small ones take.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace weft {

/// A hint for the whole large pages inside [begin, begin + bytes), before they are first written; small memory is left alone.
inline void prefer_large_pages([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
  constexpr std::uintptr_t kPage = std::uintptr_t{2} << 20;
  const auto at = reinterpret_cast<std::uintptr_t>(begin);
  const std::uintptr_t first = (at + kPage - 1) & ~(kPage - 1), last = (at + bytes) & ~(kPage - 1);
  if (first < last) (void)madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
}

/// Room for `count` elements.
template <class List>
void reserve_large(List& list, std::size_t count) {
  if (count <= list.capacity()) return;
  list.reserve(count);
  prefer_large_pages(list.data() + list.size(), (list.capacity() - list.size()) * sizeof(*list.data()));
}

}  // namespace weft
