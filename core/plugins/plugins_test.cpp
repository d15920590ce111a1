// Plugins from the manifest to the table. The libraries are those of tests/bad_plugins.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/base/status_abi.hpp"
#include "core/plugins/registry.hpp"
#include "core/plugins/trust.hpp"

#if defined(__SANITIZE_ADDRESS__)
// A huge alloc is to fail as it does without the sanitizer.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}
#endif

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr char kThing[] = "test.thing/0";
constexpr uint32_t kSize = WEFT_END(weft_interface, self);  // of its tables

void write(const fs::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
  fs::permissions(file, fs::perms(0644));
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Whether the library is in the process.
bool opened(const fs::path& library) {
  void* handle = dlopen(library.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (handle != nullptr) dlclose(handle);
  return handle != nullptr;
}

struct Variable {  // set while it lives
  Variable(const char* name, const std::string& value) : name(name) {
    if (const char* v = getenv(name)) before = v;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { before ? setenv(name, before->c_str(), 1) : unsetenv(name); }
  const char* name;
  std::optional<std::string> before;
};

struct WorkingDirectory {  // changed while it lives
  explicit WorkingDirectory(const fs::path& p) : before(fs::current_path()) { fs::current_path(p); }
  ~WorkingDirectory() { fs::current_path(before); }
  fs::path before;
};

/// A temporary folder that only the user can write, and a host that keeps its log.
class WithFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::canonical(testing::TempDir()) / "weft_plugins_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root = name;
    fs::permissions(root, fs::perms(0755));
  }
  void TearDown() override { fs::remove_all(root); }

  fs::path folder(const std::string& name) {
    fs::create_directories(root / name);
    fs::permissions(root / name, fs::perms(0755));
    return root / name;
  }

  /// A copy of one of the libraries with a manifest beside it, whose keys `changes` replaces (null:
  /// leaves out). The path of the copy.
  fs::path put(const fs::path& where, const std::string& plugin, const Json& changes = {}, std::string file = "") {
    if (file.empty()) file = plugin;
    const fs::path library = where / (file + ".so");
    fs::copy_file(fs::path(WEFT_BINARY_DIR) / "lib/bad_plugins" / ("lib" + plugin + ".so"), library);
    fs::permissions(library, fs::perms(0644));
    Json manifest = {{"manifest", 1},
                     {"id", "test." + plugin},
                     {"version", "1.0.0"},
                     {"library", library.filename().string()},
                     {"abi", {{"major", WEFT_ABI_MAJOR}, {"minor", WEFT_ABI_MINOR}}},
                     {"provides", Json::array({{{"interface", kThing}, {"name", plugin}}})}};
    if (changes.is_object()) manifest.merge_patch(changes);
    write(where / (file + ".weftplugin.json"), manifest.dump());
    return library;
  }

  std::unique_ptr<PluginRegistry> registry(Config config = {}, Environment environment = {},
                                           std::vector<std::string> folders = {}) {
    if (folders.empty()) folders = {root.string()};
    return std::make_unique<PluginRegistry>(host, RegistryOptions{folders, std::move(config), std::move(environment), {}});
  }

  /// What became of the plugin of a manifest file after all interfaces were asked for.
  static Candidate outcome(PluginRegistry& r, const fs::path& manifest) {
    r.interfaces(kThing, kSize);
    for (const Candidate& c : r.report()) {
      if (c.manifest_path == manifest) return c;
    }
    ADD_FAILURE() << manifest << " is not in the report";
    return {};
  }
  Candidate outcome(const std::string& file, Config config = {}, Environment environment = {}) {
    return outcome(*registry(std::move(config), std::move(environment)), root / (file + ".weftplugin.json"));
  }

  void expect_refused(const Candidate& c, std::string_view reason) {
    EXPECT_EQ(text(c.state), "refused");
    EXPECT_TRUE(has(c.reason, reason)) << c.reason;
  }
  void expect_refused_beside_a_good_one(const std::string& plugin, std::string_view reason) {
    put(root, plugin);
    put(root, "echo");
    auto r = registry();
    EXPECT_EQ(r->interfaces(kThing, kSize).size(), 2u);  // those of echo
    EXPECT_EQ(r->interfaces(kThing, kSize).size(), 2u);
    expect_refused(outcome(*r, root / (plugin + ".weftplugin.json")), reason);
    EXPECT_TRUE(logged("test." + plugin + " is refused: "));
  }
  void expect_refused_unopened(const Json& changes, std::string_view reason) {
    const fs::path library = put(root, "echo", changes);
    expect_refused(outcome("echo"), reason);
    EXPECT_FALSE(opened(library));
    fs::remove(library);
  }
  bool logged(std::string_view part) {
    std::lock_guard lock(log_mutex);
    for (const std::string& line : log) {
      if (has(line, part)) return true;
    }
    return false;
  }

  fs::path root;
  std::mutex log_mutex;
  std::vector<std::string> log;
  Host host{2, [this](uint32_t, std::string_view component, std::string_view message) {
              std::lock_guard lock(log_mutex);
              log.push_back(std::string(component) + ": " + std::string(message));
            }};
};

// ---- libraries ------------------------------------------------------------------------------

using Plugins = WithFolder;

TEST_F(Plugins, A_good_one_gives_its_tables_and_is_shut_down_with_the_registry) {
  const fs::path library = put(root, "echo");
  auto r = registry();
  EXPECT_FALSE(opened(library)) << "nobody has asked yet";
  EXPECT_TRUE(r->interfaces("test.other/0", kSize).empty());
  EXPECT_FALSE(opened(library)) << "its manifest does not promise that";
  const auto found = r->interfaces(kThing, kSize);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].plugin_id, "test.echo");
  EXPECT_NE(found[0].table, found[1].table);
  for (const Interface& i : found) EXPECT_EQ(i.self, i.table) << "echo puts that in";
  EXPECT_EQ(text(outcome(*r, root / "echo.weftplugin.json").state), "loaded");
  EXPECT_FALSE(logged("shut down"));
  r.reset();
  EXPECT_TRUE(logged("echo: shut down"));
  EXPECT_TRUE(opened(library)) << "libraries stay mapped";
}
TEST_F(Plugins, What_a_manifest_does_not_promise_is_not_asked_for_even_when_loaded) {
  put(root, "echo");
  auto r = registry();
  EXPECT_EQ(r->interfaces(kThing, kSize).size(), 2u);
  EXPECT_TRUE(r->interfaces("test.unpromised/0", kSize).empty());
}
TEST_F(Plugins, Of_another_minor_version_are_refused) {
  expect_refused_beside_a_good_one("other_minor", fmt::format("built for ABI {}.{}, this is {}.{}", WEFT_ABI_MAJOR, WEFT_ABI_MINOR + 1, WEFT_ABI_MAJOR, WEFT_ABI_MINOR));
}
TEST_F(Plugins, Of_another_major_version_are_refused) {
  expect_refused_beside_a_good_one("other_major", fmt::format("built for ABI {}.{}", WEFT_ABI_MAJOR + 1, WEFT_ABI_MINOR));
}
TEST_F(Plugins, Without_the_symbol_are_refused) {
  expect_refused_beside_a_good_one("no_symbol", "exports no weft_plugin_query_v1");
}
TEST_F(Plugins, With_a_short_table_are_refused) {
  expect_refused_beside_a_good_one("short_table", fmt::format("table has {} bytes, expected {}", WEFT_END(weft_plugin, shutdown), WEFT_END(weft_plugin, get_interface)));
}
TEST_F(Plugins, Whose_query_throws_are_refused) {
  expect_refused_beside_a_good_one("query_throws", "query function threw");
}
TEST_F(Plugins, Whose_query_gives_null_are_refused) {
  expect_refused_beside_a_good_one("query_null", "does not serve ABI");
}
TEST_F(Plugins, Whose_init_fails_are_refused_with_what_it_said) {
  expect_refused_beside_a_good_one("init_fails", "init: no such device here");
}
TEST_F(Plugins, Whose_init_throws_are_refused) {
  expect_refused_beside_a_good_one("init_throws", "init function threw");
}
TEST_F(Plugins, With_a_short_interface_table_are_refused_and_give_no_table_at_all) {
  expect_refused_beside_a_good_one("short_interface", "its table of test.thing/0 has 8 bytes, expected 16");
}
TEST_F(Plugins, Give_no_table_without_a_self_also_when_none_is_asked_for) {
  put(root, "short_interface");
  EXPECT_TRUE(registry()->interfaces(kThing, 0).empty());
}
TEST_F(Plugins, Give_no_table_shorter_than_what_is_asked_for) {
  put(root, "echo");
  auto r = registry();
  EXPECT_TRUE(r->interfaces(kThing, kSize + 1).empty());
  expect_refused(outcome(*r, root / "echo.weftplugin.json"), "has 16 bytes, expected 17");
}
TEST_F(Plugins, Whose_get_interface_throws_are_refused_and_give_no_table_at_all) {
  expect_refused_beside_a_good_one("interface_throws", "get_interface function threw an exception at test.thing/0");
}
TEST_F(Plugins, Of_another_id_than_their_manifest_says_are_refused) {
  expect_refused_beside_a_good_one("other_id", "calls itself test.somebody_else, its manifest says test.other_id");
}
TEST_F(Plugins, Whose_library_is_missing_or_no_library_are_refused) {
  fs::remove(put(root, "echo"));
  expect_refused(outcome("echo"), "No such file");
  write(root / "echo.so", "not ELF");
  expect_refused(outcome("echo"), "cannot be opened");
  fs::remove(root / "echo.so");
  fs::create_directory(root / "echo.so");
  expect_refused(outcome("echo"), "not a regular file");
}

