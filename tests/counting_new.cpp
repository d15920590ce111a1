#include "tests/counting_new.hpp"

#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace weft::testing_memory {
namespace {

std::atomic<uint64_t> live{0}, peak{0};
thread_local uint64_t countdown = 0;
thread_local bool sticky = false, failed = false;
bool (*spared)() = nullptr;

bool must_fail() {
  if (failed && sticky) return true;
  if (countdown == 0 || --countdown != 0) return false;
  if (spared != nullptr && spared()) {
    countdown = 1;  // the next one, then
    return false;
  }
  return failed = true;
}

void* take(std::size_t bytes, std::size_t align) noexcept {
  if (must_fail()) return nullptr;
  void* p = align > alignof(std::max_align_t) ? std::aligned_alloc(align, (bytes + align - 1) / align * align)
                                              : std::malloc(bytes ? bytes : 1);
  if (p == nullptr) return nullptr;
  const uint64_t size = malloc_usable_size(p), now = live.fetch_add(size) + size;
  uint64_t most = peak.load();
  while (now > most && !peak.compare_exchange_weak(most, now)) {
  }
  return p;
}
void* take_or_throw(std::size_t bytes, std::size_t align) {
  void* p = take(bytes, align);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}
void give(void* p) noexcept {
  if (p == nullptr) return;
  live.fetch_sub(malloc_usable_size(p));
  std::free(p);
}

}  // namespace

uint64_t live_bytes() { return live; }
uint64_t peak_bytes() { return peak; }
void reset_peak() { peak = live.load(); }
void fail_at(uint64_t n, bool all_after) { countdown = n, sticky = all_after, failed = false; }
bool has_failed() { return failed; }
void spare(bool (*which)()) { spared = which; }

}  // namespace weft::testing_memory

using weft::testing_memory::give, weft::testing_memory::take, weft::testing_memory::take_or_throw;

void* operator new(std::size_t n) { return take_or_throw(n, 1); }
void* operator new[](std::size_t n) { return take_or_throw(n, 1); }
void* operator new(std::size_t n, std::align_val_t a) { return take_or_throw(n, static_cast<std::size_t>(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return take_or_throw(n, static_cast<std::size_t>(a)); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return take(n, 1); }
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return take(n, 1); }
void operator delete(void* p) noexcept { give(p); }
void operator delete[](void* p) noexcept { give(p); }
void operator delete(void* p, std::size_t) noexcept { give(p); }
void operator delete[](void* p, std::size_t) noexcept { give(p); }
void operator delete(void* p, std::align_val_t) noexcept { give(p); }
void operator delete[](void* p, std::align_val_t) noexcept { give(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { give(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { give(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { give(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { give(p); }
