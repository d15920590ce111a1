// What ends a rendering: failures, and the budget that every operation uses.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace weft::jinja {

/// Thrown by all of this folder, and never leaves ChatTemplate. The place in the template is added where it is known.
struct Failure {
  std::string message;
  int line = 0, column = 0;
  bool limit = false;   // a limit of steps, depth or size was reached
  bool raised = false;  // the template's author raised it
};
[[noreturn]] inline void fail(std::string message) { throw Failure{std::move(message)}; }

[[noreturn]] inline void fail_limit(std::string message) {
  Failure f{std::move(message)};
  f.limit = true;
  throw f;
}

/// What a rendering may still use up. Work costs one step for each element or 64 bytes, so that steps limit memory too.
class Meter {
 public:
  Meter(std::uint64_t steps, std::uint64_t bytes) : all_(steps), left_(steps), bytes_(bytes) {}
  void take(std::uint64_t steps) {
    if (steps > left_) fail_limit("the template takes more than " + std::to_string(all_) + " steps");
    left_ -= steps;
  }
  /// Called before `part` is searched for in a text. At worst each byte of the one is compared with each byte of the
  /// other.
  void take_search(std::uint64_t text, std::uint64_t part) { take(text / 64 + text / 1024 * (part / 2 + 1)); }
  /// Called before a text of `size` bytes is made, or while it grows.
  void check_text(std::uint64_t size) const {
    if (size > bytes_) fail_limit("a text exceeds " + std::to_string(bytes_) + " bytes");
  }
  /// Called before `times` copies of `size` bytes are made.
  void check_text(std::uint64_t size, std::uint64_t times) const {
    if (size != 0) check_text(times > bytes_ ? bytes_ + 1 : size * times);
  }

 private:
  std::uint64_t all_, left_, bytes_;
};

}  // namespace weft::jinja
