// What the sanitizers that a test is built with change for it: WEFT_ASAN and WEFT_TSAN are 0 or 1.
#pragma once

// GCC defines macros; clang before 21 answers to __has_feature alone.
#if defined(__has_feature)
#define WEFT_HAS_FEATURE(name) __has_feature(name)
#else
#define WEFT_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || WEFT_HAS_FEATURE(address_sanitizer)
#define WEFT_ASAN 1
#else
#define WEFT_ASAN 0
#endif
#if defined(__SANITIZE_THREAD__) || WEFT_HAS_FEATURE(thread_sanitizer)
#define WEFT_TSAN 1
#else
#define WEFT_TSAN 0
#endif

#if WEFT_ASAN
#include <sanitizer/lsan_interface.h>
#endif

namespace weft::test {

/// While it lives, nothing that its thread allocates is a leak to AddressSanitizer: for plugins that leak by design.
class LeaksAllowed {
 public:
#if WEFT_ASAN
  LeaksAllowed() { __lsan_disable(); }
  ~LeaksAllowed() { __lsan_enable(); }
#else
  LeaksAllowed() {}
#endif
  LeaksAllowed(const LeaksAllowed&) = delete;
  LeaksAllowed& operator=(const LeaksAllowed&) = delete;
};

/// By how much a bound on processor time is multiplied: sanitizers, with -O1, make code several times slower.
inline constexpr double kSlowdown = WEFT_ASAN || WEFT_TSAN ? 5 : 1;

}  // namespace weft::test
