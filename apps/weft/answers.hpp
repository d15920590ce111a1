// Where a task's answers go.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/status.hpp"

namespace weft::app {

/// Standard output, which gets answers as they come; or a file, which is written whole at the end, so that none is left
/// half-written. Until then its answers are held in memory.
class Answers {
 public:
  /// `path`: of the file; empty: standard output.
  static Result<Answers> open(const std::string& path);

  bool in_file() const { return !path_.empty(); }
  Status add(std::string text);
  /// What was added so far can be read where it goes to standard output.
  Status flush();
  /// Nothing is added any more.
  Status end();

 private:
  explicit Answers(std::string path) : path_(std::move(path)) {}
  std::string path_;
  std::vector<std::string> held_;
};

}  // namespace weft::app
