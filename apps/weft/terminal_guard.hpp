// The terminal of a line editor, which gets its modes back however the process ends or stops.
#pragma once

#include <csignal>

namespace weft::app {

/// Made before the modes of the terminal on standard input are changed. While it lives, SIGTERM, SIGHUP and SIGQUIT
/// restore them before they end the process; where such a signal was ignored it stays so. [one object at a time]
class TerminalGuard {
 public:
  TerminalGuard();
  ~TerminalGuard();
  TerminalGuard(const TerminalGuard&) = delete;
  TerminalGuard& operator=(const TerminalGuard&) = delete;

  /// Gives the terminal the modes that it had when the guard was made; does nothing without a guard. [signal-safe]
  static void restore();
  /// What Ctrl-Z does: stops the foreground processes with the terminal restored, and afterwards sets its modes again.
  static void suspend();

 private:
  static constexpr int kSignals[] = {SIGTERM, SIGHUP, SIGQUIT};
  struct sigaction previous_[3] {};
};

}  // namespace weft::app
