// Records what is logged while something is tried or inspected.
#pragma once

#include <string>
#include <vector>

namespace weft {

/// Records what this thread, and the plugins that it calls, log while the object lives. kPass also passes it on to the
/// host's sink, kHold does not.
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
