// Writing in a folder that others may write in too.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <random>

#include "core/base/error.hpp"
#include "hub/cache.hpp"
#include "hub/durable.hpp"
#include "hub/names.hpp"

namespace weft::hub {

Status make_folders(const std::string& root, const std::string& relative) {
  std::string path = root;
  for (const std::string& component : split(relative, '/')) {
    if (component.empty()) continue;
    path += "/" + component;
    const bool made = mkdir(path.c_str(), 0777) == 0;
    const int why = errno;
    struct stat st {};
    if (!made && why != EEXIST && lstat(path.c_str(), &st) != 0) {
      return cannot("made", path, why, kOtherCache);
    }
    if (made) continue;
    if (lstat(path.c_str(), &st) == 0 && S_ISLNK(st.st_mode) && st.st_uid != geteuid() && st.st_uid != 0) {
      return error(Code::kPermissionDenied, "{}: is a symbolic link of another user, which is not followed", path);
    }
    if (stat(path.c_str(), &st) != 0 || !S_ISDIR(st.st_mode))
      return error(Code::kFailedPrecondition, "{}: is not a folder", path);
  }
  return {};
}

Status write_file(const std::string& path, std::string_view text, const std::string& temporary, unsigned mode) {
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  int why = fd < 0 ? errno : write_all(fd, text.data(), text.size());
  if (why == 0 && !text.empty() && !sync_data(fd)) why = errno;
  bool ok = why == 0;
  if (fd >= 0 && close(fd) != 0 && ok) ok = false, why = errno;
  if (ok && rename(temporary.c_str(), path.c_str()) == 0) return {};
  if (ok) why = errno;
  if (fd >= 0) unlink(temporary.c_str());
  return cannot("written", path, why);
}

std::string unique_name(const std::string& prefix) {
  static std::atomic<unsigned> count{0};
  std::random_device random;
  return fmt::format("{}-{:08x}{:x}{:x}.tmp", prefix, random(), getpid(), ++count);
}

std::optional<uint64_t> file_bytes(const std::string& path) {
  struct stat st {};
  if (stat(path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return std::nullopt;
  return static_cast<uint64_t>(st.st_size);
}

std::optional<std::string> read_small_file(const std::string& path, std::size_t most) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  struct stat st {};
  std::optional<std::string> text;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && static_cast<uint64_t>(st.st_size) <= most) {
    text.emplace(static_cast<std::size_t>(st.st_size), '\0');
    std::size_t at = 0;
    for (ssize_t n = 0; at < text->size() && (n = read(fd, text->data() + at, text->size() - at)) > 0;)
      at += static_cast<std::size_t>(n);
    if (at != text->size()) text.reset();
  }
  close(fd);
  return text;
}

}  // namespace weft::hub
