// The same work on several threads.
#pragma once

#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "weft/status.hpp"

namespace weft::hub {

/// Runs `work` on up to `count` threads, the caller's among them; on fewer where the system has no more. Gives the
/// first status that is not ok; an exception becomes one.
template <class Work>
Status run_on_threads(std::size_t count, const Work& work) {
  std::mutex mutex;
  Status failed;
  auto guarded = [&]() noexcept {
    Status s;
    try {
      s = work();
    } catch (const std::bad_alloc&) {
      s = Status(Code::kResourceExhausted, "out of memory");
    } catch (...) {
      s = Status(Code::kInternal, "an exception while fetching");
    }
    std::lock_guard lock(mutex);
    if (failed.ok()) failed = s;
  };
  std::vector<std::thread> threads;
  threads.reserve(count);
  try {
    for (std::size_t i = 1; i < count; ++i) threads.emplace_back(guarded);
  } catch (const std::system_error&) {
  }
  guarded();
  for (std::thread& t : threads) t.join();
  return failed;
}

}  // namespace weft::hub