// ---- manifests ------------------------------------------------------------------------------

using Manifests = WithFolder;

TEST_F(Manifests, That_are_malformed_are_listed_by_file_and_stop_nobody) {
  put(root, "echo");
  write(root / "a.weftplugin.json", "{\"manifest\": 1,");
  write(root / "b.weftplugin.json", "");
  write(root / "c.weftplugin.json", "[]");
  fs::create_directory(root / "d.weftplugin.json");
  ASSERT_EQ(mkfifo((root / "e.weftplugin.json").c_str(), 0600), 0);
  fs::create_symlink("nowhere", root / "f.weftplugin.json");
  auto r = registry();
  const Candidate a = outcome(*r, root / "a.weftplugin.json");
  EXPECT_EQ(a.manifest.id, "a.weftplugin.json");
  expect_refused(a, "malformed JSON at byte");
  expect_refused(outcome(*r, root / "b.weftplugin.json"), "malformed JSON");
  expect_refused(outcome(*r, root / "c.weftplugin.json"), "not an object");
  for (const char* name : {"d", "e", "f"}) {
    expect_refused(outcome(*r, root / (std::string(name) + ".weftplugin.json")), "not a regular file");
  }
  EXPECT_EQ(text(outcome(*r, root / "echo.weftplugin.json").state), "loaded");
}
TEST_F(Manifests, Of_another_manifest_version_are_refused) {
  expect_refused_unopened({{"manifest", 2}}, "\"manifest\" is not 1");
  expect_refused_unopened({{"manifest", "1"}}, "\"manifest\" is not 1");
  expect_refused_unopened({{"manifest", nullptr}}, "\"manifest\" is not 1");
}
TEST_F(Manifests, Whose_library_is_not_a_plain_name_are_refused) {
  for (const char* name : {"/lib/x.so", "../echo.so", "sub/echo.so", "..", ""}) {
    expect_refused_unopened({{"library", name}}, "\"library\" is");
  }
  expect_refused_unopened({{"library", nullptr}}, "\"library\" is");
  expect_refused_unopened({{"library", "."}}, "not a regular file");
}
TEST_F(Manifests, Without_an_id_are_refused) {
  expect_refused_unopened({{"id", nullptr}}, "\"id\" is missing");
  expect_refused_unopened({{"id", ""}}, "\"id\" is missing");
  expect_refused_unopened({{"id", 5}}, "\"id\" is missing");
}
TEST_F(Manifests, Of_another_abi_are_refused_without_opening_the_library) {
  expect_refused_unopened({{"abi", {{"major", WEFT_ABI_MAJOR + 1}}}}, fmt::format("its manifest says ABI {}.{}", WEFT_ABI_MAJOR + 1, WEFT_ABI_MINOR));
  expect_refused_unopened({{"abi", {{"minor", WEFT_ABI_MINOR + 1}}}}, fmt::format("this is {}.{}", WEFT_ABI_MAJOR, WEFT_ABI_MINOR));
  expect_refused_unopened({{"abi", nullptr}}, "\"abi\" is missing");
  expect_refused_unopened({{"abi", {{"minor", nullptr}}}}, "no integers");
  expect_refused_unopened({{"abi", {{"minor", "1"}}}}, "no integers");
}
TEST_F(Manifests, Of_another_abi_are_refused_before_anyone_asks_and_shadow_nobody) {
  put(folder("1"), "echo", {{"abi", {{"minor", WEFT_ABI_MINOR + 1}}}, {"version", "9"}});
  put(folder("2"), "echo");
  put(folder("2"), "echo", {{"abi", {{"minor", WEFT_ABI_MINOR + 1}}}, {"version", "9"}}, "newer");
  auto r = registry({}, {}, {root / "1", root / "2"});
  const auto report = r->report();
  ASSERT_GE(report.size(), 3u);
  expect_refused(report[0], "its manifest says ABI");
  EXPECT_EQ(text(outcome(*r, root / "2/echo.weftplugin.json").state), "loaded");
  expect_refused(outcome(*r, root / "2/newer.weftplugin.json"), "its manifest says ABI");
}
TEST_F(Manifests, With_malformed_lists_of_what_they_provide_are_refused) {
  expect_refused_unopened({{"provides", nullptr}}, "\"provides\" is not a list");
  expect_refused_unopened({{"provides", Json::array({1})}}, "no object");
  expect_refused_unopened({{"provides", Json::array({{{"name", "x"}}})}}, "without an \"interface\"");
}
TEST(Manifest, Ignores_keys_it_does_not_know) {
  const auto m = parse_manifest(R"({"manifest": 1, "id": "a", "version": "2", "library": "a.so", "later": [1],
                                    "abi": {"major": 0, "minor": 1}, "provides": [{"interface": "i/0", "name": "n"}]})");
  ASSERT_TRUE(m.ok()) << m.status().message();
  EXPECT_EQ(m->version, "2");
  EXPECT_TRUE(m->offers("i/0"));
  EXPECT_FALSE(m->offers("i/1"));
}

