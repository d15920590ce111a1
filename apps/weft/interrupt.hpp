// Ctrl-C while a command can be cancelled.
#pragma once

#include <atomic>
#include <csignal>

#include "core/base/call_limits.hpp"

namespace weft::app {

/// While it lives, the first Ctrl-C raises flag() and a second one, before clear(), ends the process with 130. Where
/// SIGINT was ignored it stays so. [one object at a time]
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  static const std::atomic<bool>& flag();
  /// The limits of a call that ends with Ctrl-C.
  static CallLimits limits();
  static void clear();
  /// A descriptor that becomes readable with Ctrl-C and stays so until drain(); a wait polls it beside its own. -1
  /// where the system has none to give.
  int descriptor() const { return ends_[0]; }
  void drain();

 private:
  int ends_[2] = {-1, -1};
  struct sigaction previous_ {};
};

}  // namespace weft::app
