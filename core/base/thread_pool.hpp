// One pool for the core and all plugins.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace weft {

/// [any-thread] Calls from inside a job run inline. Calls from two threads take turns.
class ThreadPool {
 public:
  using Range = void (*)(void* arg, uint64_t begin, uint64_t end, uint32_t worker);
  using Rank = void (*)(void* arg, uint32_t rank, uint32_t size);

  /// `workers` counts the caller; at least 1. Where the system gives fewer threads, there are fewer.
  /// `pinned`: each thread stays on one of the processors that this thread may use, the first being left
  /// to callers, whose own place is not changed.
  explicit ThreadPool(uint32_t workers, bool pinned = false);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  uint32_t workers() const { return workers_; }
  /// A worker that comes too late to take a piece is not waited for.
  void parallel_for(uint64_t n, uint64_t grain, Range fn, void* arg);
  /// All ranks run at once; returns how many there were.
  uint32_t team_run(uint32_t want, Rank fn, void* arg);

 private:
  void loop(uint32_t worker);
  uint64_t next_job(uint32_t seen);
  void run(uint32_t size, bool all, Rank fn, void* arg);
  void wait_for(uint32_t finished);

  uint32_t workers_ = 1;
  std::mutex turn_;  // held while a job runs

  // The job at hand; its fields are read by those who have joined it alone.
  Rank job_ = nullptr;
  void* arg_ = nullptr;
  // Its gate: how many have joined (15 bits), whether one still may (1), its size (16), its number (32).
  std::atomic<uint64_t> gate_{0};
  std::atomic<uint32_t> finished_{0};  // of those who joined

  std::mutex mutex_;  // for sleeping alone
  std::condition_variable wake_, done_;
  std::atomic<uint32_t> sleepers_{0};
  std::atomic<bool> caller_sleeps_{false}, stop_{false};
  std::vector<std::thread> threads_;  // last: they use the members above
};

}  // namespace weft
