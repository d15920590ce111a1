#include "apps/weft/tests/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "core/base/json.hpp"

namespace weft::test {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kMostSeconds = 120;

/// Replaces the process; never returns.
[[noreturn]] void become_weft(const std::vector<std::string>& arguments, const Given& given) {
  alarm(kMostSeconds);  // a test that hangs fails
  std::signal(SIGPIPE, SIG_DFL);
  std::vector<std::string> environment;
  for (const auto& [name, value] : given.environment) environment.push_back(name + "=" + value);
  for (const char* kept : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH"}) {
    if (const char* value = std::getenv(kept)) environment.push_back(std::string(kept) + "=" + value);
  }
  // Of two values of a variable the first counts.
  environment.insert(environment.end(), {"PATH=/usr/bin:/bin", "HOME=/home/nobody", "TERM=dumb"});
  std::vector<std::string> all = {WEFT_COMMAND};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv, envp;
  for (std::string& a : all) argv.push_back(a.data());
  for (std::string& e : environment) envp.push_back(e.data());
  argv.push_back(nullptr), envp.push_back(nullptr);
  execve(argv[0], argv.data(), envp.data());
  _exit(127);
}

std::string contents(std::FILE* file) {
  std::rewind(file);
  std::string text;
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) text.append(buffer, n);
  return text;
}

void wait_for(pid_t pid, Outcome& outcome) {
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
}

void redirect_output(const Given& given, std::FILE* out) {
  int fd = fileno(out);
  if (!given.output_path.empty()) fd = open(given.output_path.c_str(), O_WRONLY);
  if (given.broken_pipe) {
    int ends[2];
    if (pipe(ends) != 0) _exit(127);
    close(ends[0]);
    fd = ends[1];
  }
  if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0) _exit(127);
  if (given.close_output) close(STDOUT_FILENO);
}

}  // namespace

Outcome weft(const std::vector<std::string>& arguments, const Given& given) {
  std::FILE *in = std::tmpfile(), *out = std::tmpfile(), *err = std::tmpfile();
  std::fwrite(given.input.data(), 1, given.input.size(), in);
  std::rewind(in);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(fileno(in), STDIN_FILENO);
    dup2(fileno(err), STDERR_FILENO);
    redirect_output(given, out);
    const rlimit limit{given.memory, given.memory};
    if (given.memory != 0 && setrlimit(RLIMIT_AS, &limit) != 0) _exit(127);
    become_weft(arguments, given);
  }
  Outcome outcome;
  wait_for(pid, outcome);
  outcome.out = contents(out), outcome.err = contents(err);
  for (std::FILE* f : {in, out, err}) std::fclose(f);
  return outcome;
}

Terminal::Terminal(const std::vector<std::string>& arguments, const Given& given) {
  winsize size{};
  size.ws_row = 24, size.ws_col = 80;
  pid_ = forkpty(&master_, nullptr, nullptr, &size);
  if (pid_ == 0) become_weft(arguments, given);
}

Terminal::~Terminal() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(master_);
}

void Terminal::type(const std::string& keys) {
  // What the other side writes meanwhile is read, or both would wait for each other.
  for (std::size_t at = 0; at < keys.size();) {
    const ssize_t n = write(master_, keys.data() + at, std::min<std::size_t>(keys.size() - at, 512));
    if (n <= 0) return std::perror("pseudo-terminal");
    at += static_cast<std::size_t>(n);
    while (at < keys.size() && read_some(0)) {
    }
  }
}

bool Terminal::echoes() const {
  termios modes{};
  return tcgetattr(master_, &modes) == 0 && (modes.c_lflag & ECHO) != 0 && (modes.c_lflag & ICANON) != 0;
}

bool Terminal::read_some(int milliseconds) {
  pollfd p{master_, POLLIN, 0};
  if (poll(&p, 1, milliseconds) <= 0) return false;
  char buffer[4096];
  const ssize_t n = read(master_, buffer, sizeof buffer);
  if (n <= 0) return false;  // EIO: the other side is closed
  held_.append(buffer, static_cast<std::size_t>(n));
  return true;
}

std::string Terminal::read_until(const std::string& text) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (;;) {
    if (const std::size_t at = held_.find(text); at != std::string::npos) {
      std::string found = held_.substr(0, at + text.size());
      held_.erase(0, at + text.size());
      return found;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0 || !read_some(static_cast<int>(left))) return {};
  }
}

Outcome Terminal::finish() {
  while (read_some(static_cast<int>(kMostSeconds) * 1000)) {
  }
  Outcome outcome;
  outcome.out = std::move(held_);
  wait_for(pid_, outcome);
  pid_ = -1;
  return outcome;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "weft-cli-XXXXXX").string();
  folder_ = mkdtemp(name.data());
}
TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}
std::string TemporaryFolder::path(const std::string& name) const { return (folder_ / name).string(); }
std::string TemporaryFolder::write(const std::string& name, const std::string& text) const {
  std::ofstream(folder_ / name, std::ios::binary) << text;
  return path(name);
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string golden(const std::string& name) { return std::string(WEFT_SOURCE_DIR "/tests/golden/") + name; }

std::vector<int32_t> golden_ids(const std::string& name, const std::string& tensor) {
  const std::string file = read_file(fs::path(golden(name)) / "golden.safetensors");
  uint64_t header = 0;
  std::memcpy(&header, file.data(), sizeof header);
  const Json offsets = parse_json(file.substr(8, header)).value()[tensor]["data_offsets"];
  std::vector<int32_t> ids((offsets[1].get<std::size_t>() - offsets[0].get<std::size_t>()) / sizeof(int32_t));
  std::memcpy(ids.data(), file.data() + 8 + header + offsets[0].get<std::size_t>(), ids.size() * sizeof(int32_t));
  return ids;
}

std::string joined(const std::vector<int32_t>& ids) {
  std::string text;
  for (int32_t id : ids) {
    if (!text.empty()) text += ',';
    text += std::to_string(id);
  }
  return text;
}

}  // namespace weft::test
