// The thread pool that the core and all plugins share.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace weft {

/// Runs jobs on several threads. Calls from inside of a job run inline; calls from two threads take turns. A job's
/// function must not throw: other threads still use what it was given. [any-thread]
class ThreadPool {
 public:
  using Range = void (*)(void* arg, uint64_t begin, uint64_t end, uint32_t worker);
  using Rank = void (*)(void* arg, uint32_t rank, uint32_t size);

  /// `workers` counts the caller, and is at least 1. Where the system gives fewer threads, there are fewer workers.
  /// `pinned`: each thread stays on one of the processors that the constructing thread may use; the first of these is
  /// left to callers, whose own threads are not pinned.
  explicit ThreadPool(uint32_t workers, bool pinned = false);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  uint32_t workers() const { return workers_; }
  /// Runs fn over [0, n) and returns when all pieces are done. It does not wait for a worker that comes too late to
  /// take a piece.
  void parallel_for(uint64_t n, uint64_t grain, Range fn, void* arg);
  /// Runs fn as `want` ranks, or fewer, that all run at the same time; returns how many there were.
  uint32_t team_run(uint32_t want, Rank fn, void* arg);

 private:
  void loop(uint32_t worker);
  uint64_t next_job(uint32_t seen);
  void run(uint32_t size, bool all, Rank fn, void* arg);
  void wait_for(uint32_t finished);

  uint32_t workers_ = 1;
  std::mutex turn_;  // held while a job runs

  // The current job. Only threads that have joined it read its fields.
  Rank job_ = nullptr;
  void* arg_ = nullptr;
  // The job's gate: how many have joined (15 bits), whether more may join (1), its size (16), its number (32).
  std::atomic<uint64_t> gate_{0};
  std::atomic<uint32_t> finished_{0};  // how many of those that joined have finished

  std::mutex mutex_;  // only for sleeping
  std::condition_variable wake_, done_;
  std::atomic<uint32_t> sleepers_{0};
  std::atomic<bool> caller_sleeps_{false}, stop_{false};
  std::vector<std::thread> threads_;  // declared last: the threads use the members above
};

}  // namespace weft