// ---- search order ---------------------------------------------------------------------------

using Search = WithFolder;

TEST_F(Search, Takes_the_first_folder_and_lists_the_second_with_what_shadows_it) {
  put(folder("1"), "echo");
  const fs::path second = put(folder("2"), "echo", {{"version", "9.0.0"}});
  auto r = registry({}, {}, {root / "1", root / "2"});
  EXPECT_EQ(text(outcome(*r, root / "1/echo.weftplugin.json").state), "loaded");
  const Candidate shadowed = outcome(*r, root / "2/echo.weftplugin.json");
  EXPECT_EQ(text(shadowed.state), "shadowed");
  EXPECT_TRUE(has(shadowed.reason, (root / "1/echo.weftplugin.json").string())) << shadowed.reason;
  EXPECT_FALSE(opened(second));
}
TEST_F(Search, Goes_host_then_environment_then_config_then_home) {
  for (const char* name : {"host", "env1", "env2", "conf", "home/weft/plugins"}) put(folder(name), "echo");
  Config config;
  config.paths = {root / "conf"};
  Environment environment;
  environment.plugin_path = (root / "env1").string() + "::" + (root / "env2").string();
  environment.data_home = root / "home";
  const auto found = discover({root / "host"}, config, environment);
  std::vector<std::string> order;
  for (const Candidate& c : found) {
    if (c.manifest.id == "test.echo") order.push_back(fs::path(c.manifest_path).parent_path().lexically_relative(root));
  }
  EXPECT_EQ(order, (std::vector<std::string>{"host", "env1", "env2", "conf", "home/weft/plugins"}));
}
TEST_F(Search, Visits_a_folder_once_and_passes_over_missing_ones) {
  put(folder("1"), "echo");
  fs::create_directory_symlink(root / "1", root / "again");
  auto r = registry({}, {}, {root / "missing", root / "1", root / "again", (root / "1").string() + "/"});
  int found = 0;
  for (const Candidate& c : r->report()) found += c.manifest.id == "test.echo";
  EXPECT_EQ(found, 1);
}
TEST_F(Search, Takes_the_highest_version_in_a_folder_by_number) {
  put(root, "echo", {{"version", "1.9.0"}}, "a");
  put(root, "echo", {{"version", "1.10.0"}}, "b");
  put(root, "echo", {{"version", "1.9"}}, "c");
  auto r = registry();
  EXPECT_EQ(text(outcome(*r, root / "b.weftplugin.json").state), "loaded");
  for (const char* lower : {"a", "c"}) {
    const Candidate c = outcome(*r, root / (std::string(lower) + ".weftplugin.json"));
    EXPECT_EQ(text(c.state), "shadowed");
    EXPECT_TRUE(has(c.reason, "b.weftplugin.json")) << c.reason;
  }
}
TEST_F(Plugins, Of_two_with_one_id_both_are_refused) {
  const fs::path a = put(root, "echo", {}, "a"), b = put(root, "echo", {}, "b");
  auto r = registry();
  for (const char* name : {"a", "b"}) {
    const Candidate c = outcome(*r, root / (std::string(name) + ".weftplugin.json"));
    expect_refused(c, "two plugins with the id test.echo and version 1.0.0 in one folder");
    EXPECT_TRUE(has(c.reason, "a.weftplugin.json") && has(c.reason, "b.weftplugin.json")) << c.reason;
  }
  EXPECT_FALSE(opened(a) || opened(b));
}
TEST_F(Plugins, Of_equal_versions_written_differently_both_are_refused) {
  put(root, "echo", {{"version", "1.0.0"}}, "a");
  put(root, "echo", {{"version", "1.00.0"}}, "b");
  auto r = registry();
  for (const char* name : {"a", "b"}) {
    expect_refused(outcome(*r, root / (std::string(name) + ".weftplugin.json")), "two plugins with the id");
  }
}
TEST_F(Plugins, Below_two_equal_ones_are_shadowed_and_not_called_equal) {
  put(root, "echo", {{"version", "2"}}, "a");
  put(root, "echo", {{"version", "1"}}, "b");
  put(root, "echo", {{"version", "2"}}, "c");
  auto r = registry();
  expect_refused(outcome(*r, root / "a.weftplugin.json"), "two plugins");
  expect_refused(outcome(*r, root / "c.weftplugin.json"), "two plugins");
  EXPECT_EQ(text(outcome(*r, root / "b.weftplugin.json").state), "shadowed");
}
TEST_F(Plugins, That_are_refused_in_a_folder_shadow_nobody_in_the_next) {
  put(folder("1"), "echo", {}, "a");
  put(folder("1"), "echo", {}, "b");
  put(folder("2"), "echo");
  auto r = registry({}, {}, {root / "1", root / "2"});
  EXPECT_EQ(text(outcome(*r, root / "2/echo.weftplugin.json").state), "loaded");
}
TEST_F(Plugins, Are_disabled_by_globs_and_by_globs_that_do_not_enable_them) {
  const fs::path library = put(root, "echo");
  Config config;
  config.disable = {"other", "test.e*"};
  EXPECT_EQ(text(outcome("echo", config).state), "disabled");
  EXPECT_EQ(outcome("echo", config).reason, "plugins.disable");
  config.enable = {"*"};
  EXPECT_EQ(text(outcome("echo", config).state), "disabled") << "disable goes before enable";
  config = {};
  config.enable = {"weft.*", "test.ech"};
  EXPECT_EQ(text(outcome("echo", config).state), "disabled");
  EXPECT_EQ(outcome("echo", config).reason, "not in plugins.enable");
  EXPECT_FALSE(opened(library));
  config.enable = {"weft.*", "test.?cho"};
  EXPECT_EQ(text(outcome("echo", config).state), "loaded");
}

// ---- trust ----------------------------------------------------------------------------------

using Trust = WithFolder;

