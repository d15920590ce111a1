// What is logged while something is tried or looked at.
#pragma once

#include <string>
#include <vector>

namespace weft {

/// While it lives, what this thread logs, and plugins that it calls, is kept, and passed on to the host's sink or not.
class LogRecord {
 public:
  enum Sink { kPass, kHold };
  explicit LogRecord(Sink sink) noexcept;
  ~LogRecord();
  LogRecord(const LogRecord&) = delete;
  LogRecord& operator=(const LogRecord&) = delete;
  const std::vector<std::string>& messages() const { return messages_; }  // "component: message"

 private:
  friend class Host;
  Sink sink_;
  std::vector<std::string> messages_;
  LogRecord* outer_;
};

}  // namespace weft
