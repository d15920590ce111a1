// weft plugins new, add and remove, from outside.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <regex>
#include <set>

#include "apps/weft/tests/process.hpp"
#include "core/base/json.hpp"

namespace weft::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKinds[] = {"backend", "family", "converter", "format", "source", "tokenizer"};
const std::string kShipped = WEFT_BINARY_DIR "/lib/weft/plugins";

void expect_error(const Outcome& o, int exit_code, const std::string& part) {
  EXPECT_EQ(o.exit_code, exit_code) << o.out << o.err;
  EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
  EXPECT_NE(o.err.find(part), std::string::npos) << o.err;
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  if (fs::exists(folder)) {
    for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  }
  return names;
}

// --- new ---

TEST(PluginsNew, Writes_a_project_of_each_kind_and_language_without_a_placeholder_left) {
  const TemporaryFolder folder;
  for (const std::string kind : kKinds) {
    for (const std::string language : {"", "--c"}) {
      const std::string path = folder.path(kind + language);
      std::vector<std::string> words = {"plugins", "new", kind, "my-" + kind, "-o", path, "--vendor", "org.acme",
                                        "--json"};
      if (!language.empty()) words.push_back(language);
      const Outcome o = weft(words);
      ASSERT_EQ(o.exit_code, 0) << o.err;
      const Json made = parse_json(o.out).value();
      EXPECT_EQ(made["id"], "org.acme.my-" + kind);
      EXPECT_EQ(made["folder"], path);
      const std::string source = "my-" + kind + (language.empty() ? ".cpp" : ".c");
      EXPECT_EQ(names_in(path), (std::set<std::string>{"CMakeLists.txt", "README.md", "first_test.sh", source}));
      EXPECT_EQ(made["files"].size(), 4u);
      for (const std::string& name : names_in(path)) {
        const std::string text = read_file(path + "/" + name);
        EXPECT_FALSE(std::regex_search(text, std::regex("@[A-Z]+@"))) << kind << ' ' << name;
        EXPECT_NE(text.find("my-" + kind), std::string::npos) << kind << ' ' << name;
      }
      EXPECT_NE(read_file(path + "/" + source).find("org.acme.my-" + kind), std::string::npos);
    }
  }
}

TEST(PluginsNew, Fills_an_empty_folder_and_leaves_one_that_is_not) {
  const TemporaryFolder folder;
  fs::create_directory(folder.path("empty"));
  const Outcome o = weft({"plugins", "new", "format", "tape", "-o", folder.path("empty")});
  EXPECT_EQ(o.exit_code, 0) << o.err;
  EXPECT_NE(o.out.find("cmake -S " + folder.path("empty")), std::string::npos) << o.out;
  EXPECT_NE(read_file(folder.path("empty/tape.cpp")).find("com.example.tape"), std::string::npos);
  const std::string file = folder.write("empty/README.md", "mine");
  expect_error(weft({"plugins", "new", "format", "tape", "-o", folder.path("empty")}), 1,
               "is not empty; -o names another folder");
  EXPECT_EQ(read_file(file), "mine");
  expect_error(weft({"plugins", "new", "format", "tape", "-o", file}), 1, "is no folder");
}

TEST(PluginsNew, Refuses_names_and_vendors_that_do_not_fit_everywhere) {
  const TemporaryFolder folder;
  const auto made = [&](const std::string& name, const std::string& vendor) {
    return weft({"plugins", "new", "backend", "-o", folder.path("x"), "--vendor", vendor, "--", name});
  };
  for (const char* name : {"", "1st", "a b", "a/b", "..", "naïve", "-x", "a.b", "@ID@"})
    expect_error(made(name, "com.acme"), 1, "expected a letter, then letters, digits, _ and -");
  expect_error(made(std::string(65, 'a'), "com.acme"), 1, "64 at most");
  for (const char* vendor : {"", "acme", ".acme", "com.", "com..acme", "com.ac/me", "com acme.x"})
    expect_error(made("x", vendor), 1, "expected a domain of yours, turned round: com.acme");
  expect_error(weft({"plugins", "new", "kernel", "x"}), 2, "kernel not in {backend,family,converter,");
  EXPECT_FALSE(fs::exists(folder.path("x")));
}

// --- add and remove ---

/// A home of a user, and plugins to add to it: copies of the safetensors format under other ids.
struct Installing : testing::Test {
  Outcome run(std::vector<std::string> words, std::vector<std::pair<std::string, std::string>> more = {}) const {
    Given given;
    given.environment = std::move(more);  // the first of equal names counts
    given.environment.emplace_back("HOME", home.path());
    words.insert(words.begin(), "plugins");
    return weft(words, given);
  }

