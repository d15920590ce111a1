// weft plugins check and probe, as processes of their own.
#include "apps/weft/check/check_testing.hpp"
#include "apps/weft/tests/process.hpp"

namespace weft::app {
namespace {

using test::Outcome, test::weft;

std::string library(const std::string& plugin) { return WEFT_BINARY_DIR "/lib/bad_plugins/lib" + plugin + ".so"; }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(PluginsCheck, Exits_with_0_where_all_rules_hold) {
  const PluginFolder folder("echo");
  const Outcome o = weft({"plugins", "check", folder.path(), "--filter", "load.*"});
  EXPECT_EQ(o.exit_code, 0) << o.err;
  EXPECT_EQ(o.out, "test.echo: 4 rules hold, 0 are broken, 0 were not checked\n");
}

TEST(PluginsCheck, Exits_with_1_and_names_the_rule_that_is_broken) {
  const PluginFolder folder("leaks_memory");
  const Outcome o = weft({"plugins", "check", folder.path(), "--filter", "!backend.op.*"});
  EXPECT_EQ(o.exit_code, 1);
  EXPECT_TRUE(has(o.err, "test.leaks_memory breaks memory.leak: 100 bytes in 1 pieces are not freed")) << o.err;
  EXPECT_TRUE(has(o.out, "failed   memory.leak")) << o.out;
}

TEST(PluginsCheck, Exits_with_2_on_a_filter_that_no_rule_has) {
  const Outcome o = weft({"plugins", "check", "/", "--filter", "nothing.*"});
  EXPECT_EQ(o.exit_code, 2);
  EXPECT_TRUE(has(o.err, "no rule has such a name")) << o.err;
}

TEST(PluginsCheck, Exits_with_3_where_there_is_nothing_to_check) {
  const Outcome o = weft({"plugins", "check", "/no/such/folder"});
  EXPECT_EQ(o.exit_code, 3);
  EXPECT_TRUE(has(o.err, "/no/such/folder: no such file or folder")) << o.err;
}

TEST(PluginsCheck, Tells_each_rule_as_JSON) {
  const PluginFolder folder("other_version");
  const Outcome o = weft({"plugins", "check", folder.path(), "--json", "--filter", "table.*"});
  EXPECT_EQ(o.exit_code, 1);
  const auto told = parse_json(o.out);
  ASSERT_TRUE(told.ok()) << o.out;
  EXPECT_EQ((*told)["plugin"], "test.other_version");
  int failed = 0;
  for (const Json& rule : (*told)["rules"]) {
    const bool version = rule["rule"] == "table.version";
    EXPECT_EQ(rule["state"], version ? "failed" : "passed") << rule;
    failed += version ? 1 : 0;
  }
  EXPECT_EQ(failed, 1);
}

TEST(PluginsCheck, Names_the_op_that_a_backend_computes_wrong_and_no_other) {
  const PluginFolder folder("backend_wrong");
  const Outcome o = weft({"plugins", "check", folder.path(), "--json", "--filter", "backend.op.*"});
  const auto told = parse_json(o.out);
  ASSERT_TRUE(told.ok()) << o.out << o.err;
  EXPECT_EQ(o.exit_code, 1) << o.err;
  std::string broken;
  for (const Json& rule : (*told)["rules"]) {
    if (rule["state"] == "failed") broken += rule["rule"].get<std::string>() + " ";
  }
  EXPECT_EQ(broken, "backend.op.all-graphs backend.op.sigmoid ") << o.out;
}

TEST(PluginsCheck, Times_ops_beside_the_reference_backend) {
  const PluginFolder folder("backend_wrong");
  const Outcome o = weft({"plugins", "check", folder.path(), "--json", "--perf", "--filter", "load.*"});
  EXPECT_EQ(o.exit_code, 0) << o.err;
  const Json timings = parse_json(o.out).value()["timings"];
  ASSERT_EQ(timings.size(), 5u) << o.out;
  for (const Json& t : timings) {
    EXPECT_EQ(t["seconds"], 0) << "its only op is sigmoid: " << t;
    EXPECT_GT(t["reference_seconds"].get<double>(), 0) << t;
  }
  const std::string own = WEFT_BINARY_DIR "/lib/weft/plugins/weft_backend_reference.weftplugin.json";
  const Outcome reference = weft({"plugins", "check", own, "--perf", "--filter", "load.*"});
  EXPECT_EQ(reference.exit_code, 0) << reference.err;
  EXPECT_TRUE(has(reference.out, "reference matmul [64, 1024] x [1024, 1024]")) << reference.out;
  EXPECT_TRUE(has(reference.out, "times as fast as reference")) << reference.out;
}

TEST(PluginsProbe, Says_what_a_library_is) {
  const Outcome o = weft({"plugins", "probe", library("echo")});
  EXPECT_EQ(o.exit_code, 0) << o.err;
  EXPECT_TRUE(has(o.out, "id       test.echo\nversion  1.0.0\n")) << o.out;
  const Outcome backend = weft({"plugins", "probe", library("backend_wrong"), "--json"});
  EXPECT_EQ(parse_json(backend.out).value()["offers"], Json::array({"weft.backend/0=test.backend_wrong"}));
}

TEST(PluginsProbe, Says_how_a_library_died_and_lives) {
  const Outcome o = weft({"plugins", "probe", library("crashes_on_load")});
  EXPECT_EQ(o.exit_code, 1);
  EXPECT_TRUE(has(o.err, "opening the library: ended the process with signal 11")) << o.err;
  const Outcome hangs = weft({"plugins", "probe", library("hangs_in_query"), "--limit", "0.3"});
  EXPECT_EQ(hangs.exit_code, 1);
  EXPECT_TRUE(has(hangs.err, "did not return in time")) << hangs.err;
  EXPECT_EQ(weft({"plugins", "probe", "/no/such.so"}).exit_code, 3);
}

}  // namespace
}  // namespace weft::app
