#include "apps/weft/interrupt.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "apps/weft/terminal_guard.hpp"

namespace weft::app {
namespace {

std::atomic<bool> raised{false};
std::atomic<int> wake{-1};
// Signal handlers may touch nothing that takes a lock.
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_interrupt(int) {
  const int saved = errno;
  const bool second = raised.exchange(true);
  [[maybe_unused]] const ssize_t ignored = write(second ? STDERR_FILENO : wake.load(), "\n", 1);
  if (second) {
    TerminalGuard::restore();
    _exit(130);
  }
  errno = saved;
}

}  // namespace

Interrupts::Interrupts() {
  raised = false;
  if (pipe2(ends_, O_CLOEXEC | O_NONBLOCK) != 0) ends_[0] = ends_[1] = -1;
  wake = ends_[1];
  sigaction(SIGINT, nullptr, &previous_);
  if (previous_.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

Interrupts::~Interrupts() {
  sigaction(SIGINT, &previous_, nullptr);
  wake = -1;
  for (int end : ends_) {
    if (end >= 0) close(end);
  }
}

const std::atomic<bool>& Interrupts::flag() { return raised; }
CallLimits Interrupts::limits() { return {.cancel = {std::shared_ptr<void>(), &raised}}; }
void Interrupts::clear() { raised = false; }

void Interrupts::drain() {
  char byte = 0;
  while (ends_[0] >= 0 && read(ends_[0], &byte, 1) == 1) {
  }
}

}  // namespace weft::app