  /// Makes NAME.weftplugin.json and libNAME.so in a folder of their own; its path.
  std::string plugin(const std::string& name, const Json& changes = Json::object(), const std::string& of = "") const {
    const std::string folder = away.path(of.empty() ? name : of);
    fs::create_directories(folder);
    Json manifest = parse_json(read_file(kShipped + "/weft_format_safetensors.weftplugin.json")).value();
    manifest["id"] = "com.acme." + name, manifest["library"] = "lib" + name + ".so", manifest["version"] = "1.0";
    manifest.update(changes);
    away.write(fs::relative(folder, away.path()).string() + "/" + name + ".weftplugin.json", manifest.dump());
    fs::copy_file(kShipped + "/libweft_format_safetensors.so", folder + "/lib" + name + ".so",
                  fs::copy_options::overwrite_existing);
    return folder;
  }

  std::string config() const { return read_file(home.path(".config/weft/weft.json")); }
  std::set<std::string> installed() const { return names_in(home.path(".local/share/weft/plugins")); }
  Json pins() const { return parse_json(config(), {.allow_comments = true}).value()["plugins"]["pin"]; }

  TemporaryFolder home, away;
};

TEST_F(Installing, Adds_a_plugin_by_its_library_its_manifest_or_its_folder_and_pins_it) {
  for (const char* what : {"/tape.weftplugin.json", "/libtape.so", ""}) {
    const std::string folder = plugin("tape");
    const Outcome o = run({"add", folder + what, "--json"});
    ASSERT_EQ(o.exit_code, 0) << o.err;
    const Json added = parse_json(o.out).value()["added"][0];
    EXPECT_EQ(added["id"], "com.acme.tape");
    EXPECT_EQ(added["state"], "found") << added.dump();
    EXPECT_EQ(pins(), Json({{"com.acme.tape", added["sha256"]}}));
    EXPECT_EQ(installed(), (std::set<std::string>{"tape.weftplugin.json", "libtape.so"}));
    EXPECT_NE(run({"--why"}).out.find("refused    com.acme.tape"), std::string::npos)
        << "the library says another id: had it been opened, it would have been refused sooner";
    const Outcome gone = run({"remove", "com.acme.tape"});
    ASSERT_EQ(gone.exit_code, 0) << gone.err;
    EXPECT_EQ(gone.out, "com.acme.tape is removed from " + home.path(".local/share/weft/plugins") + "\n");
    EXPECT_EQ(installed(), std::set<std::string>());
    EXPECT_EQ(pins(), Json::object());
  }
}

TEST_F(Installing, Adds_all_plugins_of_a_folder_or_none) {
  plugin("tape", Json::object(), "both");
  const std::string both = plugin("reel", Json::object(), "both");
  const Outcome o = run({"add", both});
  EXPECT_EQ(o.exit_code, 0) << o.err;
  EXPECT_EQ(installed().size(), 4u);
  EXPECT_EQ(pins().size(), 2u);
  ASSERT_EQ(run({"remove", "com.acme.reel"}).exit_code, 0);
  EXPECT_EQ(installed(), (std::set<std::string>{"tape.weftplugin.json", "libtape.so"}));
  ASSERT_EQ(run({"remove", "com.acme.tape"}).exit_code, 0);

  away.write("both/reel.weftplugin.json", "{");
  expect_error(run({"add", both}), 1, "reel.weftplugin.json: malformed JSON");
  EXPECT_EQ(installed(), std::set<std::string>());
}

TEST_F(Installing, Replaces_the_same_version_and_another_one_when_forced) {
  ASSERT_EQ(run({"add", plugin("tape")}).exit_code, 0);
  EXPECT_EQ(run({"add", plugin("tape")}).exit_code, 0);
  const std::string later = plugin("tape2", {{"id", "com.acme.tape"}, {"version", "1.1"}});
  expect_error(run({"add", later}), 1, "com.acme.tape 1.0 is there already, as ");
  EXPECT_EQ(installed(), (std::set<std::string>{"tape.weftplugin.json", "libtape.so"}));
  const Outcome o = run({"add", later, "--force"});
  EXPECT_EQ(o.exit_code, 0) << o.err;
  EXPECT_EQ(installed(), (std::set<std::string>{"tape2.weftplugin.json", "libtape2.so"}));
}

