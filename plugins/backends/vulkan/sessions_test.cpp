// Sessions with forks and rollbacks, on a Vulkan device and with layers on it and on others, give what the reference
// gives.
#include <fmt/format.h>

#include <thread>

#include "core/graph/layers.hpp"
#include "plugins/backends/vulkan/on_device.hpp"
#include "tests/opaque/opaque.hpp"

namespace weft::test {
namespace {

class VulkanSessions : public OnVulkan {
 protected:
  void SetUp() override {
    OnVulkan::SetUp();
    if (IsSkipped()) return;
    if (family_goldens("gemma3_text.v4").empty()) GTEST_SKIP() << "the family's folder is gone";
    written_.emplace("gemma3_text.v4");  // with windows beside full attention
    plain_ = load_on(engine(), written_->path(), "reference").value();
    expected_ = played(*plain_);
  }
  void expect_the_same(const Result<std::shared_ptr<Model>>& model, const std::set<std::string>& on,
                       const std::string& what) const {
    ASSERT_TRUE(model.ok()) << what << ": " << model.status().message();
    EXPECT_EQ(backends(**model), on) << what;
    EXPECT_LE(max_difference(played(**model), expected_), 1e-3 * deviation(expected_)) << what;
  }

  std::optional<WrittenModel> written_;
  std::shared_ptr<Model> plain_;
  std::vector<float> expected_;
};

TEST_F(VulkanSessions, Fork_roll_back_and_begin_anew_as_on_the_reference) {
  expect_the_same(load_on(engine(), written_->path()), {"vulkan"}, "alone");
}

TEST_F(VulkanSessions, Give_the_same_wherever_the_layers_are_cut) {
  const int64_t layers = layer_count(plain_->new_session().value()->graph().graph());
  ASSERT_GE(layers, 2);
  for (const std::string other : {"reference", "cpu"}) {
    if (!engine().open_devices(other).ok()) continue;
    for (int64_t cut = 1; cut < layers; ++cut) {
      for (const auto& [first, second] : {std::pair<std::string, std::string>("vulkan", other), {other, "vulkan"}}) {
        const std::string split = fmt::format("{}:0-{},{}:{}-{}", first, cut - 1, second, cut, layers - 1);
        expect_the_same(load_on(engine(), written_->path(), "", split), {"vulkan", other}, split);
      }
    }
  }
}

TEST_F(VulkanSessions, Give_the_same_on_two_devices_wherever_the_layers_are_cut) {
  const auto two = vulkan_engine(R"("devices": 2)");
  const auto keep = two->open_devices("vulkan:#1,vulkan:#2");  // so that pipelines are made once
  const int64_t layers = layer_count(plain_->new_session().value()->graph().graph());
  const std::vector<float> whole = played(**load_on(engine(), written_->path()));
  for (int64_t cut = 1; cut < layers; ++cut) {
    const std::string split = fmt::format("vulkan:#1:0-{},vulkan:#2:{}-{}", cut - 1, cut, layers - 1);
    const auto model = load_on(*two, written_->path(), "", split);
    ASSERT_TRUE(model.ok()) << split << ": " << model.status().message();
    EXPECT_EQ(backends(**model), (std::set<std::string>{"vulkan:0", "vulkan:1"})) << split;
    EXPECT_EQ(played(**model), whole) << split;
  }
}

TEST_F(OnVulkan, Sessions_of_models_with_slots_experts_and_encoders_give_what_the_reference_gives) {
  for (const char* golden : {"jamba.v4", "gpt_oss.v4", "t5.v1_1", "rwkv.v4", "qwen3_next.v4"}) {
    if (family_goldens(golden).empty()) continue;
    const WrittenModel written(golden);
    const auto model = load_on(engine(), written.path()), plain = load_on(engine(), written.path(), "reference");
    ASSERT_TRUE(model.ok() && plain.ok()) << golden << ": " << model.status().message() << plain.status().message();
    const std::vector<float> expected = played(**plain);
    EXPECT_LE(max_difference(played(**model), expected), 1e-3 * deviation(expected)) << golden;
  }
}

TEST_F(VulkanSessions, Get_the_layers_that_fit_their_device) {
  std::set<std::set<std::string>> seen;
  for (uint64_t bytes = 1 << 21; bytes >= 1 << 16; bytes = bytes * 2 / 3) {
    const auto there = vulkan_engine("\"memory\": " + std::to_string(bytes));
    const auto model = load_on(*there, written_->path(), "vulkan,reference", "auto");
    ASSERT_TRUE(model.ok()) << bytes << ": " << model.status().message();
    EXPECT_LE(max_difference(played(**model), expected_), 1e-3 * deviation(expected_)) << bytes;
    seen.insert(backends(**model));
  }
  EXPECT_TRUE(seen.contains({"vulkan"}));
  EXPECT_TRUE(seen.contains({"vulkan", "reference"}));
  EXPECT_TRUE(seen.contains({"reference"}));
}

TEST_F(OnVulkan, Sessions_on_several_threads_do_not_mix) {
  const auto model = load_on(engine(), kLlama);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const std::vector<float> expected = played(**model);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) threads.emplace_back([&] { EXPECT_EQ(played(**model), expected); });
  for (std::thread& t : threads) t.join();
}

}  // namespace
}  // namespace weft::test