TEST_F(Trust, A_wrong_sha256_in_the_manifest_refuses_and_a_right_one_loads) {
  expect_refused_unopened({{"sha256", std::string(64, '0')}}, "expected " + std::string(64, '0'));
  const std::string right = *sha256_of_file(put(root, "echo", {}, "other").string());
  fs::remove(root / "other.weftplugin.json");
  put(root, "echo", {{"sha256", right}});
  EXPECT_EQ(text(outcome("echo").state), "loaded");
}
TEST_F(Trust, A_malformed_sha256_in_the_manifest_does_not_pass_as_none) {
  for (const Json& wrong : {Json(5), Json(""), Json("abc"), Json(std::string(64, 'g')), Json(std::string(65, '0')), Json::array()}) {
    expect_refused_unopened({{"sha256", wrong}}, "\"sha256\": not a sha256");
  }
}
TEST_F(Trust, A_wrong_pin_refuses_and_a_right_one_loads) {
  const fs::path library = put(root, "echo");
  Config config;
  config.pin["test.echo"] = std::string(64, '1');
  expect_refused(outcome("echo", config), "expected " + std::string(64, '1'));
  EXPECT_FALSE(opened(library));
  std::string right = *sha256_of_file(library.string());
  for (char& c : right) c = static_cast<char>(toupper(c));
  const auto read = parse_config(R"({"plugins": {"pin": {"test.echo": ")" + right + "\"}}}", "weft.json");
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(text(outcome("echo", *read).state), "loaded") << "upper case is the same digest";
}
TEST_F(Trust, The_sha256_of_a_file_is_the_known_one) {
  write(root / "abc", "abc");
  EXPECT_EQ(*sha256_of_file((root / "abc").string()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_FALSE(sha256_of_file((root / "missing").string()).ok());
}
TEST_F(Trust, A_library_that_others_can_write_is_refused_unless_told_otherwise) {
  const fs::path library = put(root, "echo");
  for (int mode : {0666, 0664, 0646}) {
    fs::permissions(library, fs::perms(mode));
    expect_refused(outcome("echo"), library.string() + " can be written by others");
  }
  EXPECT_FALSE(opened(library));
  Environment environment;
  environment.insecure = true;
  EXPECT_EQ(text(outcome("echo", {}, environment).state), "loaded");
  EXPECT_TRUE(logged("WEFT_PLUGINS_INSECURE is set"));
}
TEST_F(Trust, A_library_below_a_folder_that_others_can_write_is_refused_unless_told_otherwise) {
  const fs::path library = put(folder("open/inner"), "echo");
  fs::permissions(root / "open", fs::perms(0777));
  auto r = registry({}, {}, {root / "open/inner"});
  expect_refused(outcome(*r, root / "open/inner/echo.weftplugin.json"), (root / "open").string() + " can be written by others");
  EXPECT_FALSE(opened(library));
  Environment environment;
  environment.insecure = true;
  r = registry({}, environment, {root / "open/inner"});
  EXPECT_EQ(text(outcome(*r, root / "open/inner/echo.weftplugin.json").state), "loaded");
}
TEST_F(Trust, A_sticky_folder_is_as_good_as_a_closed_one) {
  put(folder("sticky/inner"), "echo");
  ASSERT_EQ(chmod((root / "sticky").c_str(), 01777), 0);
  auto r = registry({}, {}, {root / "sticky/inner"});
  EXPECT_EQ(text(outcome(*r, root / "sticky/inner/echo.weftplugin.json").state), "loaded");
}
TEST_F(Trust, A_link_is_judged_by_where_it_leads) {
  const fs::path real = put(folder("open"), "echo");
  fs::permissions(root / "open", fs::perms(0777));
  const fs::path link = put(folder("closed"), "echo");
  fs::remove(link);
  fs::create_symlink("../open/echo.so", link);
  auto r = registry({}, {}, {root / "closed"});
  expect_refused(outcome(*r, root / "closed/echo.weftplugin.json"), (root / "open").string() + " can be written by others");
  EXPECT_FALSE(opened(real));
  fs::permissions(root / "open", fs::perms(0755));
  EXPECT_EQ(*trusted_path(link.string(), false), real.string());
  r = registry({}, {}, {root / "closed"});
  EXPECT_EQ(text(outcome(*r, root / "closed/echo.weftplugin.json").state), "loaded");
}
TEST_F(Trust, A_library_of_another_user_is_refused) {
  const fs::path library = put(root, "echo");
  if (chown(library.c_str(), 12345, 12345) != 0) GTEST_SKIP() << "only root can give files away";
  expect_refused(outcome("echo"), library.string() + " belongs to another user");
  EXPECT_FALSE(opened(library));
}
TEST(Trusts, Nothing_that_is_no_file) {
  EXPECT_FALSE(trusted_path("/", false).ok());
  EXPECT_FALSE(trusted_path("/dev/null", true).ok());
  EXPECT_FALSE(trusted_path("/no/such/file", true).ok());
}

// ---- weft.json ------------------------------------------------------------------------------

TEST(Config, Reads_every_key) {
  const auto c = parse_config(R"({
    // a comment
    "plugins": {"paths": ["/a", "b"], "enable": ["x*"], "disable": ["y", "z"], /* another */
                "pin": {"x": "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789"},
                "options": {"x": {"k": [1, 2]}}},
    "backend": "cpu,reference", "architecture": "llama", "threads": 3, "precision": "exact", "kv": "q8_0", "ctx": 4096})", "F");
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ(c->paths, (std::vector<std::string>{"/a", "b"}));
  EXPECT_EQ(c->enable, (std::vector<std::string>{"x*"}));
  EXPECT_EQ(c->disable, (std::vector<std::string>{"y", "z"}));
  EXPECT_EQ(c->pin.at("x"), "0123456789abcdefabcdef0123456789abcdef0123456789abcdef0123456789");
  EXPECT_EQ(c->options.at("x"), R"({"k":[1,2]})");
  EXPECT_EQ(c->backend, "cpu,reference");
  EXPECT_EQ(c->architecture, "llama");
  EXPECT_EQ(c->threads, 3);
  EXPECT_EQ(c->precision, "exact");
  EXPECT_EQ(c->kv, "q8_0");
  EXPECT_EQ(c->context, 4096);
}
TEST(Config, Refuses_unknown_keys_at_both_levels_and_lists_the_known) {
  const auto top = parse_config(R"({"plugin": {}})", "F");
  ASSERT_FALSE(top.ok());
  EXPECT_EQ(top.status().message(), "F: unknown key \"plugin\" in the top level, known are plugins, backend, architecture, threads, precision, kv, ctx");
  const auto inner = parse_config(R"({"plugins": {"path": []}})", "F");
  ASSERT_FALSE(inner.ok());
  EXPECT_EQ(inner.status().message(), "F: unknown key \"path\" in plugins, known are paths, enable, disable, pin, options");
}
TEST(Config, Names_the_file_and_the_key_of_a_wrong_type_or_value) {
  const std::pair<const char*, const char*> wrong[] = {
      {"[]", "the top level is not an object"},
      {R"({"plugins": []})", "plugins is not an object"},
      {R"({"plugins": {"paths": "x"}})", "plugins.paths is not a list"},
      {R"({"plugins": {"enable": [1]}})", "plugins.enable has an entry that is no string"},
      {R"({"plugins": {"disable": {}}})", "plugins.disable is not a list"},
      {R"({"plugins": {"pin": []}})", "plugins.pin is not an object"},
      {R"({"plugins": {"pin": {"x": 1}}})", "plugins.pin.x is not a sha256"},
      {R"({"plugins": {"pin": {"x": "abc"}}})", "plugins.pin.x is not a sha256"},
      {R"({"plugins": {"pin": {"x": "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"}}})", "plugins.pin.x is not a sha256"},
      {R"({"plugins": {"options": []}})", "plugins.options is not an object"},
      {R"({"plugins": {"options": {"x": 1}}})", "plugins.options.x is not an object"},
      {R"({"backend": 1})", "backend is not a string"},
      {R"({"architecture": null})", "architecture is not a string"},
      {R"({"precision": "best"})", "precision is \"best\", expected one of exact, default, fast"},
      {R"({"kv": "q4"})", "kv is \"q4\", expected one of f16, bf16, f32, q8_0"},
      {R"({"threads": "2"})", "threads is not a number from 0 to 4096"},
      {R"({"threads": 1.5})", "threads is not a number"},
      {R"({"threads": -1})", "threads is not a number"},
      {R"({"ctx": 18446744073709551615})", "ctx is not a number"},
      {R"({"ctx": 1,})", "malformed JSON at byte"},
      {"", "malformed JSON"}};
  for (const auto& [json, message] : wrong) {
    const auto c = parse_config(json, "/etc/weft.json");
    ASSERT_FALSE(c.ok()) << json;
    EXPECT_TRUE(has(c.status().message(), message)) << c.status().message();
    EXPECT_TRUE(c.status().message().starts_with("/etc/weft.json: ")) << c.status().message();
  }
}

using ConfigFile = WithFolder;

TEST_F(ConfigFile, Paths_are_relative_to_the_file_and_never_to_the_working_directory) {
  folder("conf");
  write(root / "conf/weft.json", R"({"plugins": {"paths": ["a", "../b", "/abs", "."]}})");
  const std::vector<std::string> expected = {root / "conf/a", root / "b", "/abs", (root / "conf/").string()};
  EXPECT_EQ(load_config((root / "conf/weft.json").string(), {})->paths, expected);
  const WorkingDirectory here(root / "conf");
  EXPECT_EQ(load_config("weft.json", {})->paths, expected) << "also when the file is named relatively";
}
TEST_F(ConfigFile, Is_the_named_one_then_that_of_the_environment_then_that_of_the_config_home) {
  folder("home/weft");
  write(root / "named.json", R"({"threads": 1})");
  write(root / "env.json", R"({"threads": 2})");
  write(root / "home/weft/weft.json", R"({"threads": 3})");
  Variable config("WEFT_CONFIG", (root / "env.json").string());
  Variable home("XDG_CONFIG_HOME", (root / "home").string());
  EXPECT_EQ(load_config((root / "named.json").string(), read_environment())->threads, 1);
  EXPECT_EQ(load_config("", read_environment())->threads, 2);
  unsetenv("WEFT_CONFIG");
  EXPECT_EQ(load_config("", read_environment())->threads, 3);
  setenv("XDG_CONFIG_HOME", (root / "elsewhere").c_str(), 1);
  EXPECT_EQ(load_config("", read_environment())->threads, 0) << "a config home without the file is fine";
  setenv("WEFT_CONFIG", (root / "missing.json").c_str(), 1);
  EXPECT_EQ(load_config("", read_environment()).status().code(), Code::kNotFound) << "a named one must be there";
  EXPECT_EQ(load_config(root.string(), {}).status().code(), Code::kNotFound) << "a folder is no file";
}
TEST_F(ConfigFile, Of_the_home_is_read_where_no_config_home_is_set) {
  folder(".config/weft");
  write(root / ".config/weft/weft.json", R"({"threads": 4})");
  Variable config("WEFT_CONFIG", ""), config_home("XDG_CONFIG_HOME", ""), data_home("XDG_DATA_HOME", ""), home("HOME", root.string());
  EXPECT_EQ(load_config("", read_environment())->threads, 4);
  EXPECT_EQ(read_environment().data_home, root / ".local/share");
}
TEST_F(ConfigFile, Of_the_working_directory_is_never_read) {
  folder("weft/plugins");
  folder(".config/weft");
  for (const char* file : {"weft.json", "weft/weft.json", ".config/weft/weft.json"}) write(root / file, R"({"threads": 5})");
  put(root / "weft/plugins", "echo");
  const WorkingDirectory here(root);
  // XDG asks to ignore relative folders.
  for (const char* value : {"", "."}) {
    Variable config("WEFT_CONFIG", ""), config_home("XDG_CONFIG_HOME", value), data_home("XDG_DATA_HOME", value), home("HOME", value);
    EXPECT_EQ(load_config("", read_environment())->threads, 0);
    for (const Candidate& c : discover({}, {}, read_environment())) EXPECT_NE(c.manifest.id, "test.echo");
  }
}
TEST_F(ConfigFile, Is_not_looked_for_when_the_environment_is_switched_off) {
  folder("home/weft");
  write(root / "home/weft/weft.json", R"({"threads": 6})");
  put(folder("home/weft/plugins"), "echo");
  Variable config("WEFT_CONFIG", (root / "home/weft/weft.json").string()), add("WEFT_PLUGIN_ADD", (root / "home/weft/plugins").string());
  Variable config_home("XDG_CONFIG_HOME", (root / "home").string()), data_home("XDG_DATA_HOME", (root / "home").string());
  Variable insecure("WEFT_PLUGINS_INSECURE", "1");
  EXPECT_EQ(load_config("", {})->threads, 0);
  for (const Candidate& c : discover({}, {}, {})) EXPECT_NE(c.manifest.id, "test.echo");
}
TEST_F(ConfigFile, The_environment_says_what_its_variables_say) {
  Variable add("WEFT_PLUGIN_ADD", "/a:/b"), backend("WEFT_BACKEND", "cpu"), insecure("WEFT_PLUGINS_INSECURE", "1");
  EXPECT_EQ(read_environment().plugin_path, "/a:/b");
  EXPECT_EQ(read_environment().backend, "cpu");
  EXPECT_TRUE(read_environment().insecure);
  for (const char* other : {"", "0", "yes"}) {
    setenv("WEFT_PLUGINS_INSECURE", other, 1);
    EXPECT_FALSE(read_environment().insecure);
  }
}

// ---- options --------------------------------------------------------------------------------

using Options = WithFolder;

TEST_F(Options, Reach_the_plugin_of_their_id) {
  put(root, "echo");
  Config config;
  config.options = {{"test.echo", R"({"say": "hello from weft.json"})"}, {"test.other", R"({"x": 1})"}};
  EXPECT_EQ(text(outcome("echo", config).state), "loaded");
  EXPECT_TRUE(logged("echo: hello from weft.json"));
}
TEST_F(Options, That_the_plugin_refuses_refuse_the_plugin) {
  put(root, "echo");
  Config config;
  config.options = {{"test.echo", R"({"sya": "x"})"}};
  expect_refused(outcome("echo", config), "init: unknown option \"sya\", known is say");
}

// ---- static plugins -------------------------------------------------------------------------

std::vector<std::string>* static_events = nullptr;

template <char Name>
const weft_plugin* static_query(uint32_t, uint32_t) {
  static constexpr char id[] = {'s', '.', Name};
  static const weft_plugin table = {
      {WEFT_END(weft_plugin, get_interface), 0}, WEFT_ABI_MAJOR, WEFT_ABI_MINOR, {id, 3}, {"7", 1}, {"t", 1},
      [](const weft_host*, const weft_json*, void**) -> weft_status* {
        static_events->push_back(std::string("init ") + Name);
        return nullptr;
      },
      [](void*) { static_events->push_back(std::string("shutdown ") + Name); },
      [](void*, weft_str asked, uint32_t n) -> const void* {
        static const weft_interface offered = {{kSize, 0}, nullptr};
        return to_view(asked) == kThing && n == 0 ? &offered : nullptr;
      }};
  return &table;
}
const weft_plugin* static_echo(uint32_t, uint32_t) {
  static weft_plugin table = *static_query<'e'>(0, 0);
  table.id = {"test.echo", 9};
  return &table;
}
const weft_plugin* static_null(uint32_t, uint32_t) { return nullptr; }
const weft_plugin* static_half(uint32_t, uint32_t) {
  static weft_plugin table = *static_query<'h'>(0, 0);
  table.shutdown = nullptr;
  return &table;
}

class StaticPlugins : public WithFolder {
 protected:
  void SetUp() override {
    WithFolder::SetUp();
    static_events = &events;
  }
  PluginRegistry make(std::vector<weft_plugin_query_fn> queries, Config config = {}) {
    return PluginRegistry(host, RegistryOptions{{root.string()}, std::move(config), {}, std::move(queries)});
  }
  std::vector<std::string> events;
};

TEST_F(StaticPlugins, Give_tables_without_a_library_and_are_shut_down_in_reverse) {
  {
    PluginRegistry r = make({static_query<'a'>, static_query<'b'>});
    EXPECT_TRUE(events.empty());
    EXPECT_EQ(r.report()[0].manifest.id, "s.a") << "known before anyone asks";
    EXPECT_EQ(r.report()[0].manifest.version, "7");
    const auto found = r.interfaces(kThing, kSize);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[1].plugin_id, "s.b");
    EXPECT_EQ(r.interfaces(kThing, kSize).size(), 2u);
    EXPECT_EQ(text(r.report()[1].state), "loaded");
  }
  EXPECT_EQ(events, (std::vector<std::string>{"init a", "init b", "shutdown b", "shutdown a"}));
}
TEST_F(StaticPlugins, That_are_broken_are_refused_and_stop_nobody) {
  PluginRegistry r = make({static_null, nullptr, static_half, static_query<'a'>});
  EXPECT_EQ(r.interfaces(kThing, kSize).size(), 1u);
  const auto report = r.report();
  expect_refused(report[0], "does not serve ABI");
  EXPECT_EQ(report[0].manifest.id, "static plugin 0");
  expect_refused(report[1], "query function is null");
  expect_refused(report[2], "lacks init, shutdown or get_interface");
  EXPECT_EQ(text(report[3].state), "loaded");
}
TEST_F(StaticPlugins, Shadow_their_id_in_all_folders_and_among_themselves) {
  const fs::path library = put(root, "echo");
  PluginRegistry r = make({static_echo, static_echo});
  EXPECT_EQ(r.interfaces(kThing, kSize).size(), 1u);
  EXPECT_EQ(text(r.report()[1].state), "shadowed");
  EXPECT_EQ(text(outcome(r, root / "echo.weftplugin.json").state), "shadowed");
  EXPECT_FALSE(opened(library));
}
TEST_F(StaticPlugins, Are_disabled_as_others_are_and_then_shadow_nobody) {
  put(root, "echo");
  Config config;
  config.disable = {"s.*"};
  {
    PluginRegistry r = make({static_query<'a'>, static_echo}, config);
    r.interfaces(kThing, kSize);
    EXPECT_EQ(text(r.report()[0].state), "disabled");
    EXPECT_EQ(text(r.report()[1].state), "loaded");
  }
  EXPECT_EQ(events, (std::vector<std::string>{"init e", "shutdown e"}));
}

