// Under validation a host finds what plugins do with its services that they must not, and lives.
#include "core/plugins/test_folder.hpp"
#include "tests/sanitizers.hpp"

namespace weft::test {
namespace {

class Validation : public WithFolder {
 protected:
  /// Loads the plugin under validation and shuts it down: the rules that it has broken, and what became of it.
  std::set<std::string> broken_by(const std::string& plugin) {
    put(root, plugin);
    std::mutex mutex;
    std::set<std::string> rules;
    {
      PluginRegistry registry(host, {{root.string()},
                                     {},
                                     {},
                                     {},
                                     [&](std::string_view id, std::string_view rule, std::string_view) {
                                       EXPECT_EQ(id, "test." + plugin);
                                       std::lock_guard lock(mutex);
                                       rules.emplace(rule);
                                     }});
      state_ = outcome(registry, root / (plugin + ".weftplugin.json"));
    }
    return rules;
  }
  Candidate state_;
};

using Rules = std::set<std::string>;

TEST_F(Validation, Finds_nothing_wrong_with_a_good_plugin) {
  EXPECT_EQ(broken_by("echo"), Rules());
  EXPECT_EQ(text(state_.state), "loaded") << state_.reason;
}

TEST_F(Validation, Finds_memory_that_is_not_freed) {
  const LeaksAllowed allowed;
  EXPECT_EQ(broken_by("leaks_memory"), Rules{"memory.leak"});
}

TEST_F(Validation, Finds_statuses_that_are_not_freed) { EXPECT_EQ(broken_by("leaks_status"), Rules{"status.leak"}); }

TEST_F(Validation, Refuses_a_plugin_that_writes_past_its_memory) {
  EXPECT_EQ(broken_by("writes_past"), Rules{"memory.canary"});
  expect_refused(state_, "breaks memory.canary: byte 0 behind the 100 that alloc gave was written");
}

TEST_F(Validation, Refuses_a_plugin_that_frees_twice_and_frees_once) {
  EXPECT_EQ(broken_by("frees_twice"), Rules{"memory.double-free"});
  expect_refused(state_, "breaks memory.double-free");
}

TEST_F(Validation, Refuses_a_plugin_that_frees_with_another_size) {
  EXPECT_EQ(broken_by("frees_other_size"), Rules{"memory.free-size"});
  expect_refused(state_, "free got 50 bytes aligned to 16, alloc was asked for 100 aligned to 16");
}

TEST_F(Validation, Refuses_a_plugin_that_frees_a_status_twice_and_frees_it_once) {
  broken_by("frees_status_twice");
  expect_refused(state_, "breaks status.double-free");
}

TEST_F(Validation, Finds_a_host_that_is_used_after_shutdown) {
  WatchedHost watched(host, "test.plugin", [&](std::string_view, std::string_view rule, std::string_view what) {
    EXPECT_EQ(rule, "host.after-shutdown");
    EXPECT_EQ(what, "log of the host was called after shutdown");
    log.push_back("found");
  });
  const weft_host* const h = watched.table();
  h->log(h->ctx, WEFT_LOG_INFO, to_str("test"), to_str("before"));
  EXPECT_FALSE(logged("found"));
  watched.end();
  h->log(h->ctx, WEFT_LOG_INFO, to_str("test"), to_str("after"));
  EXPECT_TRUE(logged("found"));
}

TEST_F(Validation, Gives_memory_as_the_host_does_until_it_is_told_not_to) {
  WatchedHost watched(host, "test.plugin", [](std::string_view, std::string_view rule, std::string_view) {
    ADD_FAILURE() << rule;
  });
  const weft_host* const h = watched.table();
  for (const uint64_t align : {1, 8, 64, 4096}) {
    void* const p = h->alloc(h->ctx, 100, align);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % align, 0u);
    h->free(h->ctx, p, 100, align);
  }
  EXPECT_EQ(h->alloc(h->ctx, UINT64_MAX - 8, 64), nullptr);
  watched.fail_alloc_at(2);
  void* const p = h->alloc(h->ctx, 1, 8);
  EXPECT_NE(p, nullptr);
  EXPECT_EQ(h->alloc(h->ctx, 1, 8), nullptr);
  EXPECT_EQ(h->alloc(h->ctx, 1, 8), nullptr);
  watched.fail_alloc_at(0);
  h->free(h->ctx, p, 1, 8);
  watched.end();
}

TEST_F(Validation, Is_turned_on_by_a_variable_and_told_in_the_log) {
  const Variable on("WEFT_VALIDATE", "1");
  put(root, "leaks_memory");
  Environment environment;
  environment.validate = read_environment().validate;
  EXPECT_TRUE(environment.validate);
  const LeaksAllowed allowed;
  outcome(*registry({}, environment), root / "leaks_memory.weftplugin.json");
  EXPECT_TRUE(logged("test.leaks_memory: breaks memory.leak: 100 bytes in 1 pieces are not freed"));
}

}  // namespace
}  // namespace weft::test
