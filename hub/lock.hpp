// A lock file that other processes, the official client's among them, respect.
#pragma once

#include <string>

#include "hub/http.hpp"

namespace weft::hub {

/// Held while it lives, by flock; the file stays. A process that dies lets go.
class FileLock {
 public:
  enum class Others { kWait, kFail };
  /// Waits for others, until cancelled; or fails with ABORTED. Where the file system knows no locks, gives one
  /// that is not held.
  static Result<FileLock> take(const std::string& path, const Cancelled& cancelled, Others others = Others::kWait);
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