// ---- dtypes ---------------------------------------------------------------------------------

weft_status* no_decode(void*, const weft_slab*, uint64_t, uint64_t, float*) { return nullptr; }

weft_dtype pairs(std::string_view name) {  // two values in three bytes, and a scale of 32 in two
  weft_dtype t{};
  t.hdr.struct_size = WEFT_END(weft_dtype, encode);
  t.name = to_str(name);
  t.n_planes = 2;
  t.plane[0] = {WEFT_PLANE_DATA, 1, 2, 3};
  t.plane[1] = {WEFT_PLANE_SCALE, 1, 32, 2};
  t.decode = no_decode;
  return t;
}

TEST(Dtypes, Of_the_plain_kind_are_there_under_their_ids) {
  DtypeRegistry dtypes;
  EXPECT_EQ(dtypes.find("f32"), uint32_t{WEFT_F32});
  EXPECT_EQ(dtypes.find("bf16"), uint32_t{WEFT_BF16});
  EXPECT_EQ(dtypes.find("bool"), uint32_t{WEFT_BOOL});
  EXPECT_EQ(dtypes.find("F32"), WEFT_NONE);
  for (uint32_t id = WEFT_F32; id <= WEFT_BOOL; ++id) {
    ASSERT_NE(dtypes.find(id), nullptr) << id;
    EXPECT_EQ(dtypes.find(id)->id, id);
    EXPECT_EQ(dtypes.find(to_view(dtypes.find(id)->name)), id);
  }
  EXPECT_EQ(dtypes.find(uint32_t{0}), nullptr);
  EXPECT_EQ(dtypes.find(WEFT_NONE), nullptr);
}
TEST(Dtypes, Are_copied_when_they_are_registered) {
  DtypeRegistry dtypes;
  uint32_t id = 0;
  {
    std::string name = "pairs";
    weft_dtype t = pairs(name);
    t.hdr.struct_size += 64;  // of a later ABI: what follows is not copied
    id = *dtypes.add(t);
    name = "xxxxx";
  }
  EXPECT_GE(id, uint32_t{WEFT_DTYPE_FIRST_REGISTERED});
  ASSERT_NE(dtypes.find(id), nullptr);
  EXPECT_EQ(to_view(dtypes.find(id)->name), "pairs");
  EXPECT_EQ(dtypes.find(id)->id, id);
  EXPECT_EQ(dtypes.find(id)->hdr.struct_size, WEFT_END(weft_dtype, encode));
  EXPECT_EQ(dtypes.find("pairs"), id);
  EXPECT_NE(*dtypes.add(pairs("other")), id);
}
TEST(Dtypes, Of_one_name_and_layout_keep_the_first) {
  DtypeRegistry dtypes;
  weft_dtype first = pairs("pairs"), second = pairs("pairs");
  int marker = 0;
  second.self = &marker;
  second.plane[3] = {9, 9, 9, 9};  // beyond n_planes: no part of the layout
  const uint32_t id = *dtypes.add(first);
  const auto again = dtypes.add(second);
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(*again, id);
  EXPECT_EQ(dtypes.find(id)->self, nullptr);
  weft_dtype f32 = *dtypes.find(WEFT_F32);
  EXPECT_EQ(*dtypes.add(f32), uint32_t{WEFT_F32}) << "a plain one can be registered again too";
}
TEST(Dtypes, Of_one_name_and_another_layout_already_exist) {
  DtypeRegistry dtypes;
  ASSERT_TRUE(dtypes.add(pairs("pairs")).ok());
  weft_dtype other = pairs("pairs");
  other.plane[1].cols = 64;
  EXPECT_EQ(dtypes.add(other).status().code(), Code::kAlreadyExists);
  other = pairs("pairs");
  other.n_planes = 1;
  EXPECT_EQ(dtypes.add(other).status().code(), Code::kAlreadyExists);
  EXPECT_EQ(dtypes.add(pairs("f32")).status().code(), Code::kAlreadyExists);
}
TEST(Dtypes, That_make_no_sense_are_refused) {
  DtypeRegistry dtypes;
  auto refused = [&](auto change) {
    weft_dtype t = pairs("pairs");
    change(t);
    return dtypes.add(t).status().code() == Code::kInvalidArgument && dtypes.find("pairs") == WEFT_NONE;
  };
  EXPECT_TRUE(refused([](weft_dtype& t) { t.plane[1].cols = 0; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.plane[0].rows = 0; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.plane[0].bytes = 0; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.plane[0].cols = 0x80000000u; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.plane[0].rows = 0x80000000u; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.plane[0].bytes = 0x80000000u; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.n_planes = 0; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.n_planes = 5; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.n_planes = WEFT_NONE; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.decode = nullptr; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.name = {nullptr, 5}; }));
  EXPECT_TRUE(refused([](weft_dtype& t) { t.name = {"", 0}; }));
  static const std::string long_name(65, 'x');
  EXPECT_TRUE(refused([](weft_dtype& t) { t.name = to_str(long_name); }));
}

