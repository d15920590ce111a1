// Replaces operator new and delete of a test program: counts the bytes in use, and fails on demand.
#pragma once

#include <cstdint>

namespace weft::testing_memory {

/// The bytes in use of all threads, and the most that were in use since reset_peak.
uint64_t live_bytes();
uint64_t peak_bytes();
void reset_peak();

/// Makes the n-th allocation of this thread from now on (1: the next) throw std::bad_alloc, and each later one too if
/// `all_after`. 0: no allocation throws.
void fail_at(uint64_t n, bool all_after);
/// Whether an allocation has failed since fail_at was called on this thread.
bool has_failed();
/// An allocation that is to fail and is made where which() is true succeeds, and the next one fails in its place. Null:
/// none does.
void spare(bool (*which)());

}  // namespace weft::testing_memory
