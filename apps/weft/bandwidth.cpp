#include "apps/weft/bandwidth.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <vector>

namespace weft::app {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double read_bandwidth(ThreadPool& pool, uint64_t bytes) {
  std::vector<uint64_t> buffer(bytes / 8, 1);
  struct Arg {
    const uint64_t* data;
    std::atomic<uint64_t> sum{0};  // keeps the reads from being optimised away
  } arg{buffer.data()};
  double best = 0;
  for (int pass = 0; pass < 3; ++pass) {
    const double start = seconds_now();
    pool.parallel_for(buffer.size(), 1 << 16, [](void* p, uint64_t begin, uint64_t end, uint32_t) {
      Arg& a = *static_cast<Arg*>(p);
      uint64_t lanes[16] = {};
      for (uint64_t i = begin; i + 16 <= end; i += 16) {
        for (uint64_t j = 0; j < 16; ++j) lanes[j] += a.data[i + j];
      }
      for (uint64_t lane : lanes) a.sum += lane;
    }, &arg);
    best = std::max(best, static_cast<double>(bytes) / (seconds_now() - start));
  }
  return arg.sum == 0 ? 0 : best;
}

}  // namespace weft::app