// ---- the host's table -----------------------------------------------------------------------

class HostTableTest : public testing::Test {
 protected:
  Code code_and_free(weft_status* s) { return from_abi(s).code(); }
  Host host{4, {}};
  const weft_host& h = *host.table();
};

TEST_F(HostTableTest, Is_whole_and_of_this_abi) {
  EXPECT_EQ(h.hdr.struct_size, WEFT_END(weft_host, get_extension));
  EXPECT_EQ(h.abi_major, WEFT_ABI_MAJOR);
  EXPECT_EQ(h.abi_minor, WEFT_ABI_MINOR);
  EXPECT_EQ(h.worker_count(h.ctx), 4u);
  EXPECT_EQ(h.get_extension(h.ctx, {"x", 1}), nullptr);
}
TEST_F(HostTableTest, Alloc_aligns_and_counts) {
  for (uint64_t align : {0, 1, 8, 64, 4096, 1 << 21}) {
    for (uint64_t bytes : {0, 1, 1000}) {
      void* p = h.alloc(h.ctx, bytes, align);
      ASSERT_NE(p, nullptr);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % std::max<uint64_t>(align, sizeof(void*)), 0u);
      EXPECT_EQ(host.allocated_bytes(), bytes);
      h.free(h.ctx, p, bytes, align);
      EXPECT_EQ(host.allocated_bytes(), 0u);
    }
  }
  h.free(h.ctx, nullptr, 10, 8);
  EXPECT_EQ(host.allocated_bytes(), 0u);
}
TEST_F(HostTableTest, Alloc_gives_null_where_there_is_no_memory_or_no_sense) {
  for (uint64_t bytes : {UINT64_MAX, UINT64_MAX - 64, uint64_t{1} << 62}) EXPECT_EQ(h.alloc(h.ctx, bytes, 64), nullptr);
  EXPECT_EQ(h.alloc(h.ctx, 100, 24), nullptr) << "not a power of two";
  EXPECT_EQ(host.allocated_bytes(), 0u);
}
TEST_F(HostTableTest, Statuses_hold_what_was_put_in) {
  std::string message = "no such tensor";
  weft_status* s = h.status_new(h.ctx, WEFT_NOT_FOUND, to_str(message));
  message = "xxxxxxxxxxxxxx";
  EXPECT_EQ(h.status_code(s), weft_code{WEFT_NOT_FOUND});
  EXPECT_EQ(to_view(h.status_message(s)), "no such tensor");
  h.status_free(s);
  h.status_free(nullptr);
  EXPECT_EQ(h.status_code(nullptr), weft_code{WEFT_OK});
  EXPECT_EQ(to_view(h.status_message(nullptr)), "ok");
}
TEST_F(HostTableTest, A_new_status_is_never_null_nor_ok) {
  EXPECT_EQ(code_and_free(h.status_new(h.ctx, WEFT_OK, {"x", 1})), Code::kUnknown);
  EXPECT_EQ(code_and_free(h.status_new(h.ctx, 99, {"x", 1})), Code::kUnknown);
  EXPECT_EQ(code_and_free(h.status_new(h.ctx, WEFT_ABORTED, {nullptr, 0})), Code::kAborted);
}
TEST_F(HostTableTest, Dtypes_pass_through_it) {
  weft_dtype t = pairs("pairs");
  uint32_t id = 0;
  EXPECT_EQ(h.dtype_register(h.ctx, &t, &id), nullptr);
  EXPECT_EQ(h.dtype_find(h.ctx, {"pairs", 5}), id);
  ASSERT_NE(h.dtype_info(h.ctx, id), nullptr);
  EXPECT_EQ(h.dtype_info(h.ctx, id)->plane[0].bytes, 3u);
  EXPECT_EQ(h.dtype_register(h.ctx, &t, nullptr), nullptr) << "who does not want the id need not take it";
  t.plane[0].bytes = 4;
  EXPECT_EQ(code_and_free(h.dtype_register(h.ctx, &t, &id)), Code::kAlreadyExists);
  t = pairs("short");
  t.hdr.struct_size = WEFT_END(weft_dtype, decode);
  EXPECT_EQ(code_and_free(h.dtype_register(h.ctx, &t, &id)), Code::kInvalidArgument);
  EXPECT_EQ(code_and_free(h.dtype_register(h.ctx, nullptr, &id)), Code::kInvalidArgument);
  EXPECT_EQ(h.dtype_find(h.ctx, {"short", 5}), WEFT_NONE);
  EXPECT_EQ(h.dtype_info(h.ctx, 12345), nullptr);
}
TEST(HostLog, Reaches_the_sink_and_survives_one_that_throws) {
  std::string seen;
  Host host(1, [&](uint32_t level, std::string_view component, std::string_view message) {
    seen = fmt::format("{} {} {}", level, component, message);
    throw std::runtime_error("sink");
  });
  host.table()->log(host.table()->ctx, WEFT_LOG_WARN, {"c", 1}, {"m", 1});
  EXPECT_EQ(seen, "2 c m");
  Host silent(1, {});
  silent.table()->log(silent.table()->ctx, WEFT_LOG_WARN, {"c", 1}, {"m", 1});
}