TEST_F(Installing, Refuses_what_the_registry_would_refuse_and_leaves_nothing) {
  const std::string wrong(64, '0');
  expect_error(run({"add", plugin("liar", {{"sha256", wrong}})}), 1, "its manifest says " + wrong);
  expect_error(run({"add", plugin("old", {{"abi", {{"major", 0}, {"minor", 1}}}})}), 1, "its manifest says ABI 0.1");
  expect_error(run({"add", away.write("readme", "x")}), 1, "readme: no plugin, expected a library with its manifest");
  expect_error(run({"add", away.path()}), 1, "no plugin, expected a library");
  expect_error(run({"add", away.path("nowhere")}), 1, "nowhere: no such file or folder");
  const std::string text = plugin("text");
  away.write("text/libtext.so", "#!/bin/sh\n");
  expect_error(run({"add", text}), 1, "libtext.so: no shared library");
  fs::remove(text + "/libtext.so");
  expect_error(run({"add", text}), 1, "libtext.so");
  const std::string open = plugin("open");
  fs::permissions(open + "/libopen.so", fs::perms::others_write, fs::perm_options::add);
  expect_error(run({"add", open}), 1, "libopen.so can be written by others");
  EXPECT_EQ(installed(), std::set<std::string>());
  EXPECT_FALSE(fs::exists(home.path(".config/weft/weft.json")));
}

TEST_F(Installing, Refuses_files_that_another_plugin_has) {
  ASSERT_EQ(run({"add", plugin("tape")}).exit_code, 0);
  const std::string other = plugin("tape", {{"id", "com.acme.other"}}, "other");
  expect_error(run({"add", other}), 1, "has files of the same names; weft plugins remove com.acme.tape takes them");
}

TEST_F(Installing, Removes_what_it_has_added_and_tells_where_other_plugins_are) {
  expect_error(run({"remove", "weft.cpu"}), 1, "weft_backend_cpu.weftplugin.json; plugins.disable of weft.json");
  expect_error(run({"remove", "com.acme.none"}), 1, "no plugin has the id \"com.acme.none\"; in ");
  ASSERT_EQ(run({"add", plugin("tape")}).exit_code, 0);
  expect_error(run({"remove", "com.acme.none"}), 1, "there are com.acme.tape");
  EXPECT_TRUE(fs::exists(kShipped + "/weft_backend_cpu.weftplugin.json"));
}

TEST_F(Installing, Keeps_what_the_user_wrote_into_weft_json) {
  const std::string before =
      "{\n  // mine\n  \"threads\": 2,  // as on the laptop\n  \"plugins\": {\n    \"paths\": []\n  }\n}\n";
  fs::create_directories(home.path(".config/weft"));
  const std::string file = home.write(".config/weft/weft.json", before);
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_EQ(run({"add", plugin("tape")}).exit_code, 0);
  const std::string after = config();
  EXPECT_NE(after.find("// mine\n  \"threads\": 2,  // as on the laptop\n"), std::string::npos) << after;
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(pins().size(), 1u);
  home.write(".config/weft/weft.json", "{\"thraeds\": 2}");
  expect_error(run({"remove", "com.acme.tape"}), 1, "unknown key \"thraeds\"");
  EXPECT_EQ(installed().size(), 2u);
}

TEST_F(Installing, Keeps_a_pin_that_the_user_made_unless_forced) {
  fs::create_directories(home.path(".config/weft"));
  const std::string pin = R"({"plugins": {"pin": {"com.acme.tape": ")" + std::string(64, 'a') + R"("}}})";
  home.write(".config/weft/weft.json", pin);
  expect_error(run({"add", plugin("tape")}), 1, "says " + std::string(64, 'a') + "; --force replaces the pin");
  EXPECT_EQ(config(), pin);
  EXPECT_EQ(installed(), std::set<std::string>());
  EXPECT_EQ(run({"add", plugin("tape"), "--force"}).exit_code, 0);
  EXPECT_NE(config(), pin);
}

TEST_F(Installing, Tells_when_what_was_added_is_not_used) {
  fs::create_directories(home.path(".config/weft"));
  home.write(".config/weft/weft.json", R"({"plugins": {"disable": ["com.acme.*"]}})");
  const Outcome o = run({"add", plugin("tape")});
  EXPECT_EQ(o.exit_code, 0) << o.err;
  EXPECT_NE(o.out.find("disabled: plugins.disable"), std::string::npos) << o.out;
}

TEST_F(Installing, Makes_a_folder_that_is_trusted_under_any_umask) {
  const std::string folder = plugin("tape");
  const mode_t before = umask(0002);
  const Outcome o = run({"add", folder});
  umask(before);
  EXPECT_EQ(o.exit_code, 0) << o.err;
}

TEST_F(Installing, Without_a_home_says_what_to_set) {
  expect_error(run({"add", plugin("tape")}, {{"HOME", "home"}}), 1, "set HOME, or XDG_DATA_HOME and XDG_CONFIG_HOME");
}

}  // namespace
}  // namespace weft::test
