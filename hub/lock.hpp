// A lock file that other processes respect, those of the official client too.
#pragma once

#include <functional>
#include <string>

#include "hub/http.hpp"

namespace weft::hub {

/// A lock by flock, held while this object lives. The lock file stays; the lock of a process that dies is released.
class FileLock {
 public:
  enum class Others { kWait, kFail };
  /// Waits while others hold the lock, until cancelled; with kFail it fails with ABORTED instead. Where the file system
  /// knows no locks, it gives one that is not held. `waits`, which may be empty, is called once when the wait has taken
  /// three seconds.
  static Result<FileLock> take(const std::string& path, const Cancelled& cancelled, const std::function<void()>& waits,
                               Others others = Others::kWait);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();
  bool held() const { return held_; }

 private:
  FileLock(int fd, bool held) : fd_(fd), held_(held) {}
  int fd_;
  bool held_;
};

}  // namespace weft::hub
