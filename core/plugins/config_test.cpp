// weft.json and the environment.
#include "core/plugins/test_folder.hpp"

namespace weft {
namespace {

using namespace test;

// ---- weft.json ------------------------------------------------------------------------------

TEST(Config, Reads_every_key) {
  const auto c = parse_config(R"({
    // a comment
    "plugins": {"paths": ["/a", "b"], "enable": ["x*"], "disable": ["y", "z"], /* another */
                "pin": {"x": "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789"},
                "only_pinned": true, "options": {"x": {"k": [1, 2]}}},
    "backend": "cpu,reference", "architecture": "llama", "threads": 3, "pin_threads": true,
    "precision": "exact", "kv": "q8_0", "ctx": 4096})",
                              "F");
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ(c->paths, (std::vector<std::string>{"/a", "b"}));
  EXPECT_EQ(c->enable, (std::vector<std::string>{"x*"}));
  EXPECT_EQ(c->disable, (std::vector<std::string>{"y", "z"}));
  EXPECT_EQ(c->pin.at("x"), "0123456789abcdefabcdef0123456789abcdef0123456789abcdef0123456789");
  EXPECT_TRUE(c->only_pinned);
  EXPECT_EQ(c->options.at("x"), R"({"k":[1,2]})");
  EXPECT_EQ(c->backend, "cpu,reference");
  EXPECT_EQ(c->architecture, "llama");
  EXPECT_EQ(c->threads, 3);
  EXPECT_TRUE(c->pin_threads);
  EXPECT_EQ(c->precision, "exact");
  EXPECT_EQ(c->kv, "q8_0");
  EXPECT_EQ(c->context, 4096);
}
TEST(Config, Refuses_unknown_keys_at_both_levels_and_lists_the_known) {
  const auto top = parse_config(R"({"plugin": {}})", "F");
  ASSERT_FALSE(top.ok());
  EXPECT_EQ(top.status().message(),
            "F: unknown key \"plugin\" in the top level, known are plugins, backend, architecture, threads, "
            "pin_threads, precision, kv, ctx");
  const auto inner = parse_config(R"({"plugins": {"path": []}})", "F");
  ASSERT_FALSE(inner.ok());
  EXPECT_EQ(inner.status().message(),
            "F: unknown key \"path\" in plugins, known are paths, enable, disable, pin, only_pinned, options");
}
TEST(Config, Names_the_file_and_the_key_of_a_wrong_type_or_value) {
  const std::pair<const char*, const char*> wrong[] = {
      {"[]", "the top level is not an object"},
      {R"({"pin_threads": 1})", "pin_threads is neither true nor false"},
      {R"({"plugins": []})", "plugins is not an object"},
      {R"({"plugins": {"paths": "x"}})", "plugins.paths is not a list"},
      {R"({"plugins": {"enable": [1]}})", "plugins.enable has an entry that is no string"},
      {R"({"plugins": {"disable": {}}})", "plugins.disable is not a list"},
      {R"({"plugins": {"pin": []}})", "plugins.pin is not an object"},
      {R"({"plugins": {"pin": {"x": 1}}})", "plugins.pin.x is not a sha256"},
      {R"({"plugins": {"pin": {"x": "abc"}}})", "plugins.pin.x is not a sha256"},
      {R"({"plugins": {"pin": {"x": "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"}}})",
       "plugins.pin.x is not a sha256"},
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
      {R"({"ctx": 1,})", "malformed JSON at line 1, column 11"},
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
  Variable config("WEFT_CONFIG", ""), config_home("XDG_CONFIG_HOME", ""), data_home("XDG_DATA_HOME", ""),
      home("HOME", root.string());
  EXPECT_EQ(load_config("", read_environment())->threads, 4);
  EXPECT_EQ(read_environment().data_home, root / ".local/share");
}
TEST_F(ConfigFile, Of_the_working_directory_is_never_read) {
  folder("weft/plugins");
  folder(".config/weft");
  for (const char* file : {"weft.json", "weft/weft.json", ".config/weft/weft.json"})
    write(root / file, R"({"threads": 5})");
  put(root / "weft/plugins", "echo");
  const WorkingDirectory here(root);
  // XDG says to ignore relative folders.
  for (const char* value : {"", "."}) {
    Variable config("WEFT_CONFIG", ""), config_home("XDG_CONFIG_HOME", value), data_home("XDG_DATA_HOME", value),
        home("HOME", value);
    EXPECT_EQ(load_config("", read_environment())->threads, 0);
    int refused = 0;
    for (const Candidate& c : discover({}, {}, read_environment())) {
      EXPECT_NE(c.manifest.id, "test.echo");
      refused += c.reason.find("names this folder, which is not searched") != std::string::npos;
    }
    EXPECT_EQ(refused, *value == '\0' ? 0 : 3) << "the report says so of each variable";
  }
  Variable config("WEFT_CONFIG", "weft.json");
  const Status relative = load_config("", read_environment()).status();
  EXPECT_EQ(relative.message(), "WEFT_CONFIG is \"weft.json\", expected a path that begins with /");
}
TEST_F(ConfigFile, Is_not_looked_for_when_the_environment_is_switched_off) {
  folder("home/weft");
  write(root / "home/weft/weft.json", R"({"threads": 6})");
  put(folder("home/weft/plugins"), "echo");
  Variable config("WEFT_CONFIG", (root / "home/weft/weft.json").string()),
      add("WEFT_PLUGIN_ADD", (root / "home/weft/plugins").string());
  Variable config_home("XDG_CONFIG_HOME", (root / "home").string()),
      data_home("XDG_DATA_HOME", (root / "home").string());
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

}  // namespace
}  // namespace weft
