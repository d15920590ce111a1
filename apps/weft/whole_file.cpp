#include "apps/weft/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/base/error.hpp"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

Status failed(const std::string& path, const char* what, int why) {
  return error(Code::kUnavailable, "{}: {}: {}", path, what, std::strerror(why));
}

volatile std::sig_atomic_t pending_signal = 0;

/// While it lives, signals that would end the process are only noted; at its end the noted one is raised anew.
class Deferred {
 public:
  Deferred() {
    pending_signal = 0;
    struct sigaction action {};
    action.sa_handler = [](int signal) { pending_signal = signal; };
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < std::size(kSignals); ++i) {
      sigaction(kSignals[i], nullptr, &previous_[i]);
      if (previous_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
    }
  }
  ~Deferred() {
    for (std::size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &previous_[i], nullptr);
    if (pending_signal != 0) raise(pending_signal);
  }
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;

 private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction previous_[std::size(kSignals)] {};
};

Status write_parts(int fd, const std::string& path, std::span<const std::string_view> parts) {
  constexpr std::size_t kMost = 1 << 20;  // bytes a write; a larger value makes a signal wait longer
  for (std::string_view part : parts) {
    while (!part.empty()) {
      if (pending_signal != 0) return error(Code::kCancelled, "{}: interrupted by a signal", path);
      const ssize_t n = write(fd, part.data(), std::min(part.size(), kMost));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed(path, "cannot be written", errno);
      part.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  return {};
}

/// `mode`: of the file that is made.
Status write_to(const std::string& opened, int flags, mode_t mode, const std::string& path,
                std::span<const std::string_view> parts) {
  const int fd = open(opened.c_str(), flags | O_WRONLY | O_CLOEXEC, mode);
  if (fd < 0) return failed(path, "cannot be opened for writing", errno);
  Status written = write_parts(fd, path, parts);
  if (close(fd) != 0 && written.ok()) written = failed(path, "cannot be written", errno);
  return written;
}

}  // namespace

Result<std::string> read_whole_file(const std::string& path, uint64_t max_bytes) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text;
  char buffer[1 << 16];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_bytes) return error(Code::kResourceExhausted, "{}: larger than {} bytes", path, max_bytes);
  }
  if (!in.is_open() || in.bad()) {  // a folder opens and fails when read
    return error(Code::kNotFound, "{}: cannot be read: {}", path, errno ? std::strerror(errno) : "unknown reason");
  }
  return text;
}

Status check_place(const std::string& path) {
  std::error_code why;
  if (path.empty()) return invalid("the output has an empty name, expected a file");
  if (fs::is_directory(path, why)) return invalid("{}: is a folder, expected a file to write", path);
  const fs::path folder = fs::path(path).has_parent_path() ? fs::path(path).parent_path() : fs::path(".");
  if (!fs::is_directory(folder, why)) {
    return error(Code::kNotFound, "{}: there is no folder {}; make it first", path, folder.string());
  }
  return {};
}

Status write_whole(const std::string& path, std::span<const std::string_view> parts) {
  WEFT_CHECK_OK(check_place(path));
  struct stat there {};
  const bool exists = stat(path.c_str(), &there) == 0;
  if (exists && !S_ISREG(there.st_mode)) return write_to(path, 0, 0, path, parts);
  std::error_code why;
  std::string target = path;
  if (exists) target = fs::canonical(path, why).string();  // a link stays a link
  if (why) return error(Code::kUnavailable, "{}: {}", path, why.message());
  const std::string beside = fmt::format("{}.partial-{}", target, getpid());
  const Deferred deferred;
  Status written = write_to(beside, O_CREAT | O_TRUNC | O_NOFOLLOW, exists ? there.st_mode & 0777 : 0666, path, parts);
  if (written.ok() && rename(beside.c_str(), target.c_str()) != 0) written = failed(path, "cannot be replaced", errno);
  if (!written.ok()) unlink(beside.c_str());
  return written;
}

}  // namespace weft::app
