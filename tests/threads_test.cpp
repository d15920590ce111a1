// What headers call [any-thread], under load: two threads step sessions of one model, a third loads the model again
// and steps that, and all get what one thread gets alone. To be run under the preset tsan, which finds races; there
// only the plugins that it uses need be built.
#include <gtest/gtest.h>

#include <thread>

#include "tests/opaque/opaque.hpp"

namespace weft {
namespace {

class Threads : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!there_.engine().open_devices(GetParam()).ok()) GTEST_SKIP() << "the backend was not built";
  }
  Result<std::shared_ptr<Model>> load() const {
    return there_.load(WEFT_SOURCE_DIR "/tests/golden/llama/llama31_rope", GetParam());
  }

 private:
  const test::OpaqueEngine there_;
};

TEST_P(Threads, Step_sessions_of_one_model_while_it_is_loaded_again) {
  const auto model = load();
  ASSERT_TRUE(model.ok()) << model.status().message();
  const std::vector<int32_t> forth = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, back(forth.rbegin(), forth.rend());
  const std::vector<float> of_forth = test::logits_in_pieces(**model, forth, 3),
                           of_back = test::logits_in_pieces(**model, back, 3);
  ASSERT_NE(of_forth, of_back);
  constexpr int kRounds = 5;
  const auto step = [&](const std::vector<int32_t>& ids, const std::vector<float>& expected) {
    for (int i = 0; i < kRounds; ++i) EXPECT_EQ(test::logits_in_pieces(**model, ids, 3), expected);
  };
  std::thread first(step, forth, of_forth), second(step, back, of_back);
  for (int i = 0; i < kRounds; ++i) {
    const auto again = load();
    EXPECT_TRUE(again.ok()) << again.status().message();
    if (!again.ok()) break;
    EXPECT_EQ(test::logits_in_pieces(**again, forth, 3), of_forth);
  }
  first.join(), second.join();
}

TEST_P(Threads, Use_the_weights_of_a_model_for_the_first_time_at_once) {
  const std::vector<int32_t> ids = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const auto one = load(), fresh = load();
  ASSERT_TRUE(one.ok() && fresh.ok()) << one.status().message() << fresh.status().message();
  const std::vector<float> expected = test::logits_in_pieces(**one, ids, ids.size());
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] { EXPECT_EQ(test::logits_in_pieces(**fresh, ids, ids.size()), expected); });
  }
  for (std::thread& t : threads) t.join();
}

INSTANTIATE_TEST_SUITE_P(Backends, Threads, testing::Values("reference", "cpu", "opaque"));

}  // namespace
}  // namespace weft