struct Counted {
  explicit Counted(const weft_host& host, uint64_t n) : h(host), times(n) {}
  const weft_host& h;
  std::vector<std::atomic<int>> times;
  std::atomic<bool> sane{true};
};

TEST_F(HostTableTest, Parallel_for_covers_each_index_once) {
  for (uint64_t n : {0, 1, 7, 1000}) {
    for (uint64_t grain : {uint64_t{0}, uint64_t{1}, uint64_t{3}, uint64_t{5000}, UINT64_MAX}) {
      Counted c(h, n);
      h.parallel_for(h.ctx, n, grain, [](void* arg, uint64_t begin, uint64_t end, uint32_t worker) {
        Counted& c = *static_cast<Counted*>(arg);
        if (begin >= end || worker >= c.h.worker_count(c.h.ctx)) c.sane = false;
        for (uint64_t i = begin; i < end; ++i) ++c.times[i];
      }, &c);
      EXPECT_TRUE(c.sane);
      for (auto& times : c.times) EXPECT_EQ(times, 1) << n << " " << grain;
    }
  }
}

struct Nested {
  Counted* counted;
  uint64_t row;
  uint32_t worker;
  std::thread::id thread;
  std::atomic<bool>* same_worker;
};

// Rows of 100, each by a nested call.
void count_nested(Counted& counted, uint64_t rows, std::atomic<bool>& same_worker) {
  struct Outer {
    Counted* counted;
    std::atomic<bool>* same_worker;
  } outer{&counted, &same_worker};
  const weft_host& h = counted.h;
  h.parallel_for(h.ctx, rows, 1, [](void* arg, uint64_t begin, uint64_t end, uint32_t worker) {
    const Outer& o = *static_cast<Outer*>(arg);
    const weft_host& h = o.counted->h;
    for (uint64_t row = begin; row < end; ++row) {
      Nested nested{o.counted, row, worker, std::this_thread::get_id(), o.same_worker};
      h.parallel_for(h.ctx, 100, 1, [](void* arg, uint64_t begin, uint64_t end, uint32_t worker) {
        const Nested& n = *static_cast<Nested*>(arg);
        if (std::this_thread::get_id() != n.thread) n.counted->sane = false;
        if (worker != n.worker) *n.same_worker = false;
        for (uint64_t i = begin; i < end; ++i) ++n.counted->times[n.row * 100 + i];
      }, &nested);
      // A gang inside a job is one of one.
      const uint32_t size = h.team_run(h.ctx, 3, [](void* arg, uint32_t rank, uint32_t size) {
        if (rank != 0 || size != 1) static_cast<Counted*>(arg)->sane = false;
      }, o.counted);
      if (size != 1) o.counted->sane = false;
    }
  }, &outer);
}

