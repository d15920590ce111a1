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
  explicit ThreadPool(uint32_t workers);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  uint32_t workers() const { return workers_; }
  void parallel_for(uint64_t n, uint64_t grain, Range fn, void* arg);
  /// All ranks run at once; returns how many there were.
  uint32_t team_run(uint32_t want, Rank fn, void* arg);

 private:
  void loop(uint32_t worker);

  uint32_t workers_ = 1;
  std::mutex turn_;  // held while a job runs
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::atomic<uint64_t> generation_{0};
  std::atomic<uint32_t> running_{0};
  Rank job_ = nullptr;
  void* arg_ = nullptr;
  uint32_t size_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;  // last: they use the members above
};

}  // namespace weft
