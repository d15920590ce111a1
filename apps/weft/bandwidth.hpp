// How fast this machine reads memory: what decoding is measured against.
#pragma once

#include <cstdint>

#include "core/base/thread_pool.hpp"

namespace weft::app {

/// Bytes a second that the pool's workers read together from `bytes` of memory; best of three passes.
double read_bandwidth(ThreadPool& pool, uint64_t bytes);

/// Seconds of a clock that only goes forward.
double seconds_now();

}  // namespace weft::app
