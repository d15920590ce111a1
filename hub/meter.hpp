// Adds up the progress that the threads of a pull report.
#pragma once

#include <chrono>
#include <mutex>

#include "hub/pull.hpp"

namespace weft::hub {

/// [any-thread] `progress`, which must outlive it, is called by one thread at a time.
class Meter {
 public:
  Meter(const std::function<void(const Progress&)>& progress, uint64_t all_size, uint32_t files) : progress_(progress) {
    now_.all_size = all_size, now_.files = files;
    tell(Progress::Kind::kStart, {}, 0, 0);
  }

  void bytes(std::string_view file, uint64_t done, uint64_t size, int64_t more) {
    std::lock_guard lock(mutex_);
    now_.all_done += static_cast<uint64_t>(more);
    const auto time = std::chrono::steady_clock::now();
    if (time - told_ < std::chrono::milliseconds(100)) return;
    told_ = time;
    tell(Progress::Kind::kBytes, file, done, size);
  }
  void file(std::string_view file, uint64_t size) {
    std::lock_guard lock(mutex_);
    ++now_.files_done;
    tell(Progress::Kind::kFile, file, size, size);
  }
  void end() {
    std::lock_guard lock(mutex_);
    tell(Progress::Kind::kDone, {}, 0, 0);
  }

 private:
  void tell(Progress::Kind kind, std::string_view file, uint64_t done, uint64_t size) {
    if (!progress_) return;
    now_.kind = kind, now_.file = file, now_.done = done, now_.size = size;
    progress_(now_);
  }

  const std::function<void(const Progress&)>& progress_;
  std::mutex mutex_;
  Progress now_;
  std::chrono::steady_clock::time_point told_{};
};

}  // namespace weft::hub
