// In the child: the rules that are checked, one after the other, and what is found of each.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "apps/weft/check/child.hpp"
#include "apps/weft/check/verdict.hpp"
#include "core/base/json.hpp"

namespace weft::app {

/// Which rules are wanted: all, or those that one of the globs matches; and none that a glob behind a '!' matches.
struct RuleFilter {
  std::vector<std::string> globs;
  bool wants(std::string_view rule) const;
  /// Whether any rule of the group is wanted.
  bool wants_group(std::string_view group) const;
};

/// Sends what is found to the parent, as lines of JSON. [any-thread]
class Reporter {
 public:
  Reporter(SendLine send, RuleFilter filter) : send_(std::move(send)), filter_(std::move(filter)) {}

  bool wants(std::string_view rule) const { return filter_.wants(rule); }
  /// Checks a rule, unless it is not wanted: says that it begins, then what was found. An exception is the checker's
  /// own failure.
  void rule(std::string_view name, const std::function<Verdict()>& check);
  /// rule() for what others need: it is done also where the rule is not wanted. Whether it holds.
  bool needed(std::string_view name, const std::function<Verdict()>& check);
  /// Says what becomes of a rule without a check.
  void tell(std::string_view name, const Verdict& verdict);
  /// Says of all rules of a group that were not told yet why they are skipped.
  void skip_rest(std::string_view group, const std::string& reason);
  /// Says that a rule begins whose verdict comes by tell().
  void begin(std::string_view name);
  /// The group could not be checked, through no fault of the plugin.
  void could_not(const std::string& why);
  /// What is done now, for the reason where the process ends in it ("truncated to 12 bytes").
  void at(const std::string& what);
  /// Something that happened while others were checked breaks this rule.
  void breach(std::string_view rule, std::string_view what);
  /// Takes the breaches that a status of a call tells of.
  void note(const Status& status);
  /// Says that the rules of conduct that were not broken held.
  void end();

 private:
  void send(const Json& line);
  void send_locked(const Json& line);

  const SendLine send_;
  const RuleFilter filter_;
  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> breaches_;
  std::set<std::string, std::less<>> told_;
};

}  // namespace weft::app
