#include "core/base/thread_pool.hpp"

#include <algorithm>

namespace weft {
namespace {

thread_local bool inside_job = false;
thread_local uint32_t own_worker = 0;  // while inside a job

// Spins this often before it sleeps: a step's jobs follow each other within microseconds.
constexpr int kSpins = 2000;

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

struct Ranges {
  std::atomic<uint64_t> next{0};
  uint64_t n, grain;
  ThreadPool::Range fn;
  void* arg;
};

}  // namespace

ThreadPool::ThreadPool(uint32_t workers) {
  try {
    for (uint32_t i = 1; i < workers; ++i) threads_.emplace_back([this, i] { loop(i); });
  } catch (const std::exception&) {  // no more threads or memory: the pool is as large as it got
  }
  workers_ = static_cast<uint32_t>(threads_.size()) + 1;
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    generation_.fetch_add(1);
  }
  wake_.notify_all();
  for (std::thread& t : threads_) t.join();
}

void ThreadPool::loop(uint32_t worker) {
  inside_job = true;
  own_worker = worker;
  uint64_t seen = 0;
  while (true) {
    for (int i = 0; i < kSpins && generation_.load(std::memory_order_acquire) == seen; ++i) pause();
    Rank job;
    void* arg;
    uint32_t size;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return generation_.load() != seen; });
      seen = generation_.load();
      if (stop_) return;
      job = job_, arg = arg_, size = size_;
    }
    if (worker < size) {
      job(arg, worker, size);
      if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        std::lock_guard lock(mutex_);
        done_.notify_all();
      }
    }
  }
}

uint32_t ThreadPool::team_run(uint32_t want, Rank fn, void* arg) {
  const uint32_t size = std::min(std::max(want, 1u), workers_);
  if (inside_job || size == 1) {
    fn(arg, 0, 1);
    return 1;
  }
  std::lock_guard turn(turn_);
  running_.store(size - 1);
  {
    std::lock_guard lock(mutex_);
    job_ = fn, arg_ = arg, size_ = size;
    generation_.fetch_add(1, std::memory_order_release);
  }
  wake_.notify_all();
  inside_job = true;
  fn(arg, 0, size);
  inside_job = false;
  for (int i = 0; i < kSpins && running_.load(std::memory_order_acquire) != 0; ++i) pause();
  if (running_.load(std::memory_order_acquire) != 0) {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return running_.load() == 0; });
  }
  return size;
}

void ThreadPool::parallel_for(uint64_t n, uint64_t grain, Range fn, void* arg) {
  if (n == 0) return;
  grain = std::max<uint64_t>(grain, 1);
  const uint64_t pieces = (n + grain - 1) / grain;
  if (pieces == 1 || inside_job || workers_ == 1) {
    fn(arg, 0, n, inside_job ? own_worker : 0);
    return;
  }
  Ranges ranges;
  ranges.n = n, ranges.fn = fn, ranges.arg = arg;
  // About four pieces a worker: small enough to balance, large enough to be cheap.
  ranges.grain = std::max(grain, (n + workers_ * 4 - 1) / (workers_ * 4));
  team_run(static_cast<uint32_t>(std::min<uint64_t>(pieces, workers_)),
           [](void* p, uint32_t rank, uint32_t) {
             Ranges& r = *static_cast<Ranges*>(p);
             while (true) {
               const uint64_t begin = r.next.fetch_add(r.grain);
               if (begin >= r.n) return;
               r.fn(r.arg, begin, std::min(begin + r.grain, r.n), rank);
             }
           },
           &ranges);
}

}  // namespace weft
