// Lines that a user types.
#pragma once

#include <string>

namespace weft::app {

enum class LineRead {
  kLine,
  kEnd,
  kCancelled,   // Ctrl-C took back what had been typed of the line
  kInterrupted  // SIGINT has been raised
};

/// [one object at a time] Nothing else reads standard input.
class Lines {
 public:
  virtual ~Lines() = default;
  /// Shows `prompt` and reads the line that follows it, without its end.
  virtual LineRead next(const std::string& prompt, std::string& line) = 0;
  /// A message, which may have several lines, for the history.
  virtual void remember(const std::string&) {}
};

/// Reads what the terminal's own line editing gives, or any other standard input. At the end of the input what stands
/// behind the last newline counts as a line. After kInterrupted reading goes on where it was.
class LineReader : public Lines {
 public:
  /// kInterrupted when `wake` (-1: none) becomes readable first.
  explicit LineReader(int wake);
  ~LineReader() override;
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  LineRead next(const std::string& prompt, std::string& line) override;

 private:
  int input_, wake_;
  std::string held_;
};

}  // namespace weft::app
