// Lines of standard input; another descriptor can end the wait for one.
#pragma once

#include <string>

namespace weft::app {

enum class LineRead { kLine, kEnd, kInterrupted };

/// [one object at a time] Nothing else reads standard input.
class LineReader {
 public:
  /// kInterrupted when `wake` (-1: none) becomes readable first.
  explicit LineReader(int wake);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// The line without its end. At the end of the input what stands behind the last newline counts
  /// as a line. After kInterrupted reading goes on where it was.
  LineRead next(std::string& line);

 private:
  int input_, wake_;
  std::string held_;
};

}  // namespace weft::app
