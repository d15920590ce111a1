#include <gtest/gtest.h>

#include <cmath>

#include "core/runtime/sampling/sampler.hpp"
#include "core/runtime/sampling/stop.hpp"

namespace weft {
namespace {

int32_t draw(const SamplingOptions& options, const std::vector<float>& logits,
             const std::vector<int32_t>& history = {}) {
  auto chain = SamplerChain::create(options);
  EXPECT_TRUE(chain.ok());
  auto sampled = chain->sample(logits, history);
  EXPECT_TRUE(sampled.ok());
  return sampled.ok() ? sampled->token : -1;
}

TEST(Sampler, Greedy_takes_the_lowest_id_of_equals) { EXPECT_EQ(draw({.greedy = true}, {1, 3, 3}), 1); }

TEST(Sampler, Top_k_of_one_is_greedy_for_every_seed) {
  for (uint64_t seed = 0; seed < 50; ++seed) EXPECT_EQ(draw({.top_k = 1, .seed = seed}, {0, 1, 5, 4.9f}), 2);
}

TEST(Sampler, Draws_follow_the_probabilities) {
  auto chain = SamplerChain::create({.seed = 7});
  const std::vector<float> logits = {std::log(0.7f), std::log(0.2f), std::log(0.1f)};
  int counts[3] = {};
  for (int i = 0; i < 20000; ++i) ++counts[chain->sample(logits, {})->token];
  EXPECT_NEAR(counts[0] / 20000.0, 0.7, 0.015);
  EXPECT_NEAR(counts[2] / 20000.0, 0.1, 0.015);
}

TEST(Sampler, Min_p_and_top_p_drop_the_tail) {
  const std::vector<float> logits = {std::log(0.6f), std::log(0.3f), std::log(0.1f)};
  for (uint64_t seed = 0; seed < 200; ++seed) {
    EXPECT_NE(draw({.min_p = 0.2, .seed = seed}, logits), 2);
    EXPECT_EQ(draw({.top_p = 0.5, .seed = seed}, logits), 0);
  }
}

TEST(Sampler, Repetition_penalty_divides_positive_and_multiplies_negative_logits) {
  EXPECT_EQ(draw({.greedy = true, .repetition_penalty = 2}, {3, 2}, {0}), 1);
  EXPECT_EQ(draw({.greedy = true, .repetition_penalty = 2}, {-1, -1.5f}, {0}), 1);
}

TEST(Sampler, Refuses_nan_and_unknown_steps_by_name) {
  auto chain = SamplerChain::create({});
  const std::vector<float> bad = {0, NAN};
  EXPECT_EQ(chain->sample(bad, {}).status().code(), Code::kDataLoss);
  auto unknown = SamplerChain::create({.order = {"mirostat"}});
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.status().message().find("mirostat"), std::string_view::npos);
  EXPECT_FALSE(SamplerChain::create({.temperature = NAN}).ok());
}

TEST(StopMatcher, Finds_a_stop_string_split_over_pieces) {
  StopMatcher m({"<end>"});
  std::string out = m.push("abc<e");
  out += m.push("n");
  out += m.push("d>xyz");
  EXPECT_EQ(out, "abc");
  EXPECT_TRUE(m.stopped());
}

TEST(StopMatcher, Gives_back_what_only_looked_like_a_stop) {
  StopMatcher m({"aab"});
  std::string out = m.push("aa");
  out += m.push("aac");
  out += m.flush();
  EXPECT_EQ(out, "aaaac");
  EXPECT_FALSE(m.stopped());
}

}  // namespace
}  // namespace weft
