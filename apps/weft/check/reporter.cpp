#include "apps/weft/check/reporter.hpp"

#include <fnmatch.h>

#include <algorithm>

#include "apps/weft/check/all_rules.hpp"

namespace weft::app {

bool RuleFilter::wants(std::string_view rule) const {
  const std::string name(rule);
  bool asked = false, wanted = false;
  for (const std::string& glob : globs) {
    const bool out = glob.starts_with('!'), match = fnmatch(glob.c_str() + (out ? 1 : 0), name.c_str(), 0) == 0;
    if (out && match) return false;
    asked |= !out, wanted |= match;
  }
  return wanted || !asked;
}

bool RuleFilter::wants_group(std::string_view group) const {
  const auto& rules = all_rules();
  return std::any_of(rules.begin(), rules.end(), [&](const Rule& r) { return r.group == group && wants(r.name); });
}

void Reporter::rule(std::string_view name, const std::function<Verdict()>& check) {
  if (wants(name)) needed(name, check);
}

bool Reporter::needed(std::string_view name, const std::function<Verdict()>& check) {
  begin(name);
  const Verdict verdict = check();
  if (verdict.state == RuleState::kFailed) note(Status(Code::kInternal, verdict.reason));
  tell(name, verdict);
  return verdict.state == RuleState::kPassed;
}

void Reporter::tell(std::string_view name, const Verdict& verdict) {
  told_.emplace(name);
  if (wants(name)) send({{"rule", name}, {"state", text(verdict.state)}, {"reason", verdict.reason}});
}

void Reporter::skip_rest(std::string_view group, const std::string& reason) {
  for (const Rule& r : all_rules()) {
    if (r.group == group && !told_.contains(r.name)) tell(r.name, Verdict::skipped("{}", reason));
  }
}

void Reporter::begin(std::string_view name) { send({{"begin", name}}); }
void Reporter::could_not(const std::string& why) { send({{"could_not", why}}); }
void Reporter::at(const std::string& what) { send({{"at", what}}); }

void Reporter::breach(std::string_view rule, std::string_view what) {
  std::lock_guard lock(mutex_);
  if (!wants(rule) || !breaches_.emplace(rule, what).second) return;
  send_locked({{"rule", rule}, {"state", text(RuleState::kFailed)}, {"reason", what}});
}

void Reporter::note(const Status& status) {
  const std::string_view said = status.message();
  if (said.find("threw an exception across the ABI") != std::string_view::npos) breach("call.throws", said);
  constexpr std::string_view kBreaks = "breaks ";
  const std::size_t at = said.find(kBreaks);
  if (at == std::string_view::npos) return;
  const std::string_view rest = said.substr(at + kBreaks.size());
  const std::string_view rule = rest.substr(0, rest.find(':'));
  if (find_rule(rule) != nullptr) breach(rule, rest.size() > rule.size() + 2 ? rest.substr(rule.size() + 2) : rest);
}

void Reporter::end() {
  for (const Rule& r : all_rules()) {
    if (r.group == kConduct && !breaches_.contains(r.name)) tell(r.name, Verdict::holds());
  }
}

void Reporter::send(const Json& line) {
  std::lock_guard lock(mutex_);
  send_locked(line);
}

void Reporter::send_locked(const Json& line) { send_(line.dump(-1, ' ', false, Json::error_handler_t::replace)); }

}  // namespace weft::app
