// weft plugins check PATH: whether a plugin keeps the rules of the ABI.
#include "apps/weft/check/check.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

#include "apps/weft/check/all_rules.hpp"
#include "apps/weft/check/findings.hpp"
#include "apps/weft/check/timings.hpp"
#include "apps/weft/common.hpp"
#include "apps/weft/output.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

struct Options {
  std::string path;
  std::vector<std::string> filter, samples;
  double limit = 30;
  bool json = false, all = false, perf = false;
};

Json as_json(const Subject& subject, const Findings& findings) {
  Json rules = Json::array();
  for (const auto& [name, verdict] : findings.in_order()) {
    const Rule* const rule = find_rule(name);
    rules.push_back({{"rule", name},
                     {"group", rule->group},
                     {"state", text(verdict.state)},
                     {"reason", verdict.reason}});
  }
  return {{"plugin", subject.name()},
          {"manifest", subject.manifest_path},
          {"library", subject.library_path},
          {"could_not", findings.could_not()},
          {"rules", rules}};
}

std::string as_text(const Subject& subject, const Findings& findings, bool all) {
  std::string out = fmt::format("{}: {} rules hold, {} are broken, {} were not checked\n", subject.name(),
                                findings.count(RuleState::kPassed), findings.count(RuleState::kFailed),
                                findings.count(RuleState::kSkipped));
  for (const auto& [name, verdict] : findings.in_order()) {
    if (verdict.state != RuleState::kFailed && !all) continue;
    out += fmt::format("  {:<8} {:<26} {}\n", text(verdict.state), name, one_line(verdict.reason));
    if (verdict.state == RuleState::kFailed) out += fmt::format("  {:<8} {}\n", "", find_rule(name)->demand);
  }
  return out;
}

Status check(const Options& o) {
  WEFT_TRY(std::vector<Subject> subjects, find_subjects(o.path));
  const CheckOptions options{{o.filter}, std::chrono::milliseconds(static_cast<int64_t>(o.limit * 1000))};
  Json list = Json::array();
  std::string broken, could_not;
  for (Subject& subject : subjects) {
    for (const std::string& sample : o.samples) {
      (sample.find("://") != std::string::npos ? subject.handles : subject.samples).push_back(sample);
    }
    const auto findings = check_plugin(subject, options);
    if (!findings.ok()) {
      if (could_not.empty()) could_not = std::string(findings.status().message());
      list.push_back({{"plugin", subject.name()}, {"could_not", Json::array({findings.status().message()})}});
      continue;
    }
    list.push_back(as_json(subject, *findings));
    std::vector<Timing> timings;
    if (o.perf) {
      auto timed = time_ops(subject);
      if (!timed.ok() && could_not.empty()) could_not = std::string(timed.status().message());
      if (timed.ok()) timings = std::move(*timed);
      list.back()["timings"] = Json::array();
      for (const Timing& t : timings) list.back()["timings"].push_back(as_json(t));
    }
    if (could_not.empty() && !findings->could_not().empty())
      could_not = subject.name() + ": " + findings->could_not().front();
    if (!o.json) WEFT_CHECK_OK(print(as_text(subject, *findings, o.all) + as_text(timings)));
    for (const auto& [rule, verdict] : findings->in_order()) {
      if (verdict.state == RuleState::kFailed && broken.empty())
        broken = fmt::format("{} breaks {}: {}", subject.name(), rule, verdict.reason);
    }
  }
  if (o.json) WEFT_CHECK_OK(print(json_text(list.size() == 1 ? list[0] : list, 2) + "\n"));
  if (!broken.empty()) return Status(Code::kFailedPrecondition, broken);
  return could_not.empty() ? Status() : error(Code::kUnavailable, "not all could be checked: {}", could_not);
}

std::string unknown_filter(const Options& o) {
  for (const std::string& glob : o.filter) {
    const RuleFilter one{{glob.substr(glob.starts_with('!') ? 1 : 0)}};
    const auto& rules = all_rules();
    if (std::none_of(rules.begin(), rules.end(), [&](const Rule& r) { return one.wants(r.name); }))
      return fmt::format("--filter {}: no rule has such a name; docs/reference/rules.md lists them", glob);
  }
  return "";
}

}  // namespace

int exit_code_of_check(const Status& s) {
  constexpr int kWrong = 1, kCouldNot = 3;
  return s.code() == Code::kFailedPrecondition ? kWrong : kCouldNot;
}

void add_plugins_check(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("plugins check", "hold a plugin to the rules of the ABI", [o] { return check(*o); });
  command.add("PATH", &o->path, "a manifest, a library with its manifest beside it, or a folder of them").required =
      true;
  command.add("--filter", &o->filter, "only rules whose names match ('backend.*'), or do not ('!backend.op.*')").value =
      "GLOB";
  command.add("--sample", &o->samples, "a file, a checkpoint or a handle that the plugin takes").value = "SAMPLE";
  command.add("--limit", &o->limit, "seconds that one group of rules may take").range = Range{0.1, kMostSeconds};
  command.add("--all", &o->all, "tell of rules that hold or were not checked, too");
  command.add("--perf", &o->perf, "time a backend's ops beside the reference backend, too");
  command.add("--json", &o->json, "print JSON");
  command.usage_error = [o] { return unknown_filter(*o); };
  command.exit_code = exit_code_of_check;
}

}  // namespace weft::app
