// A hash that keeps up with a download.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "hub/hash.hpp"
#include "hub/part_file.hpp"

namespace weft::hub {

/// Hashes a file while it grows, up to its first gap, on a thread of its own.
class Follower {
 public:
  Follower(PartFile& part, Hasher hasher)
      : part_(part),
        hasher_(std::move(hasher)),
        failed_(Code::kResourceExhausted, "out of memory while hashing"),
        thread_([this] { run(); }) {}
  ~Follower() { give_up_ = true, thread_.join(); }
  /// The hash. Call it when all bytes are there; it waits until they are hashed.
  Result<std::string> hex() {
    complete_ = true;
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return over_; });
    if (!status_.ok()) return status_;
    return hasher_.hex();
  }

 private:
  void run() noexcept {
    try {
      follow();
    } catch (...) {
      status_ = failed_;
    }
    std::lock_guard lock(mutex_);
    over_ = true;
    ended_.notify_all();
  }
  void follow() {
    std::vector<char> buffer(std::size_t{1} << 20);
    std::size_t chunk = 0;
    for (uint64_t at = 0; at < part_.size() && !give_up_ && status_.ok();) {
      const uint64_t ready = std::min<uint64_t>(part_.front(chunk) - at, buffer.size());
      if (ready == 0 || (ready < buffer.size() && !complete_)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        continue;
      }
      status_ = part_.read(at, buffer.data(), ready);
      hasher_.update({buffer.data(), ready});
      at += ready;
    }
  }

  PartFile& part_;
  Hasher hasher_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::atomic<bool> complete_{false}, give_up_{false};
  bool over_ = false;
  Status status_;
  const Status failed_;  // made before it is needed, when there may be no memory
  std::thread thread_;  // last: it uses the members above
};

}  // namespace weft::hub
