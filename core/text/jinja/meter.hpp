// What ends a rendering: failures, and the budget that every operation uses.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "core/base/meter.hpp"

namespace weft::jinja {

/// Thrown by all of this folder, and never leaves ChatTemplate. The place in the template is added where it is known.
struct Failure {
  std::string message;
  int line = 0, column = 0;
  Code code = Code::kInvalidArgument;
  bool raised = false;  // the template's author raised it

  /// Whether it ends the rendering, because a limit was reached or nobody waits for it any longer.
  bool ends() const { return code != Code::kInvalidArgument; }
};
[[noreturn]] inline void fail(std::string message) { throw Failure{std::move(message)}; }

[[noreturn]] inline void fail_limit(std::string message, Code code = Code::kResourceExhausted) {
  Failure f{std::move(message)};
  f.code = code;
  throw f;
}

/// What a rendering may still use up. Work costs one step for each element or 64 bytes, so that steps limit memory too.
class Meter {
 public:
  Meter(std::uint64_t steps, std::uint64_t bytes, const CallLimits* limits = nullptr)
      : meter_("the template", steps, bytes, limits) {}
  void take(std::uint64_t steps) { require(meter_.take(steps)); }
  /// Called before `part` is searched for in a text. At worst each byte of the one is compared with each byte of the
  /// other.
  void take_search(std::uint64_t text, std::uint64_t part) { take(text / 64 + text / 1024 * (part / 2 + 1)); }
  /// Called before one of `names` names is searched for.
  void take_names(std::uint64_t names) { take(names / 32); }
  /// Called before a text of `size` bytes is made, or while it grows.
  void check_text(std::uint64_t size) const { require(meter_.check_bytes(size)); }
  /// Called before `times` copies of `size` bytes are made.
  void check_text(std::uint64_t size, std::uint64_t times) const { require(meter_.check_bytes(size, times)); }

 private:
  static void require(const Status& status) {
    if (!status.ok()) fail_limit(std::string(status.message()), status.code());
  }
  weft::Meter meter_;
};

}  // namespace weft::jinja
