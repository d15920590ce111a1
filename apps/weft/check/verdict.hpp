// What the check of a rule has found.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "weft/status.hpp"

namespace weft::app {

enum class RuleState { kPassed, kFailed, kSkipped };

inline std::string_view text(RuleState state) {
  if (state == RuleState::kSkipped) return "skipped";
  return state == RuleState::kPassed ? "passed" : "failed";
}

struct Verdict {
  RuleState state = RuleState::kPassed;
  std::string reason;  // why it is not passed

  static Verdict holds() { return {}; }
  template <class... Args>
  static Verdict breaks(fmt::format_string<Args...> format, Args&&... args) {
    return {RuleState::kFailed, fmt::format(format, std::forward<Args>(args)...)};
  }
  template <class... Args>
  static Verdict skipped(fmt::format_string<Args...> format, Args&&... args) {
    return {RuleState::kSkipped, fmt::format(format, std::forward<Args>(args)...)};
  }
  /// An error breaks the rule.
  static Verdict of(const Status& s) { return s.ok() ? holds() : breaks("{}", s.message()); }
};

}  // namespace weft::app
