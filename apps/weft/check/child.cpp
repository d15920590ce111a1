#include "apps/weft/check/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/base/error.hpp"

namespace weft::app {
namespace {

constexpr int kFailed = 70;       // the child's exit code where its work threw
constexpr char kDone[] = "\x04";  // the last line of a child whose work was done
constexpr std::size_t kMostPrinted = 4096;
constexpr std::size_t kMostLine = 1 << 20;

void send(int fd, std::string line) {
  line += '\n';
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t n = write(fd, line.data() + at, line.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) _exit(kFailed);  // the parent has gone
    at += static_cast<std::size_t>(n);
  }
}

/// Lines for people stand on one line of the pipe.
std::string one_line_of(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

[[noreturn]] void be_child(pid_t parent, int lines, int printed, const std::function<void(const SendLine&)>& work) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kFailed);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(printed, STDOUT_FILENO) < 0 || dup2(printed, STDERR_FILENO) < 0)
    _exit(kFailed);
  try {
    work([&](const std::string& line) { send(lines, one_line_of(line)); });
  } catch (const std::exception& e) {
    std::fputs(e.what(), stderr);
    std::fflush(nullptr);
    _exit(kFailed);
  }
  std::fflush(nullptr);
  send(lines, kDone);
  _exit(0);
}

/// Takes whole lines out of `held`.
bool take_lines(std::string& held, const std::function<void(std::string_view)>& on_line) {
  bool done = false;
  std::size_t begin = 0;
  for (std::size_t end; (end = held.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::string_view line(held.data() + begin, end - begin);
    if (line == kDone) {
      done = true;
    } else {
      on_line(line);
    }
  }
  held.erase(0, begin);
  return done;
}

std::string beginning_of(int file) {
  std::string text(kMostPrinted, '\0');
  const ssize_t n = pread(file, text.data(), text.size(), 0);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

}  // namespace

std::string ChildEnd::text() const {
  switch (kind) {
    case Kind::kDone: return "";
    case Kind::kExited: return fmt::format("ended the process with exit code {}", code);
    case Kind::kSignal: return fmt::format("ended the process with signal {} ({})", code, strsignal(code));
    case Kind::kTimeout: return "did not return in time";
  }
  return "";
}

Result<ChildEnd> run_in_child(std::chrono::milliseconds limit, const std::function<void(const SendLine&)>& work,
                              const std::function<void(std::string_view line)>& on_line) {
  using Clock = std::chrono::steady_clock;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return error(Code::kUnavailable, "no pipe for a child: {}", std::strerror(errno));
  Descriptor reads{ends[0]}, writes{ends[1]}, printed{memfd_create("printed", MFD_CLOEXEC)};
  if (printed.fd < 0) return error(Code::kUnavailable, "no file for a child's output: {}", std::strerror(errno));
  std::fflush(nullptr);
  const pid_t self = getpid(), child = fork();
  if (child < 0) return error(Code::kUnavailable, "no child process: {}", std::strerror(errno));
  if (child == 0) be_child(self, writes.fd, printed.fd, work);
  setpgid(child, child);  // as the child does: whoever comes first
  close(writes.fd), writes.fd = -1;

  ChildEnd end;
  bool done = false, timeout = false;
  std::string held;
  const auto last = Clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(last - Clock::now()).count();
    if (left <= 0) {
      timeout = true;
      break;
    }
    pollfd p{reads.fd, POLLIN, 0};
    const int ready = poll(&p, 1, static_cast<int>(std::min<long long>(left, 1000)));
    if (ready < 0 && errno != EINTR) break;
    if (ready > 0) {
      char buffer[65536];
      const ssize_t n = read(reads.fd, buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      held.append(buffer, static_cast<std::size_t>(n));
      done = take_lines(held, on_line);
      if (done || held.size() > kMostLine) break;
    }
  }
  // A child that has closed the pipe may live on; one that was killed has no more to say.
  int status = 0;
  if (timeout || held.size() > kMostLine) kill(-child, SIGKILL);
  while (!done && !timeout && waitpid(child, &status, WNOHANG) == 0) {
    if (Clock::now() > last) {
      timeout = true;
      kill(-child, SIGKILL);
      break;
    }
    usleep(2000);
  }
  kill(-child, SIGKILL);  // what the child has started, or a plugin's thread that keeps it
  waitpid(child, &status, 0);
  end.printed = beginning_of(printed.fd);
  if (timeout) {
    end.kind = ChildEnd::Kind::kTimeout;
  } else if (!done && WIFSIGNALED(status)) {
    end.kind = ChildEnd::Kind::kSignal, end.code = WTERMSIG(status);
  } else if (!done) {
    end.kind = ChildEnd::Kind::kExited, end.code = WEXITSTATUS(status);
  }
  return end;
}

}  // namespace weft::app
