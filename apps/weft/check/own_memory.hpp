// What a library allocates by itself, by new and malloc.
#pragma once

#include <cstdint>
#include <vector>

#include "weft/status.hpp"

namespace weft::app {

/// The calls that one library makes of new and malloc, counted, and made to fail from one on. Its table of imported
/// functions is changed for it, so other libraries notice nothing; what the C++ library allocates for it is not seen.
/// All functions but take are [any-thread].
class OwnMemory {
 public:
  /// `inside`: a function of the library. UNIMPLEMENTED: the machine's relocations are not known, or the library
  /// imports no function that allocates.
  static Status take(const void* inside);
  static void count_from_zero();
  static uint64_t calls();
  /// Lets the n-th call from now on (1: the next) and all later ones fail. 0: none.
  static void fail_at(uint64_t n);
  /// Which of so many calls to let fail: all, or some that lie evenly.
  static std::vector<uint64_t> tried(uint64_t calls);
};

}  // namespace weft::app
