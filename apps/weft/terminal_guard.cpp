#include "apps/weft/terminal_guard.hpp"

#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <iterator>
#include <string_view>

namespace weft::app {
namespace {

termios before{};
std::atomic<bool> guarded{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // else signal handlers could not read it

// Bracketed paste: the terminal marks where pasted text begins and ends.
constexpr std::string_view kPasteOn = "\033[?2004h", kPasteOff = "\033[?2004l";

void send(std::string_view sequence) {
  [[maybe_unused]] const ssize_t ignored = write(STDOUT_FILENO, sequence.data(), sequence.size());
}

void on_signal(int signal) {
  TerminalGuard::restore();
  std::signal(signal, SIG_DFL);
  std::raise(signal);  // delivered when this handler returns
}

}  // namespace

TerminalGuard::TerminalGuard() {
  guarded = tcgetattr(STDIN_FILENO, &before) == 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    sigaction(kSignals[i], nullptr, &previous_[i]);
    if (previous_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
}

TerminalGuard::~TerminalGuard() {
  for (std::size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &previous_[i], nullptr);
  guarded = false;
}

void TerminalGuard::restore() {
  if (!guarded) return;
  send(kPasteOff);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

void TerminalGuard::suspend() {
  termios changed{};
  if (tcgetattr(STDIN_FILENO, &changed) != 0) return;
  restore();
  kill(0, SIGTSTP);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &changed);
  send(kPasteOn);
}

}  // namespace weft::app
