// Each plugin of tests/bad_plugins is caught by the rule that it breaks, and harms no host that loads it unchecked.
#include <gtest/gtest.h>

#include <set>

#include "apps/weft/check/all_rules.hpp"
#include "apps/weft/check/check_testing.hpp"
#include "apps/weft/check/child.hpp"
#include "apps/weft/check/findings.hpp"
#include "core/plugins/registry.hpp"

namespace weft::app {
namespace {

constexpr std::chrono::milliseconds kLimit{1500};

Findings check(const std::string& path, std::vector<std::string> rules = {"!backend.op.*"},
               std::chrono::milliseconds limit = kLimit) {
  auto subjects = find_subjects(path);
  if (subjects.ok()) std::erase_if(*subjects, [](const Subject& s) { return s.manifest.id.starts_with("weft."); });
  EXPECT_TRUE(subjects.ok() && subjects->size() == 1) << subjects.status().message();
  if (!subjects.ok() || subjects->empty()) return {};
  Subject subject = subjects->front();
  for (const char* sample : {"/model.bad", "/llama"}) {
    if (fs::exists(path + sample)) subject.samples.push_back(path + sample);
  }
  subject.handles = {subject.manifest.id + "://sample"};
  auto found = check_plugin(subject, {{std::move(rules)}, limit});
  EXPECT_TRUE(found.ok()) << found.status().message();
  return found.ok() ? std::move(*found) : Findings();
}

std::set<std::string> broken(const Findings& findings) {
  std::set<std::string> rules;
  for (const auto& [rule, verdict] : findings.in_order()) {
    if (verdict.state == RuleState::kFailed) rules.insert(rule);
  }
  return rules;
}

std::string all_of(const Findings& findings) {
  std::string text;
  for (const auto& [rule, verdict] : findings.in_order()) {
    if (verdict.state != RuleState::kPassed)
      text += fmt::format("{} {}: {}\n", weft::app::text(verdict.state), rule, verdict.reason);
  }
  return text;
}

struct Bad {
  const char *plugin, *rule;
  bool ends_host = false;  // by design: a host that loads it does not live
};

std::ostream& operator<<(std::ostream& out, const Bad& b) { return out << b.plugin; }

constexpr bool kEndsHost = true;

const Bad kBad[] = {
    {"aborts", "init.ok", kEndsHost},
    {"any_interface", "interface.unknown"},
    {"backend_accepts_too_much", "backend.compiles"},
    {"backend_changes_count", "backend.device-count"},
    {"backend_changes_header", "backend.device-info"},
    {"backend_empty_blocks", "backend.state-layout"},
    {"backend_gives_no_device", "backend.open-close"},
    {"backend_half_a_step", "backend.steps"},
    {"backend_keeps_graph", "memory.lent"},
    {"backend_needs_memory", "backend.new-fails"},
    {"backend_returns_early", "backend.inputs-read"},
    {"backend_shares_scratch", "backend.threads"},
    {"backend_takes_any_option", "backend.unknown-option"},
    {"backend_unsure", "backend.verdicts"},
    {"backend_without_supports", "interface.functions"},
    {"backend_writes_past_output", "memory.canary"},
    {"backend_writes_past_verdicts", "backend.verdicts"},
    {"converter_claims_all", "converter.unknown-type"},
    {"converter_maps_nothing", "converter.plan"},
    {"converter_scores_high", "converter.score"},
    {"crashes_on_load", "load.opens", kEndsHost},
    {"exits", "init.ok", kEndsHost},
    {"exits_on_load", "load.opens", kEndsHost},
    {"exports_more", "load.no-other-symbols"},
    {"format_scores_high", "format.foreign"},
    {"format_trusts_size", "format.hostile.truncated"},
    {"frees_other_size", "memory.free-size"},
    {"frees_status_twice", "status.double-free", kEndsHost},
    {"frees_twice", "memory.double-free", kEndsHost},
    {"hangs_in_query", "query.table", kEndsHost},
    {"ignores_no_memory", "init.alloc-fails"},
    {"init_fails", "init.ok"},
    {"init_throws", "call.throws"},
    {"installs_handler", "load.process-unchanged"},
    {"interface_throws", "call.throws"},
    {"interfaces_change", "interface.equal-answers"},
    {"interfaces_endless", "interface.equal-answers"},
    {"keeps_first_host", "host.after-shutdown"},
    {"leaks_memory", "memory.leak"},
    {"leaks_status", "status.leak"},
    {"leaves_thread", "shutdown.threads"},
    {"needs_memory", "init.new-fails"},
    {"no_symbol", "load.symbol"},
    {"null_functions", "table.functions"},
    {"other_id", "table.id"},
    {"other_major", "table.abi"},
    {"other_minor", "table.abi"},
    {"other_version", "table.version"},
    {"prints", "call.prints"},
    {"promise_broken", "interface.provides"},
    {"query_aborts", "query.other-hosts"},
    {"query_changes", "query.pure"},
    {"query_for_one_host", "query.other-hosts"},
    {"query_null", "query.table"},
    {"query_throws", "call.throws"},
    {"rounds_otherwise", "load.process-unchanged"},
    {"serves_one_host", "init.two-hosts"},
    {"short_interface", "interface.struct-size"},
    {"short_table", "table.struct-size"},
    {"shutdown_throws", "call.throws"},
    {"source_finds_all", "source.not-found"},
    {"source_gives_no_path", "source.fetches"},
    {"source_goes_backwards", "source.progress"},
    {"source_keeps_request", "memory.lent"},
    {"source_never_gives_up", "source.cancelled"},
    {"takes_any_option", "init.unknown-option"},
    {"throws_in_parallel", "call.throws"},
    {"tokenizer_changes_text", "tokenizer.round-trip"},
    {"tokenizer_ids_outside", "tokenizer.encodes"},
    {"tokenizer_shares_streams", "tokenizer.streams"},
    {"tokenizer_two_threads", "call.one-thread"},
    {"tokenizer_unsure", "tokenizer.encodes"},
    {"writes_past", "memory.canary"},
};

/// A small llama in safetensors. False: weft was built without either.
bool add_model_and_what_reads_it(const PluginFolder& folder) {
  for (const std::string name : {"weft_format_safetensors", "weft_model_llama"}) {
    const fs::path built = fs::path(WEFT_BINARY_DIR) / "lib/weft/plugins";
    if (!fs::exists(built / (name + ".weftplugin.json"))) return false;
    for (const std::string& file : {"lib" + name + ".so", name + ".weftplugin.json"})
      fs::copy_file(built / file, fs::path(folder.path()) / file);
  }
  const std::string make = "sh " WEFT_SOURCE_DIR "/sdk/cmake/make_model.sh " + folder.path() + "/llama llama";
  EXPECT_EQ(std::system(make.c_str()), 0);
  return true;
}

class BadPlugin : public testing::TestWithParam<Bad> {};
INSTANTIATE_TEST_SUITE_P(, BadPlugin, testing::ValuesIn(kBad),
                         [](const auto& info) { return std::string(info.param.plugin); });

TEST_P(BadPlugin, Is_caught_by_the_rule_that_it_breaks) {
  const PluginFolder folder(GetParam().plugin);
  folder.write("model.bad", std::string(8192, 'x'));  // what the formats are tried on
  const std::string interface = interface_of(GetParam().plugin);
  if (interface == WEFT_CONVERTER_INTERFACE || interface == WEFT_TOKENIZER_INTERFACE) {
    if (!add_model_and_what_reads_it(folder)) GTEST_SKIP() << "weft is built without safetensors or llama";
  }
  const Findings found = check(folder.path());
  const std::set<std::string> rules = broken(found);
  EXPECT_TRUE(rules.contains(GetParam().rule)) << all_of(found);
  EXPECT_LE(rules.size(), 4u) << "others than follow from it:\n" << all_of(found);
}

TEST_P(BadPlugin, Does_not_end_a_host_that_loads_it_unchecked) {
  if (GetParam().ends_host) GTEST_SKIP() << "by design";
  const PluginFolder folder(GetParam().plugin);
  const auto load = [&](const SendLine& send) {
    Host host(2, {});
    PluginRegistry registry(host, {{folder.path()}, {}, {}, {}, {}});
    for (const char* id : {kThing, WEFT_BACKEND_INTERFACE}) {
      const InterfaceKind kind{id, WEFT_END(weft_interface, get_extension), false, {}};
      registry.interfaces(kind);
    }
    send("loaded");
  };
  bool loaded = false;
  const auto end = run_in_child(std::chrono::seconds(10), load, [&](std::string_view) { loaded = true; });
  ASSERT_TRUE(end.ok()) << end.status().message();
  EXPECT_TRUE(loaded && end->kind == ChildEnd::Kind::kDone) << end->text() << end->printed;
}

TEST(Check, A_good_plugin_breaks_no_rule) {
  const Json both = Json::array({{{"interface", kThing}}, {{"interface", "test.unpromised/0"}}});
  const PluginFolder folder("echo", {{"provides", both}});
  const Findings found = check(folder.path());
  EXPECT_EQ(broken(found), std::set<std::string>()) << all_of(found);
  EXPECT_GT(found.count(RuleState::kPassed), 25u);
}

TEST(Check, A_plugin_that_crashes_is_told_with_what_it_did) {
  const PluginFolder folder("crashes_on_load");
  const Findings found = check(folder.path());
  EXPECT_EQ(broken(found), (std::set<std::string>{"load.opens", "call.ends-process"})) << all_of(found);
  EXPECT_NE(all_of(found).find("signal 11"), std::string::npos) << all_of(found);
}

TEST(Check, A_plugin_that_hangs_is_given_up) {
  const PluginFolder folder("hangs_in_query");
  const Findings found = check(folder.path(), {"query.*", "call.returns"}, std::chrono::milliseconds(300));
  EXPECT_TRUE(broken(found).contains("query.table")) << all_of(found);
  EXPECT_TRUE(broken(found).contains("call.returns")) << all_of(found);
}

TEST(Check, Lies_of_a_manifest_are_told_by_their_rules) {
  const auto broken_by = [](const Json& changes) {
    const PluginFolder folder("echo", changes);
    return broken(check(folder.path(), {"manifest.*", "table.*", "interface.*"}));
  };
  EXPECT_TRUE(broken_by({{"version", "one"}}).contains("manifest.version"));
  EXPECT_TRUE(broken_by({{"library", "elsewhere.so"}}).contains("manifest.library"));
  EXPECT_TRUE(broken_by({{"abi", {{"major", 9}}}}).contains("manifest.abi"));
  EXPECT_TRUE(broken_by({{"provides", Json::array()}}).contains("manifest.provides"));
  EXPECT_TRUE(broken_by({{"sha256", std::string(64, '0')}}).contains("manifest.sha256"));
  EXPECT_TRUE(broken_by({{"id", "test.other"}}).contains("table.id"));
  EXPECT_TRUE(broken_by({{"manifest", 2}}).contains("manifest.well-formed"));
  const Json more = Json::array({{{"interface", "test.nothing/0"}, {"name", "x"}}});
  EXPECT_TRUE(broken_by({{"provides", more}}).contains("interface.provides"));
}

TEST(Check, A_library_without_a_manifest_is_checked_all_the_same) {
  const PluginFolder folder("echo");
  fs::remove(fs::path(folder.path()) / "echo.weftplugin.json");
  const Findings found = check(folder.path() + "/echo.so");
  EXPECT_EQ(broken(found), (std::set<std::string>{"manifest.present"})) << all_of(found);
}

TEST(Check, A_filter_leaves_out_other_rules) {
  const PluginFolder folder("leaks_memory");
  EXPECT_EQ(broken(check(folder.path(), {"memory.*"})), (std::set<std::string>{"memory.leak"}));
  EXPECT_EQ(broken(check(folder.path(), {"manifest.*", "load.*"})), std::set<std::string>());
}

TEST(Check, Every_rule_has_a_name_of_its_own_and_a_demand) {
  std::set<std::string_view> names;
  for (const Rule& r : all_rules()) {
    EXPECT_TRUE(names.insert(r.name).second) << r.name;
    EXPECT_FALSE(r.demand.empty() || r.group.empty()) << r.name;
  }
}

TEST(Child, Lines_come_in_order_and_what_is_printed_is_kept) {
  std::vector<std::string> lines;
  const auto end = run_in_child(
      std::chrono::seconds(5),
      [](const SendLine& send) {
        send("one");
        std::puts("to people");
        send("two");
      },
      [&](std::string_view line) { lines.emplace_back(line); });
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(end->printed, "to people\n");
  EXPECT_EQ(end->text(), "");
}

TEST(Child, An_end_before_its_time_is_told) {
  const auto none = [](std::string_view) {};
  EXPECT_EQ(run_in_child(
                std::chrono::seconds(5), [](const SendLine&) { _exit(7); }, none)
                ->text(),
            "ended the process with exit code 7");
  EXPECT_EQ(run_in_child(
                std::chrono::seconds(5), [](const SendLine&) { raise(SIGKILL); }, none)
                ->kind,
            ChildEnd::Kind::kSignal);
  EXPECT_EQ(run_in_child(
                std::chrono::milliseconds(100), [](const SendLine&) { pause(); }, none)
                ->kind,
            ChildEnd::Kind::kTimeout);
}

}  // namespace
}  // namespace weft::app
