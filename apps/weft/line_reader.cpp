#include "apps/weft/line_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iterator>

namespace weft::app {

// Ctrl-C empties a terminal's input, also between poll and read, and a read that blocks would then wait for another
// line. So reads do not block; opening the terminal anew leaves alone the flags of the description that others share.
LineReader::LineReader(int wake) : input_(open("/dev/stdin", O_RDONLY | O_NONBLOCK | O_CLOEXEC)), wake_(wake) {
  if (input_ < 0) input_ = STDIN_FILENO;
}

LineReader::~LineReader() {
  if (input_ != STDIN_FILENO) close(input_);
}

LineRead LineReader::next(const std::string& prompt, std::string& line) {
  std::fputs(prompt.c_str(), stderr);
  for (;;) {
    if (const std::size_t end = held_.find('\n'); end != std::string::npos) {
      line = held_.substr(0, end);
      held_.erase(0, end + 1);
      return LineRead::kLine;
    }
    pollfd either[] = {{input_, POLLIN, 0}, {wake_, POLLIN, 0}};
    if (poll(either, std::size(either), -1) < 0 && errno == EINTR) continue;
    if (either[1].revents != 0) return LineRead::kInterrupted;
    char buffer[4096];
    const ssize_t n = read(input_, buffer, sizeof buffer);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n > 0) {
      held_.append(buffer, static_cast<std::size_t>(n));
      continue;
    }
    line = std::move(held_);
    held_.clear();
    return line.empty() ? LineRead::kEnd : LineRead::kLine;
  }
}

}  // namespace weft::app
