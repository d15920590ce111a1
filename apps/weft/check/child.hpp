// Work that may crash, hang or end the process, in a process of its own.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "weft/status.hpp"

namespace weft::app {

/// How a child came to its end.
struct ChildEnd {
  enum class Kind { kDone, kExited, kSignal, kTimeout };
  Kind kind = Kind::kDone;
  int code = 0;         // the exit code, or the signal's number
  std::string printed;  // the beginning of what it wrote to standard output and standard error

  /// "crashed with signal 11 (Segmentation fault)"; empty where the work was done.
  std::string text() const;
};

/// Sends one line to the parent.
using SendLine = std::function<void(const std::string&)>;

/// Runs `work` in a copy of this process, which must have no other threads, and gives the lines that it sends to
/// `on_line`. The child, and what it has started, is killed when `work` has returned, after `limit`, and when this
/// process ends. The error: no child could be made.
Result<ChildEnd> run_in_child(std::chrono::milliseconds limit, const std::function<void(const SendLine&)>& work,
                              const std::function<void(std::string_view line)>& on_line);

}  // namespace weft::app