TEST_F(HostTableTest, Nested_calls_run_inline) {
  for (int round = 0; round < 20; ++round) {
    Counted c(h, 40 * 100);
    std::atomic<bool> same_worker{true};
    count_nested(c, 40, same_worker);
    EXPECT_TRUE(c.sane);
    for (auto& times : c.times) ASSERT_EQ(times, 1);
  }
}
// The pool hands worker 0 to all nested calls.
TEST_F(HostTableTest, Nested_calls_run_as_worker_of_the_caller) {
  for (int round = 0; round < 20; ++round) {
    Counted c(h, 40 * 100);
    std::atomic<bool> same_worker{true};
    count_nested(c, 40, same_worker);
    EXPECT_TRUE(same_worker);
  }
}
TEST_F(HostTableTest, The_ranks_of_a_team_are_distinct_and_run_at_once) {
  for (uint32_t want : {0u, 1u, 2u, 3u, 4u, 100u}) {
    struct Team {
      std::atomic<uint32_t> here{0};
      std::mutex mutex;
      std::set<uint32_t> ranks;
      std::set<std::thread::id> threads;
      std::thread::id caller = std::this_thread::get_id(), first;
      uint32_t size = 0;
    } team;
    const uint32_t size = h.team_run(h.ctx, want, [](void* arg, uint32_t rank, uint32_t size) {
      Team& t = *static_cast<Team*>(arg);
      ++t.here;
      while (t.here < size) std::this_thread::yield();  // ends only if all are there
      std::lock_guard lock(t.mutex);
      t.ranks.insert(rank);
      t.threads.insert(std::this_thread::get_id());
      t.size = size;
      if (rank == 0) t.first = std::this_thread::get_id();
    }, &team);
    EXPECT_GE(size, 1u);
    EXPECT_LE(size, std::clamp(want, 1u, 4u));
    EXPECT_EQ(team.size, size);
    EXPECT_EQ(team.ranks.size(), size);
    EXPECT_EQ(*team.ranks.rbegin(), size - 1);
    EXPECT_EQ(team.threads.size(), size);
    EXPECT_EQ(team.first, team.caller);
  }
}
TEST_F(HostTableTest, Two_threads_may_call_everything_at_once) {
  std::atomic<bool> fine{true};
  auto work = [&](const std::string& name) {
    for (int round = 0; round < 30; ++round) {
      Counted c(h, 20 * 100);
      std::atomic<bool> same_worker{true};
      count_nested(c, 20, same_worker);
      for (auto& times : c.times) fine = fine && times == 1;
      fine = fine && c.sane;
      void* p = h.alloc(h.ctx, 100, 64);
      const std::string own = name + std::to_string(round), shared = "shared" + std::to_string(round);
      for (const std::string& dtype : {own, shared}) {
        const weft_dtype t = pairs(dtype);
        uint32_t id = 0;
        fine = fine && h.dtype_register(h.ctx, &t, &id) == nullptr && h.dtype_find(h.ctx, to_str(dtype)) == id;
        fine = fine && to_view(h.dtype_info(h.ctx, id)->name) == dtype;
      }
      weft_status* s = h.status_new(h.ctx, WEFT_ABORTED, to_str(name));
      fine = fine && to_view(h.status_message(s)) == name;
      h.status_free(s);
      h.free(h.ctx, p, 100, 64);
    }
  };
  std::thread a(work, "a"), b(work, "b");
  a.join();
  b.join();
  EXPECT_TRUE(fine);
  EXPECT_EQ(host.allocated_bytes(), 0u);
}
TEST_F(Plugins, Are_opened_once_by_two_threads_that_ask_at_once) {
  put(root, "echo");
  Config config;
  config.options = {{"test.echo", R"({"say": "once"})"}};
  auto r = registry(config);
  auto ask = [&] { EXPECT_EQ(r->interfaces(kThing, kSize).size(), 2u); };
  std::thread a(ask), b(ask);
  a.join();
  b.join();
  EXPECT_EQ(std::count(log.begin(), log.end(), "echo: once"), 1);
}

}  // namespace
}  // namespace weft
