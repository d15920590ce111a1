// The thread of a device, which does its work late and in any order that waits allow.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>

#include "tests/opaque/plugin/settings.hpp"
#include "tests/opaque/watch.hpp"
#include "weft/abi/backend.h"

namespace opaque {

struct Failure {
  weft_code code;
  std::string message;
};

struct Device;

/// A line of work, under the worker's lock but for `device` and `in_call`.
struct Timeline {
  Device* device = nullptr;         // null: it is of one call alone
  uint64_t given = 0, reached = 0;  // reached: no work up to it runs any more
  uint64_t asked = 0;               // the highest value that somebody has waited for
  std::set<uint64_t> done;          // values above `reached` whose work is done
  std::optional<Failure> failure;   // of the work above `reached`, all of which is over
  std::atomic<bool> in_call = false;
};

/// [any-thread]
class Worker {
 public:
  Worker(const weft_host* host, const Settings& settings, Watch& watch, uint64_t seed);
  ~Worker();

  /// Accepts work. `when` without a signal: returns when it is done, and throws its failure.
  void give(const char* name, const weft_when& when, std::function<void(bool fails)> work);
  /// Whether the work up to `value` is over; throws its failure.
  bool wait(Timeline& timeline, uint64_t value, uint64_t timeout_ns);
  /// Whether work of the timeline is not over.
  bool busy(const Timeline& timeline);
  /// From now on nothing works but what gives back.
  void lose();
  bool lost();

 private:
  struct Job {
    const char* name;
    Timeline* timeline;
    uint64_t wait, signal;
    std::function<void(bool fails)> work;
  };
  using Lock = std::unique_lock<std::mutex>;

  void run();
  bool ready(const Job& job) const;
  void finish(const Job& job, std::optional<Failure> failure);
  void lose_all();  // under the lock
  bool chance(int64_t of) { return std::uniform_int_distribution<int64_t>(1, of)(random_) == 1; }

  const weft_host* host_;
  const Settings& settings_;
  Watch& watch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::mt19937_64 random_;
  std::list<Job> queue_;
  const Job* running_ = nullptr;
  bool lost_ = false, stop_ = false;
  std::thread thread_;
};

}  // namespace opaque
