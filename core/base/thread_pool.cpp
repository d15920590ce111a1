#include "core/base/thread_pool.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>

namespace weft {
namespace {

thread_local bool inside_job = false;
thread_local uint32_t own_worker = 0;  // valid inside of a job

// How often a worker looks for a job before it sleeps. The jobs of a step follow each other within microseconds.
// Larger: more time is burnt between steps; smaller: jobs wait for workers to wake up.
constexpr int kSpins = 2000;

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

constexpr uint64_t kJoined = 0x7fff, kOpen = 0x8000;
uint32_t size_of(uint64_t gate) { return static_cast<uint32_t>(gate >> 16) & 0xffff; }
uint32_t number_of(uint64_t gate) { return static_cast<uint32_t>(gate >> 32); }
uint64_t closed_gate(uint32_t number, uint32_t size) { return uint64_t{number} << 32 | uint64_t{size} << 16; }

/// The processors that this thread may use; empty: not known.
std::vector<int> allowed_processors() {
  std::vector<int> found;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return found;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &set)) found.push_back(i);
  }
  return found;
}

void pin(std::thread& thread, int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  pthread_setaffinity_np(thread.native_handle(), sizeof set, &set);  // if this is refused, the thread runs where it may
}

struct Ranges {
  std::atomic<uint64_t> next{0};
  uint64_t n, grain;
  ThreadPool::Range fn;
  void* arg;
};

}  // namespace

ThreadPool::ThreadPool(uint32_t workers, bool pinned) {
  try {
    const std::vector<int> processors = pinned ? allowed_processors() : std::vector<int>();
    for (uint32_t i = 1; i < std::min<uint32_t>(workers, kJoined); ++i) {
      threads_.emplace_back([this, i] { loop(i); });
      if (!processors.empty()) pin(threads_.back(), processors[i % processors.size()]);
    }
  } catch (const std::exception&) {  // no more threads or memory: the pool has as many workers as it got
  }
  workers_ = static_cast<uint32_t>(threads_.size()) + 1;
}

ThreadPool::~ThreadPool() {
  stop_ = true;
  {
    std::lock_guard lock(mutex_);
  }
  wake_.notify_all();
  for (std::thread& t : threads_) t.join();
}

/// Waits for a job other than the one with number `seen`, first spinning, then asleep, and returns its gate. Any value
/// once the pool stops.
uint64_t ThreadPool::next_job(uint32_t seen) {
  for (int i = 0; i < kSpins; ++i) {
    const uint64_t gate = gate_.load(std::memory_order_acquire);
    if (number_of(gate) != seen || stop_.load(std::memory_order_relaxed)) return gate;
    pause();
  }
  std::unique_lock lock(mutex_);
  ++sleepers_;
  wake_.wait(lock, [&] { return number_of(gate_.load()) != seen || stop_.load(); });
  --sleepers_;
  return gate_.load();
}

void ThreadPool::loop(uint32_t worker) {
  inside_job = true;
  own_worker = worker;
  uint32_t seen = 0;
  while (true) {
    uint64_t gate = next_job(seen);
    if (stop_.load()) return;
    seen = number_of(gate);
    while ((gate & kOpen) != 0 && number_of(gate) == seen && worker < size_of(gate)) {
      if (!gate_.compare_exchange_weak(gate, gate + 1)) continue;
      job_(arg_, worker, size_of(gate));
      ++finished_;
      if (caller_sleeps_.load()) {
        std::lock_guard lock(mutex_);
        done_.notify_all();
      }
      break;
    }
  }
}

void ThreadPool::wait_for(uint32_t finished) {
  for (int i = 0; i < kSpins; ++i) {
    if (finished_.load(std::memory_order_acquire) == finished) return;
    pause();
  }
  std::unique_lock lock(mutex_);
  caller_sleeps_ = true;
  done_.wait(lock, [&] { return finished_.load() == finished; });
  caller_sleeps_ = false;
}

/// Runs fn as rank 0 on this thread. Other ranks are run by the workers that join before this thread is done; with
/// `all` it waits until all have joined.
void ThreadPool::run(uint32_t size, bool all, Rank fn, void* arg) {
  std::lock_guard turn(turn_);
  job_ = fn, arg_ = arg;
  finished_ = 0;
  gate_ = closed_gate(number_of(gate_.load()) + 1, size) | kOpen;
  if (sleepers_.load() > 0) {
    {
      std::lock_guard lock(mutex_);
    }
    wake_.notify_all();
  }
  inside_job = true;
  fn(arg, 0, size);
  inside_job = false;
  if (all) wait_for(size - 1);
  wait_for(static_cast<uint32_t>(gate_.fetch_and(~kOpen) & kJoined));
}

uint32_t ThreadPool::team_run(uint32_t want, Rank fn, void* arg) {
  const uint32_t size = std::min(std::max(want, 1u), workers_);
  if (inside_job || size == 1) {
    fn(arg, 0, 1);
    return 1;
  }
  run(size, true, fn, arg);
  return size;
}

void ThreadPool::parallel_for(uint64_t n, uint64_t grain, Range fn, void* arg) {
  if (n == 0) return;
  grain = std::max<uint64_t>(grain, 1);
  const uint64_t pieces = (n - 1) / grain + 1;
  if (pieces == 1 || inside_job || workers_ == 1) {
    fn(arg, 0, n, inside_job ? own_worker : 0);
    return;
  }
  Ranges ranges;
  ranges.n = n, ranges.grain = grain, ranges.fn = fn, ranges.arg = arg;
  run(static_cast<uint32_t>(std::min<uint64_t>(pieces, workers_)), false,
      [](void* p, uint32_t rank, uint32_t size) {
        Ranges& r = *static_cast<Ranges*>(p);
        uint64_t begin = r.next.load();
        while (begin < r.n) {
          // A piece is a quarter of a worker's share of what is left: few pieces, and small ones at the end, where all
          // wait.
          const uint64_t rest = r.n - begin,
                         end = begin + std::min(rest, std::max(r.grain, rest / (uint64_t{4} * size)));
          if (!r.next.compare_exchange_weak(begin, end)) continue;
          r.fn(r.arg, begin, end, rank);
          begin = r.next.load();
        }
      },
      &ranges);
}

}  // namespace weft
