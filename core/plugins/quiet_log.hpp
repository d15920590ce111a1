// Trying what may not fit without telling the user of each try.
#pragma once

#include <cstdint>

namespace weft {

/// While it lives, what this thread logs, and plugins that it calls, is counted and dropped.
class QuietLog {
 public:
  QuietLog() noexcept;
  ~QuietLog();
  QuietLog(const QuietLog&) = delete;
  QuietLog& operator=(const QuietLog&) = delete;
  uint64_t messages() const { return messages_; }

 private:
  friend class Host;
  uint64_t messages_ = 0;
  QuietLog* outer_;
};

}  // namespace weft
