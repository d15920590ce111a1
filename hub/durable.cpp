#include "hub/durable.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "core/base/error.hpp"

namespace weft::hub {
namespace {

constexpr const char* kMark = "user.weft.unsettled";
// Seconds; older files lose their mark when they are used, since the kernel has long begun to write them.
constexpr std::time_t kWrittenBack = 120;

/// A text that is another one after each start of the machine; empty where there is none.
std::string boot_id() {
  const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  char text[64];
  const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
  if (fd >= 0) close(fd);
  std::string id(text, n > 0 ? static_cast<std::size_t>(n) : 0);
  return id.substr(0, id.find('\n'));
}

}  // namespace

bool mark_unsettled(int fd) {
  const std::string id = boot_id();
  return !id.empty() && fsetxattr(fd, kMark, id.data(), id.size(), 0) == 0;
}

void clear_mark(int fd) { (void)fremovexattr(fd, kMark); }

bool settled(const std::string& path, const Digest& digest) {
  char mark[64];
  const ssize_t n = getxattr(path.c_str(), kMark, mark, sizeof mark);
  if (n < 0) return true;
  struct stat st {};
  if (std::string_view(mark, static_cast<std::size_t>(n)) == boot_id()) {
    const bool recent = stat(path.c_str(), &st) == 0 && std::time(nullptr) - st.st_mtime < kWrittenBack;
    const int fd = recent ? -1 : open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && sync_data(fd)) clear_mark(fd);
    if (fd >= 0) close(fd);
    return true;
  }
  const auto got =
      digest.kind == HashKind::kNone ? Result<std::string>(std::string()) : hash_of_file(digest.kind, path);
  if (got.ok() && *got == digest.hex) {
    (void)removexattr(path.c_str(), kMark);
    return true;
  }
  unlink(path.c_str());
  return false;
}

int write_all(int fd, const void* data, std::size_t bytes) {
  const char* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = write(fd, at, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : ENOSPC;
    at += n, bytes -= static_cast<std::size_t>(n);
  }
  return 0;
}

bool sync_data(int fd) { return fdatasync(fd) == 0 || errno == EINVAL || errno == ENOTSUP; }

Status cannot(const char* what, const std::string& path, int why, std::string_view next) {
  const bool full = why == ENOSPC || why == EDQUOT || why == EFBIG;
  return error(full ? Code::kResourceExhausted : Code::kPermissionDenied, "{}: cannot be {}: {}{}", path, what,
               std::strerror(why), next);
}

}  // namespace weft::hub
