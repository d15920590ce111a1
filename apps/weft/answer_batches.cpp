#include "apps/weft/answer_batches.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

/// Standard input line by line. Nothing else reads it.
class ReadyLines {
 public:
  /// Waits for a line, and gives it with those behind it that need no waiting, up to `most`; none at the end of the
  /// input. What stands behind the last newline counts as a line.
  Result<std::vector<std::string>> next(std::size_t most) {
    std::vector<std::string> lines;
    while (lines.size() < most) {
      if (const std::size_t end = held_.find('\n', searched_); end != held_.npos) {
        lines.push_back(held_.substr(begin_, end - begin_));
        begin_ = searched_ = end + 1;
        continue;
      }
      searched_ = held_.size();
      if (ended_) {
        if (begin_ < held_.size()) lines.push_back(held_.substr(begin_));
        begin_ = held_.size();
        break;
      }
      if (!lines.empty() && !is_ready()) break;
      WEFT_CHECK_OK(read_more());
    }
    return lines;
  }

 private:
  static bool is_ready() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    return poll(&input, 1, 0) > 0;
  }
  Status read_more() {
    held_.erase(0, begin_);
    searched_ -= begin_, begin_ = 0;
    char buffer[1 << 16];
    ssize_t n = -1;
    do n = read(STDIN_FILENO, buffer, sizeof buffer);
    while (n < 0 && errno == EINTR);
    if (n < 0) return error(Code::kUnavailable, "standard input: cannot be read: {}", std::strerror(errno));
    ended_ = n == 0;
    held_.append(buffer, static_cast<std::size_t>(n));
    return {};
  }

  std::string held_;                       // read, and from begin_ on not given yet
  std::size_t begin_ = 0, searched_ = 0;  // no newline stands in [begin_, searched_)
  bool ended_ = false;
};

Status add(Answers& answers, const Result<std::vector<std::string>>& given) {
  WEFT_CHECK_OK(given.status());
  for (const std::string& text : *given) WEFT_CHECK_OK(answers.add(text));
  return answers.flush();
}

}  // namespace

Status answer_batches(std::size_t most, Answers& answers, const AnswerLines& answer) {
  ReadyLines input;
  std::optional<Progress> progress;  // where answers themselves are seen there is none
  if (answers.in_file() || isatty(STDOUT_FILENO) == 0) progress.emplace("reading lines");
  for (std::size_t before = 0;;) {
    WEFT_TRY(const std::vector<std::string> lines, input.next(most));
    if (lines.empty()) return {};
    const auto together = answer(lines);
    if (together.ok()) WEFT_CHECK_OK(add(answers, together));
    for (std::size_t i = 0; i < lines.size() && !together.ok(); ++i) {
      const auto alone = lines.size() > 1 ? answer(std::span(&lines[i], 1)) : together;
      if (!alone.ok()) return alone.status().with_context(fmt::format("standard input, line {}", before + i + 1));
      WEFT_CHECK_OK(add(answers, alone));
    }
    before += lines.size();
    if (progress) progress->now(fmt::format("answered {}", counted(before, "line")));
  }
}

}  // namespace weft::app
