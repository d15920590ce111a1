// Tables of plugins: what they lack, and which of several of one name is used.
#include <gtest/gtest.h>

#include "core/plugins/own_folder.hpp"
#include "core/plugins/test_folder.hpp"
#include "tests/bad_plugins/named.hpp"

namespace weft::test {
namespace {

using test_plugin::Named;

const InterfaceKind kNamed{"test.named/0", WEFT_END(Named, act), true, {{"act", offsetof(Named, act)}}};

Named offered{};  // by the static plugin

const weft_plugin* named_query(uint32_t, uint32_t) {
  static const weft_plugin table = {
      {WEFT_END(weft_plugin, get_interface), 0}, WEFT_ABI_MAJOR, WEFT_ABI_MINOR, {"s.n", 3}, {"7", 1}, {"t", 1},
      [](const weft_host*, const weft_json*, void**) -> weft_status* { return nullptr; }, [](void*) {},
      [](void*, weft_str, uint32_t n) -> const void* { return n == 0 ? &offered : nullptr; }};
  return &table;
}

class Tables : public WithFolder {
 protected:
  void SetUp() override {
    WithFolder::SetUp();
    offered = {{{WEFT_END(Named, act), 0}, nullptr, nullptr}, {"shared", 6}, [] {}};
  }
  /// Puts named_a or named_b there, whose manifest promises a table called `name`.
  void put_named(const fs::path& where, const std::string& plugin, const std::string& name = "shared") {
    put(where, plugin, {{"provides", Json::array({{{"interface", "test.named/0"}, {"name", name}}})}});
  }
  std::unique_ptr<PluginRegistry> with_static() {
    return std::make_unique<PluginRegistry>(host, RegistryOptions{{root.string()}, {}, {}, {named_query}});
  }
  void expect_static_refused(std::string_view reason) {
    auto r = with_static();
    EXPECT_TRUE(r->interfaces(kNamed).empty());
    expect_refused(r->report()[0], reason);
  }
};

TEST_F(Tables, Without_a_function_or_a_name_are_refused) {
  offered.act = nullptr;
  expect_static_refused("its table of test.named/0 has no function act");
  offered.act = [] {}, offered.name = {nullptr, 0};
  expect_static_refused("its table of test.named/0 has no name");
  offered.head.hdr.struct_size = WEFT_END(Named, name);
  expect_static_refused("has 40 bytes, expected 48");
}

TEST_F(Tables, Of_one_name_the_first_is_used_and_both_are_told_once) {
  put_named(root, "named_a");
  put_named(root, "named_b");
  auto r = registry();
  r->interfaces(kNamed);
  const auto all = r->interfaces(kNamed);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(find_named(all, "shared")->plugin_id, "test.named_a");
  EXPECT_EQ(find_named(all, "other"), nullptr);
  const std::string told = "test.named_a and test.named_b both have test.named/0 shared; that of test.named_a is used";
  EXPECT_TRUE(logged(told));
  EXPECT_EQ(std::count_if(log.begin(), log.end(), [&](const std::string& l) { return has(l, told); }), 1);
}

TEST_F(Tables, Of_a_static_plugin_go_before_all_others) {
  put_named(root, "named_a");
  EXPECT_EQ(find_named(with_static()->interfaces(kNamed), "shared")->plugin_id, "s.n");
}

TEST_F(Tables, Of_wefts_own_folder_go_before_those_of_a_folder_that_is_searched_first) {
  const fs::path own = fs::path(own_folder()) / "weft/plugins";
  fs::remove_all(own);
  fs::create_directories(own);
  put_named(own, "named_b");
  put_named(root, "named_a");
  Environment environment;
  environment.read = true;
  auto r = registry({}, environment);
  const auto all = r->interfaces(kNamed);
  fs::remove_all(own.parent_path());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(find_named(all, "shared")->plugin_id, "test.named_b");
  EXPECT_EQ(all[0].plugin_id, "test.named_a");
  EXPECT_EQ(all[0].behind, "test.named_b");
}

TEST_F(Tables, That_a_manifest_promises_and_no_plugin_gives_are_told) {
  put_named(root, "named_a", "other");
  const auto all = registry()->interfaces(kNamed);
  EXPECT_EQ(all.size(), 1u);
  EXPECT_TRUE(logged("test.named_a: its manifest promises test.named/0 other, which it does not give"));
}

}  // namespace
}  // namespace weft::test
