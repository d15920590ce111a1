#include "apps/weft/check/findings.hpp"

#include <unistd.h>

#include <set>

#include "apps/weft/check/all_rules.hpp"
#include "apps/weft/check/child.hpp"
#include "apps/weft/check/groups.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

RuleState state_of(std::string_view s) {
  return s == "passed" ? RuleState::kPassed : s == "failed" ? RuleState::kFailed
                                                            : RuleState::kSkipped;
}

/// Reads the lines of one group's child.
struct GroupReader {
  Findings& findings;
  std::string running = {}, at = {};  // the rule that has begun and has no verdict yet, and what is done for it
  std::string could_not = {};

  void take(std::string_view line) {
    const auto parsed = parse_json(line);
    if (!parsed.ok() || !parsed->is_object()) return;
    const Json& j = *parsed;
    const auto text = [&](const char* key) { return j.value(key, std::string()); };
    if (j.contains("begin")) running = text("begin"), at.clear();
    if (j.contains("at")) at = text("at");
    if (j.contains("could_not")) could_not = text("could_not");
    if (!j.contains("rule")) return;
    if (text("rule") == running) running.clear();
    findings.add(text("rule"), {state_of(text("state")), text("reason")});
  }
};

std::string first_line(const std::string& printed) { return printed.substr(0, printed.find('\n')); }

/// Says of a group's rules that were not told why.
void skip_rest(const Group& group, const std::string& why, const RuleFilter& filter, Findings& findings) {
  std::set<std::string, std::less<>> told;
  for (const auto& [name, verdict] : findings.in_order()) told.insert(name);
  for (const Rule& r : all_rules()) {
    if (r.group == group.name && !told.contains(r.name) && filter.wants(r.name))
      findings.add(r.name, Verdict::skipped("{}", why));
  }
}

/// Where the child has not come to its end: blames the rule that ran.
void blame(const Group& group, const GroupReader& reader, const ChildEnd& end, const RuleFilter& filter,
           Findings& findings) {
  std::string how = end.text();
  if (!reader.at.empty()) how += " (" + reader.at + ")";
  if (const std::string said = first_line(end.printed); !said.empty()) how += ": " + said;
  const std::string rule = reader.running.empty() ? "group " + std::string(group.name) : reader.running;
  if (!reader.running.empty()) findings.add(rule, {RuleState::kFailed, "the plugin " + how});
  findings.add(end.kind == ChildEnd::Kind::kTimeout ? "call.returns" : "call.ends-process",
               {RuleState::kFailed, fmt::format("in {} the plugin {}", rule, how)});
  skip_rest(group, "not reached: the process ended in " + rule, filter, findings);
}

/// A broken rule without which nothing behind it can be checked; empty: there is none.
std::string broken_gate(const Findings& findings) {
  for (const auto& [rule, verdict] : findings.in_order()) {
    const bool gate = rule == "load.opens" || rule == "load.symbol" || rule == "query.table" ||
                      rule == "table.struct-size" || rule == "table.functions" || rule == "init.ok";
    if (gate && verdict.state == RuleState::kFailed) return rule;
  }
  return "";
}

Status run_group(const Group& group, const Subject& subject, const CheckOptions& options, Findings& findings) {
  GroupReader reader{findings};
  const auto work = [&](const SendLine& send) {
    Reporter reporter(send, options.filter);
    group.check(subject, reporter);
  };
  WEFT_TRY(const ChildEnd end, run_in_child(options.limit * group.patience, work,
                                            [&](std::string_view line) { reader.take(line); }));
  if (!reader.could_not.empty()) {
    findings.add_could_not(reader.could_not);
    skip_rest(group, "could not be checked: " + reader.could_not, options.filter, findings);
  }
  if (end.kind != ChildEnd::Kind::kDone) {
    blame(group, reader, end, options.filter, findings);
  } else if (!end.printed.empty() && options.filter.wants("call.prints")) {
    findings.add("call.prints", Verdict::breaks("it prints \"{}\"", first_line(end.printed)));
  }
  return {};
}

}  // namespace

void Findings::add(std::string_view rule, Verdict verdict) {
  const auto rank = [](const Verdict& v) {
    return v.state == RuleState::kFailed ? 2 : v.state == RuleState::kPassed ? 1
                                                                             : 0;
  };
  const auto [at, is_new] = found_.try_emplace(std::string(rule), verdict);
  if (!is_new && rank(verdict) > rank(at->second)) at->second = std::move(verdict);
}

std::size_t Findings::count(RuleState state) const {
  std::size_t n = 0;
  for (const auto& [rule, verdict] : found_) n += verdict.state == state ? 1 : 0;
  return n;
}

std::vector<std::pair<std::string, Verdict>> Findings::in_order() const {
  std::vector<std::pair<std::string, Verdict>> all;
  for (const Rule& r : all_rules()) {
    if (const auto it = found_.find(r.name); it != found_.end()) all.emplace_back(it->first, it->second);
  }
  return all;
}

Result<Findings> check_plugin(const Subject& subject, const CheckOptions& options) {
  Findings findings;
  GroupReader reader{findings};
  Reporter reporter([&](const std::string& line) { reader.take(line); }, options.filter);
  check_manifest(subject, reporter);
  if (subject.library_path.empty()) return findings;
  if (!subject.trusted)
    return error(Code::kPermissionDenied, "{} is not opened: {}", subject.library_path, subject.why_not_trusted);
  if (access(subject.library_path.c_str(), R_OK) != 0) return findings;
  for (const Group& group : kGroups) {
    const std::string gate = broken_gate(findings);
    if (!gate.empty()) {
      skip_rest(group, gate + " is broken", options.filter, findings);
      continue;
    }
    const bool wanted = options.filter.wants_group(group.name);
    if (!wanted && (group.name == kOps || !options.filter.wants_group(kConduct))) continue;  // the ops take long
    WEFT_CHECK_OK(run_group(group, subject, options, findings).with_context(subject.name()));
  }
  return findings;
}

}  // namespace weft::app
