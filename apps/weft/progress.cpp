#include "apps/weft/progress.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <system_error>

namespace weft::app {
namespace {

std::atomic<bool> shown{false};
std::mutex of_current;
Progress* current = nullptr;

}  // namespace

Progress::Progress(std::string what) : what_(std::move(what)) {
  if (!isatty(STDERR_FILENO)) return;
  {
    std::lock_guard lock(of_current);
    current = this;
  }
  try {
    thread_ = std::thread([this] { show(); });
  } catch (const std::system_error&) {  // the system has no thread to spare: progress is not shown
  }
}

Progress::~Progress() {
  {
    std::lock_guard lock(of_current);
    if (current == this) current = nullptr;
  }
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  done_.notify_all();
  thread_.join();
  step_aside();
}

void Progress::now(std::string what) {
  std::lock_guard lock(mutex_);
  what_ = std::move(what);
}

void Progress::note(std::string what) {
  std::lock_guard lock(of_current);
  if (current != nullptr) current->now(std::move(what));
}

void Progress::step_aside() {
  if (shown.exchange(false)) std::fprintf(stderr, "\r\x1b[K");
}

void Progress::show() {
  using namespace std::chrono;
  const auto start = steady_clock::now();
  std::unique_lock lock(mutex_);
  auto wait = milliseconds(1000);
  while (!done_.wait_for(lock, wait, [this] { return ended_; })) {
    const auto seconds = duration_cast<std::chrono::seconds>(steady_clock::now() - start).count();
    std::fprintf(stderr, "\r\x1b[Kweft: %s, %lld s", what_.c_str(), static_cast<long long>(seconds));
    shown = true;
    wait = milliseconds(250);
  }
}

}  // namespace weft::app
