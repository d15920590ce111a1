// Large pages for memory that is going to be filled: faulting in many small pages would take most of the time.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace weft {

/// Asks for large pages inside of [begin, begin + bytes), before the memory is first written. Memory smaller than a
/// large page is left alone.
inline void prefer_large_pages([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
  constexpr std::uintptr_t kPage = std::uintptr_t{2} << 20;
  const auto at = reinterpret_cast<std::uintptr_t>(begin);
  const std::uintptr_t first = (at + kPage - 1) & ~(kPage - 1), last = (at + bytes) & ~(kPage - 1);
  if (first < last) (void)madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
}

/// Reserves room for `count` elements, in large pages where possible.
template <class List>
void reserve_large(List& list, std::size_t count) {
  if (count <= list.capacity()) return;
  list.reserve(count);
  prefer_large_pages(list.data() + list.size(), (list.capacity() - list.size()) * sizeof(*list.data()));
}

}  // namespace weft
