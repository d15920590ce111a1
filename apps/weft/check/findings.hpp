// What the check of one plugin has found, rule by rule.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "apps/weft/check/reporter.hpp"
#include "apps/weft/check/subject.hpp"
#include "apps/weft/check/verdict.hpp"
#include "core/base/json.hpp"
#include "weft/status.hpp"

namespace weft::app {

/// A rule that several groups tell of is broken where one says so, and passed where one says so and none that.
class Findings {
 public:
  void add(std::string_view rule, Verdict verdict);
  std::size_t count(RuleState state) const;
  void add_could_not(std::string why) { could_not_.push_back(std::move(why)); }
  /// Why some rules could not be checked, through no fault of the plugin.
  const std::vector<std::string>& could_not() const { return could_not_; }
  /// The rules that were told, in the order of the table.
  std::vector<std::pair<std::string, Verdict>> in_order() const;

 private:
  std::map<std::string, Verdict, std::less<>> found_;
  std::vector<std::string> could_not_;
};

struct CheckOptions {
  RuleFilter filter;
  std::chrono::milliseconds limit{30000};  // of one group
};

/// Checks a plugin, which is opened in child processes alone. The error: it could not be checked.
Result<Findings> check_plugin(const Subject& subject, const CheckOptions& options);

}  // namespace weft::app
