#include "apps/weft/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "core/base/controls.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

bool pipe_signal_was_ignored = false, reader_has_gone = false;

Status failed_output() {
  static const int why = errno;  // errno of the first failure; later failures say less
  reader_has_gone = why == EPIPE;
  return error(Code::kUnavailable, "standard output: cannot be written: {}", std::strerror(why));
}

}  // namespace

void prepare_standard_streams() {
  pipe_signal_was_ignored = std::signal(SIGPIPE, SIG_IGN) == SIG_IGN;
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // Read-only for standard output: what is written there is lost, and its writer must know.
    if (open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

void end_if_reader_has_gone() {
  if (!reader_has_gone || pipe_signal_was_ignored) return;
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
}

bool& raw_output() {
  static bool raw = false;
  return raw;
}

Status print(std::string_view text) {
  static const bool terminal = isatty(STDOUT_FILENO) == 1;
  if (std::ferror(stdout)) return failed_output();
  std::string safe;
  if (terminal && !raw_output()) text = safe = for_terminal(text);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) return failed_output();
  return {};
}

Status flush_output() {
  if (std::ferror(stdout) || std::fflush(stdout) != 0) return failed_output();
  return {};
}

Status answer_lines(const std::function<Result<std::string>(const std::string&)>& answer) {
  std::string line;
  for (int64_t n = 1; std::getline(std::cin, line); ++n) {
    auto text = answer(line);
    if (!text.ok()) return text.status().with_context(fmt::format("standard input, line {}", n));
    WEFT_CHECK_OK(print(*text));
    WEFT_CHECK_OK(flush_output());
  }
  return {};
}

std::string counted(uint64_t n, std::string_view noun) { return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s"); }

std::string json_text(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string shown(std::string_view text) {
  std::string line = one_line(text);
  const char* variable = std::getenv("HOME");
  const std::string home = variable != nullptr ? variable : "";
  if (home.size() < 2) return line;
  for (std::size_t at = 0; (at = line.find(home, at)) != line.npos; ++at) {
    const std::size_t end = at + home.size();
    const bool whole = end == line.size() || std::string_view("/ :,;\"')").find(line[end]) != std::string_view::npos;
    if (whole && (at == 0 || line[at - 1] != '/')) line.replace(at, home.size(), "~");
  }
  return line;
}

}  // namespace weft::app
