#include "hub/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "core/base/error.hpp"

namespace weft::hub {

Result<FileLock> FileLock::take(const std::string& path, const Cancelled& cancelled, const std::function<void()>& waits,
                                Others others) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0664);
  if (fd < 0) return error(Code::kPermissionDenied, "{}: cannot be opened: {}", path, std::strerror(errno));
  FileLock lock(fd, false);
  struct stat st {};
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
    return error(Code::kFailedPrecondition, "{}: is not a regular file", path);
  const auto start = std::chrono::steady_clock::now();
  bool told = false;
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return lock;
    if (others == Others::kFail && errno == EWOULDBLOCK)
      return error(Code::kAborted, "{}: is held by another process", path);
    if (cancelled && cancelled()) return error(Code::kCancelled, "cancelled");
    if (!told && std::chrono::steady_clock::now() - start > std::chrono::seconds(3)) {
      told = true;
      if (waits) waits();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  lock.held_ = true;
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)), held_(other.held_) {}
FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace weft::hub
