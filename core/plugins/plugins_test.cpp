// Plugins, from the manifest to the table.
#include "core/plugins/test_folder.hpp"

namespace weft {
namespace {

using namespace test;

// ---- libraries ------------------------------------------------------------------------------

using Plugins = WithFolder;

TEST_F(Plugins, A_good_one_gives_its_tables_and_is_shut_down_with_the_registry) {
  const fs::path library = put(root, "echo");
  auto r = registry();
  EXPECT_FALSE(opened(library)) << "nobody has asked yet";
  EXPECT_TRUE(r->interfaces({"test.other/0", kSize, false, {}}).empty());
  EXPECT_FALSE(opened(library)) << "its manifest does not promise that";
  const auto found = r->interfaces(kThings);
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
TEST_F(Plugins, One_that_is_not_wanted_stays_closed) {
  const fs::path library = put(root, "echo");
  auto r = registry();
  EXPECT_TRUE(r->interfaces(kThings, [](const Manifest& m) { return !m.offers(kThing, "echo"); }).empty());
  EXPECT_FALSE(opened(library));
  EXPECT_EQ(r->interfaces(kThings, [](const Manifest& m) { return m.offers(kThing, "echo"); }).size(), 2u);
}
TEST_F(Plugins, What_a_manifest_does_not_promise_is_not_asked_for_even_when_loaded) {
  put(root, "echo");
  auto r = registry();
  EXPECT_EQ(r->interfaces(kThings).size(), 2u);
  EXPECT_TRUE(r->interfaces({"test.unpromised/0", kSize, false, {}}).empty());
}
TEST_F(Plugins, Of_another_minor_version_are_refused) {
  expect_refused_beside_a_good_one("other_minor", fmt::format("built for ABI {}.{}, this is {}.{}", WEFT_ABI_MAJOR,
                                                              WEFT_ABI_MINOR + 1, WEFT_ABI_MAJOR, WEFT_ABI_MINOR));
}
TEST_F(Plugins, Of_another_major_version_are_refused) {
  expect_refused_beside_a_good_one("other_major",
                                   fmt::format("built for ABI {}.{}", WEFT_ABI_MAJOR + 1, WEFT_ABI_MINOR));
}
TEST_F(Plugins, Without_the_symbol_are_refused) {
  expect_refused_beside_a_good_one("no_symbol", "exports no weft_plugin_query_v1");
}
TEST_F(Plugins, With_a_short_table_are_refused) {
  expect_refused_beside_a_good_one("short_table",
                                   fmt::format("table has {} bytes, expected {}", WEFT_END(weft_plugin, shutdown),
                                               WEFT_END(weft_plugin, get_interface)));
}
TEST_F(Plugins, Whose_query_throws_are_refused) {
  expect_refused_beside_a_good_one("query_throws", "query threw an exception across the ABI: query");
}
TEST_F(Plugins, Whose_query_gives_null_are_refused) {
  expect_refused_beside_a_good_one("query_null", "does not serve ABI");
}
TEST_F(Plugins, Whose_init_fails_are_refused_with_what_it_said) {
  expect_refused_beside_a_good_one("init_fails", "init: no such device here");
}
TEST_F(Plugins, Whose_init_throws_are_refused) {
  expect_refused_beside_a_good_one("init_throws", "init threw an exception across the ABI: init");
}
TEST_F(Plugins, With_a_short_interface_table_are_refused_and_give_no_table_at_all) {
  expect_refused_beside_a_good_one("short_interface", "its table of test.thing/0 has 8 bytes, expected 24");
}
TEST_F(Plugins, Whose_own_threads_have_no_host_are_told_so_and_not_ended) {
  put(root, "own_thread");
  EXPECT_TRUE(registry()->interfaces(kThings).empty());
  EXPECT_TRUE(logged("own: this thread works for no host"));
  EXPECT_FALSE(logged("without a host"));
}
TEST_F(Plugins, Give_no_table_without_a_self_also_when_none_is_asked_for) {
  put(root, "short_interface");
  EXPECT_TRUE(registry()->interfaces({kThing, 0, false, {}}).empty());
}
TEST_F(Plugins, Give_no_table_shorter_than_what_is_asked_for) {
  put(root, "echo");
  auto r = registry();
  EXPECT_TRUE(r->interfaces({kThing, kSize + 1, false, {}}).empty());
  expect_refused(outcome(*r, root / "echo.weftplugin.json"), "has 24 bytes, expected 25");
}
TEST_F(Plugins, Whose_get_interface_throws_are_refused_and_give_no_table_at_all) {
  expect_refused_beside_a_good_one("interface_throws",
                                   "get_interface of test.thing/0 threw an exception across the ABI: get_interface");
}
TEST_F(Plugins, Of_another_id_than_their_manifest_says_are_refused) {
  expect_refused_beside_a_good_one("other_id", "calls itself test.somebody_else, its manifest says test.other_id");
}
TEST_F(Plugins, Whose_library_is_missing_or_no_library_are_refused) {
  fs::remove(put(root, "echo"));
  expect_refused(outcome("echo"), "No such file");
  write(root / "echo.so", "not ELF");
  expect_refused(outcome("echo"), "cannot be opened: " + (root / "echo.so").string() + ": file too short");
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
  expect_refused_unopened({{"abi", {{"major", WEFT_ABI_MAJOR + 1}}}},
                          fmt::format("its manifest says ABI {}.{}", WEFT_ABI_MAJOR + 1, WEFT_ABI_MINOR));
  expect_refused_unopened({{"abi", {{"minor", WEFT_ABI_MINOR + 1}}}},
                          fmt::format("this is {}.{}", WEFT_ABI_MAJOR, WEFT_ABI_MINOR));
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
  expect_refused_unopened({{"preference", 101}}, "\"preference\" is no integer from 0 to 100");
  expect_refused_unopened({{"preference", "high"}}, "\"preference\" is no integer from 0 to 100");
  expect_refused_unopened({{"provides", nullptr}}, "\"provides\" is not a list");
  expect_refused_unopened({{"provides", Json::array({1})}}, "no object");
  expect_refused_unopened({{"provides", Json::array({{{"name", "x"}}})}}, "without an \"interface\"");
}
TEST(Manifest, Ignores_keys_it_does_not_know) {
  const auto m = parse_manifest(R"({"manifest": 1, "id": "a", "version": "2", "library": "a.so", "later": [1],
                                    "abi": {"major": 0, "minor": 1},
                                    "provides": [{"interface": "i/0", "name": "n"}]})");
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
  environment.read = true;
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
TEST_F(Search, Refuses_relative_folders_and_missing_ones_by_who_names_them) {
  put(folder("here"), "echo");
  const WorkingDirectory here(root);
  Config config;
  config.paths = {"here", (root / "missing").string()};
  Environment environment;
  environment.plugin_path = "./here:here";
  auto r = registry(config, environment, {"here"});
  std::vector<std::string> named;
  for (const Candidate& c : r->report()) {
    EXPECT_NE(c.manifest.id, "test.echo");
    if (c.state == PluginState::kRefused) named.push_back(c.manifest_path + ": " + c.reason);
  }
  const std::string relative = " names this folder, which is not searched: expected a path that begins with /";
  EXPECT_EQ(named, (std::vector<std::string>{
      "here: the host" + relative, "./here: WEFT_PLUGIN_ADD" + relative, "here: WEFT_PLUGIN_ADD" + relative,
      "here: plugins.paths of weft.json" + relative,
      (root / "missing").string() + ": plugins.paths of weft.json names this folder: No such file or directory"}));
  EXPECT_TRUE(logged("here is refused: the host names this folder"));
}
TEST_F(Search, Tells_of_a_folder_that_was_named_and_has_no_manifest) {
  Config config;
  config.paths = {folder("empty").string()};
  put(root, "echo");
  const Candidate empty = outcome(*registry(config), config.paths[0]);
  EXPECT_EQ(text(empty.state), "refused");
  EXPECT_EQ(empty.reason,
            "plugins.paths of weft.json names this folder, in which no manifest lies (NAME.weftplugin.json)");
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
TEST_F(Plugins, That_are_refused_when_they_are_opened_give_their_place_to_those_they_shadowed) {
  put(folder("1"), "init_fails", {{"id", "test.echo"}}, "first");
  put(folder("2"), "echo");
  auto r = registry({}, {}, {root / "1", root / "2"});
  EXPECT_EQ(r->interfaces(kThings).size(), 2u);  // echo's tables
  EXPECT_EQ(text(outcome(*r, root / "1/first.weftplugin.json").state), "refused");
  EXPECT_EQ(text(outcome(*r, root / "2/echo.weftplugin.json").state), "loaded");
}
TEST_F(Plugins, Of_a_higher_version_that_are_refused_give_their_place_to_lower_ones_that_stand_before_them) {
  put(root, "echo", {}, "a");
  put(root, "init_fails", {{"id", "test.echo"}, {"version", "2"}}, "b");
  auto r = registry();
  EXPECT_EQ(r->interfaces(kThings).size(), 2u);
  EXPECT_EQ(text(outcome(*r, root / "a.weftplugin.json").state), "loaded");
}
TEST_F(Plugins, That_promise_a_name_and_do_not_give_it_are_told_with_the_reason) {
  put(root, "init_fails");
  auto r = registry();
  r->interfaces(kThings);
  const std::string why = r->why_missing(kThing, "init_fails");
  EXPECT_TRUE(has(why, "test.init_fails offers it and is refused: init: no such device")) << why;
  EXPECT_EQ(r->why_missing(kThing, "other"), "");
}
TEST(Abi, Plugins_of_this_minor_and_of_earlier_ones_back_to_the_least_are_served) {
  EXPECT_TRUE(Manifest::serves(WEFT_ABI_MAJOR, WEFT_ABI_MINOR));
  EXPECT_TRUE(Manifest::serves(WEFT_ABI_MAJOR, WEFT_ABI_LEAST_MINOR));
  EXPECT_FALSE(Manifest::serves(WEFT_ABI_MAJOR, WEFT_ABI_MINOR + 1));
  EXPECT_FALSE(Manifest::serves(WEFT_ABI_MAJOR, int64_t{WEFT_ABI_LEAST_MINOR} - 1));
  EXPECT_FALSE(Manifest::serves(WEFT_ABI_MAJOR + 1, WEFT_ABI_MINOR));
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
  for (const Json& wrong :
       {Json(5), Json(""), Json("abc"), Json(std::string(64, 'g')), Json(std::string(65, '0')), Json::array()}) {
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
TEST_F(Trust, Only_pinned_plugins_are_opened_where_the_list_of_pins_is_closed) {
  const fs::path pinned = put(folder("1"), "echo");
  // Another id that offers the same interface, as a cloned repository would bring it.
  const fs::path other = put(folder("2"), "echo", {{"id", "a.b"}}, "other");
  Config config;
  config.only_pinned = true;
  config.pin["test.echo"] = *sha256_of_file(pinned.string());
  auto r = registry(config, {}, {root / "2", root / "1"});
  EXPECT_EQ(text(outcome(*r, root / "1/echo.weftplugin.json").state), "loaded");
  const Candidate left = outcome(*r, root / "2/other.weftplugin.json");
  EXPECT_EQ(text(left.state), "disabled");
  EXPECT_TRUE(has(left.reason, "plugins.only_pinned")) << left.reason;
  EXPECT_FALSE(opened(other));
}
TEST_F(Trust, A_manifest_that_others_can_write_is_refused_and_shadows_nobody) {
  put(folder("1"), "echo");
  put(folder("2"), "echo");
  fs::permissions(root / "1/echo.weftplugin.json", fs::perms(0666));
  auto r = registry({}, {}, {root / "1", root / "2"});
  expect_refused(outcome(*r, root / "1/echo.weftplugin.json"), "can be written by others");
  EXPECT_EQ(text(outcome(*r, root / "2/echo.weftplugin.json").state), "loaded");
}
TEST_F(Manifests, Larger_than_any_that_is_meant_are_not_read) {
  write(root / "large.weftplugin.json", std::string(2 << 20, ' '));
  expect_refused(outcome("large"), "larger than 1 MB");
}
TEST_F(Trust, The_sha256_of_a_file_is_the_known_one) {
  write(root / "abc", "abc");
  EXPECT_EQ(*sha256_of_file((root / "abc").string()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
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
  expect_refused(outcome(*r, root / "open/inner/echo.weftplugin.json"),
                 (root / "open").string() + " can be written by others");
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
  expect_refused(outcome(*r, root / "closed/echo.weftplugin.json"),
                 (root / "open").string() + " can be written by others");
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
    const auto found = r.interfaces(kThings);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[1].plugin_id, "s.b");
    EXPECT_EQ(r.interfaces(kThings).size(), 2u);
    EXPECT_EQ(text(r.report()[1].state), "loaded");
  }
  EXPECT_EQ(events, (std::vector<std::string>{"init a", "init b", "shutdown b", "shutdown a"}));
}
TEST_F(StaticPlugins, That_are_broken_are_refused_and_stop_nobody) {
  PluginRegistry r = make({static_null, nullptr, static_half, static_query<'a'>});
  EXPECT_EQ(r.interfaces(kThings).size(), 1u);
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
  EXPECT_EQ(r.interfaces(kThings).size(), 1u);
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
    r.interfaces(kThings);
    EXPECT_EQ(text(r.report()[0].state), "disabled");
    EXPECT_EQ(text(r.report()[1].state), "loaded");
  }
  EXPECT_EQ(events, (std::vector<std::string>{"init e", "shutdown e"}));
}

TEST_F(Plugins, Are_opened_once_by_two_threads_that_ask_at_once) {
  put(root, "echo");
  Config config;
  config.options = {{"test.echo", R"({"say": "once"})"}};
  auto r = registry(config);
  auto ask = [&] { EXPECT_EQ(r->interfaces(kThings).size(), 2u); };
  std::thread a(ask), b(ask);
  a.join();
  b.join();
  EXPECT_EQ(std::count(log.begin(), log.end(), "echo: once"), 1);
}

}  // namespace
}  // namespace weft
