// The ops of a backend, by weft's conformance tests, which are a program of their own.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "apps/weft/check/groups.hpp"
#include "apps/weft/check/opened.hpp"
#include "apps/weft/whole_file.hpp"
#include "core/base/error.hpp"
#include "core/model/interfaces.hpp"
#include "core/plugins/discovery.hpp"
#include "core/plugins/own_folder.hpp"

extern char** environ;

namespace weft::app {
namespace {

namespace fs = std::filesystem;

constexpr const char *kBodies = "backend.op.all-bodies", *kGraphs = "backend.op.all-graphs";
constexpr const char* kProgram = "weft-conformance";
/// Suites that hold every backend to something. Tests called Kernels say which kernels weft's own backends have.
constexpr const char* kSuites =
    "Attention.*:Bodies.*:Composites.*:Conv.*:DeepAttention.*:Elementwise.*:HardInput.*:Indexing.*:Layout.*:Matmul.*:"
    "Moe.*:PrefixAttention.*:RaggedAttention.*:Reductions.*:Scan.*:Ssm.*:States.*:StoredWeights.*";

/// The program of the tests, beside the command or where it is installed; empty: it is not there.
std::string program() {
  std::error_code failed;
  for (const char* beside : {"/../libexec/weft/", "/../../libexec/weft/"}) {
    const std::string path = own_folder() + beside + kProgram;
    if (!own_folder().empty() && fs::exists(path, failed)) return path;
  }
  return "";
}

constexpr uint64_t kMostReport = 64u << 20;

struct Test {
  std::string name;  // "Matmul.Of_a_vector/acme"
  std::set<std::string> taken;
  std::string failure;  // empty: it passed
};

std::set<std::string> list_of(const std::string& text) {
  std::set<std::string> all;
  std::stringstream in(text);
  for (std::string op; std::getline(in, op, ',');) all.insert(op);
  return all;
}

std::vector<Test> tests_of(const Json& report) {
  std::vector<Test> all;
  for (const Json& suite : report.value("testsuites", Json::array())) {
    for (const Json& t : suite.value("testsuite", Json::array())) {
      Test& test = all.emplace_back();
      test.name = suite.value("name", std::string()) + "." + t.value("name", std::string());
      test.taken = list_of(t.value("taken", std::string()));
      for (const Json& f : t.value("failures", Json::array())) {
        if (test.failure.empty()) test.failure = f.value("failure", std::string("it fails"));
      }
    }
  }
  return all;
}

/// One run of the program.
struct Run {
  bool ended = false;  // it has come to its end and written its report
  std::vector<Test> tests;
  std::string crashed_in;  // the test that was running
  std::string how;
};

/// The last test that the output says has begun.
std::string last_begun(const std::string& output) {
  constexpr std::string_view kBegun = "[ RUN      ] ";
  const std::size_t at = output.rfind(kBegun);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + kBegun.size();
  return output.substr(begin, output.find('\n', begin) - begin);
}

Result<Run> run_tests(const std::string& path, const std::vector<std::string>& variables, const std::string& leave_out,
                      const fs::path& folder) {
  const std::string report = (folder / "report.json").string(), output = (folder / "output").string();
  std::error_code ignored;
  fs::remove(report, ignored);
  std::vector<std::string> arguments{path, std::string("--gtest_filter=") + kSuites + "-Bodies.Kernels_*" + leave_out,
                                     "--gtest_output=json:" + report, "--gtest_color=no"};
  std::vector<std::string> environment = variables;
  for (char** e = environ; *e != nullptr; ++e) {
    if (!std::string_view(*e).starts_with("WEFT_") && !std::string_view(*e).starts_with("GTEST_"))
      environment.emplace_back(*e);
  }
  std::vector<char*> argv, envp;
  for (std::string& a : arguments) argv.push_back(a.data());
  for (std::string& e : environment) envp.push_back(e.data());
  argv.push_back(nullptr), envp.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int failed = posix_spawn(&child, path.c_str(), &files, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) return error(Code::kUnavailable, "{} cannot be started: {}", path, std::strerror(failed));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  Run run;
  const auto written = read_whole_file(report, kMostReport);
  run.ended = WIFEXITED(status) && written.ok();
  if (run.ended) {
    WEFT_TRY(const Json all, parse_json(*written));
    run.tests = tests_of(all);
    return run;
  }
  const auto said = read_whole_file(output, kMostReport);
  run.crashed_in = said.ok() ? last_begun(*said) : "";
  run.how = WIFSIGNALED(status) ? fmt::format("signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)))
                                : fmt::format("exit code {}", WEXITSTATUS(status));
  return run;
}

/// The rule that a test of this name checks whatever its ops are; empty: that of its ops.
std::string_view rule_of_suite(std::string_view test) { return test.starts_with("Bodies.") ? kBodies : ""; }

/// The first line of a failure that says what was wrong.
std::string said(const Test& test) {
  std::string text = test.name + ": " + test.failure;
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  constexpr std::size_t kMost = 300;
  return text.size() > kMost ? text.substr(0, kMost) + "..." : text;
}

void judge(const std::vector<Test>& tests, Reporter& reporter) {
  std::map<std::string, std::string> broken;  // rule -> why
  std::set<std::string> proven;               // ops
  std::size_t taken = 0;
  bool bodies = false;
  for (const Test& t : tests) {
    taken += t.taken.empty() ? 0 : 1;
    bodies |= !t.taken.empty() && !rule_of_suite(t.name).empty();
    if (t.failure.empty()) proven.insert(t.taken.begin(), t.taken.end());
  }
  for (const Test& t : tests) {
    if (t.failure.empty()) continue;
    reporter.note(Status(Code::kInternal, t.failure));
    broken.try_emplace(kGraphs, said(t));
    if (const std::string_view rule = rule_of_suite(t.name); !rule.empty()) {
      broken.try_emplace(std::string(rule), said(t));
      continue;
    }
    // Of several ops, those that no other test has shown to be right are to blame.
    const bool only = std::any_of(t.taken.begin(), t.taken.end(), [&](const auto& op) { return !proven.contains(op); });
    for (const std::string& op : t.taken) {
      if (!only || !proven.contains(op)) broken.try_emplace(std::string(kOpPrefix) + op, said(t));
    }
  }
  for (const auto& [rule, why] : broken) {
    if (find_rule(rule) != nullptr) reporter.tell(rule, Verdict::breaks("{}", why));
  }
  for (const std::string& op : proven) {
    const std::string rule = std::string(kOpPrefix) + op;
    if (!broken.contains(rule) && find_rule(rule) != nullptr) reporter.tell(rule, Verdict::holds());
  }
  if (bodies && !broken.contains(kBodies)) reporter.tell(kBodies, Verdict::holds());
  if (taken > 0 && !broken.contains(kGraphs)) reporter.tell(kGraphs, Verdict::holds());
}

struct TemporaryFolder {
  fs::path path;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path.empty()) fs::remove_all(path, ignored);
  }
};

Status run_all(const Subject& subject, const std::string& names, const std::string& path, Reporter& reporter) {
  std::string made = (fs::temp_directory_path() / "weft-check-XXXXXX").string();
  if (mkdtemp(made.data()) == nullptr) return error(Code::kUnavailable, "{}: no folder can be made", made);
  const TemporaryFolder folder{made};
  std::string folders = fs::path(subject.library_path).parent_path().string();
  for (const std::string& own : own_plugin_folders()) folders += ":" + own;
  const std::vector<std::string> variables{"WEFT_VALIDATE=1", "WEFT_CONFORMANCE_PLUGINS=" + folders,
                                           "WEFT_CONFORMANCE_BACKENDS=" + names};
  constexpr int kMostCrashes = 5;
  std::string leave_out;
  for (int crashes = 0;;) {
    reporter.at("running " + std::string(kProgram));
    WEFT_TRY(const Run run, run_tests(path, variables, leave_out, folder.path));
    if (run.ended) {
      judge(run.tests, reporter);
      return {};
    }
    if (run.crashed_in.empty()) return error(Code::kUnavailable, "{} ends with {}", kProgram, run.how);
    const std::string why = fmt::format("{} ends the process with {}", run.crashed_in, run.how);
    reporter.tell(kGraphs, Verdict::breaks("{}", why));
    reporter.breach("call.ends-process", why);
    leave_out += ":" + run.crashed_in;
    if (++crashes == kMostCrashes) return {};
  }
}

}  // namespace

void check_ops(const Subject& subject, Reporter& reporter) {
  std::string names;
  for (const Manifest::Provided& p : subject.manifest.provides) {
    if (p.interface_id == WEFT_BACKEND_INTERFACE) names += (names.empty() ? "" : ",") + p.name;
  }
  if (names.empty()) return reporter.skip_rest("op", "the plugin has no backend");
  const std::string path = program();
  if (path.empty()) return reporter.could_not(std::string(kProgram) + " is not installed, which runs the ops");
  reporter.begin(kGraphs);
  if (const Status s = run_all(subject, names, path, reporter); !s.ok())
    return reporter.could_not(std::string(s.message()));
  reporter.skip_rest("op", "the backend leaves it to others");
  reporter.end();
}

}  // namespace weft::app
