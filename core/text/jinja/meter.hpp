// What stops a rendering: failures, and the budget that every operation draws on.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace weft::jinja {

/// Thrown by everything here; never leaves ChatTemplate. The place is added where it is known.
struct Failure {
  std::string message;
  int line = 0, column = 0;
  bool limit = false;   // of steps, depth or size
  bool raised = false;  // by the template's author
};
[[noreturn]] inline void fail(std::string message) { throw Failure{std::move(message)}; }

[[noreturn]] inline void fail_limit(std::string message) {
  Failure f{std::move(message)};
  f.limit = true;
  throw f;
}

/// What a rendering may still use. Work counts one step an element or 64 bytes, so that steps
/// bound memory too.
class Meter {
 public:
  Meter(std::uint64_t steps, std::uint64_t bytes) : all_(steps), left_(steps), bytes_(bytes) {}
  void take(std::uint64_t steps) {
    if (steps > left_) fail_limit("the template takes more than " + std::to_string(all_) + " steps");
    left_ -= steps;
  }
  /// Before `part` is sought in a text: at worst each byte of one meets each of the other.
  void take_search(std::uint64_t text, std::uint64_t part) { take(text / 64 + text / 1024 * (part / 2 + 1)); }
  /// Before a text of `size` bytes is made, or while it grows.
  void check_text(std::uint64_t size) const {
    if (size > bytes_) fail_limit("a text exceeds " + std::to_string(bytes_) + " bytes");
  }
  /// Before `times` copies of `size` bytes are made.
  void check_text(std::uint64_t size, std::uint64_t times) const {
    if (size != 0) check_text(times > bytes_ ? bytes_ + 1 : size * times);
  }

 private:
  std::uint64_t all_, left_, bytes_;
};

}  // namespace weft::jinja
