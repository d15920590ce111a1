// Replaces operator new in a test program: counts what lives, and fails on demand.
#pragma once

#include <cstdint>

namespace weft::testing_memory {

/// Bytes that operator new has given and not taken back, all threads; the most since reset_peak.
uint64_t live_bytes();
uint64_t peak_bytes();
void reset_peak();

/// The n-th allocation of this thread from now on (1: the next) throws std::bad_alloc, and every later
/// one too if `all_after`. 0: none does.
void fail_at(uint64_t n, bool all_after);
/// Whether the failure that fail_at asked for has come.
bool has_failed();

}  // namespace weft::testing_memory
