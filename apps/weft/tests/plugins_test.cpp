// weft plugins new, from outside.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "apps/weft/tests/process.hpp"
#include "core/base/json.hpp"

namespace weft::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKinds[] = {"backend", "family", "converter", "format", "source", "tokenizer"};

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

}  // namespace
}  // namespace weft::test
