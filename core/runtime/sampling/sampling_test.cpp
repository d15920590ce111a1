#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

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

/// The k likeliest tokens of a row, as a device gives them.
struct Likeliest {
  Likeliest(const std::vector<float>& row, std::size_t k) {
    for (int32_t i = 0; i < std::ssize(row); ++i) ids.push_back(i);
    std::stable_sort(ids.begin(), ids.end(), [&](int32_t a, int32_t b) { return row[a] > row[b]; });
    for (const int32_t id : ids) total += std::exp(row[id] - row[ids[0]]);
    ids.resize(k);
    for (const int32_t id : ids) logits.push_back(row[id]);
  }
  Candidates candidates() const { return {ids, logits, total}; }
  std::vector<int32_t> ids;
  std::vector<float> logits;
  float total = 0;
};

TEST(Sampler, Draws_the_same_token_from_enough_candidates_as_from_the_row) {
  std::mt19937 random(3);
  int drawn = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<float> row(100);
    for (float& x : row) x = static_cast<float>(random() % 64) / 8 - 4;  // with equal ones
    std::vector<int32_t> history;
    for (int i = 0; i < 6; ++i) history.push_back(static_cast<int32_t>(random() % 100));
    const SamplingOptions options{.greedy = random() % 4 == 0,
                                  .temperature = 0.5 + static_cast<double>(random() % 4) / 4,
                                  .top_k = static_cast<int64_t>(random() % 30),
                                  .top_p = random() % 2 ? 1 : 0.8,
                                  .min_p = random() % 2 ? 0 : 0.05,
                                  .typical_p = random() % 2 ? 1 : 0.7,
                                  .repetition_penalty = random() % 2 ? 1 : 1.3,
                                  .frequency_penalty = random() % 2 ? 0 : 0.4,
                                  .seed = random(),
                                  .top_logprobs = static_cast<int64_t>(random() % 4)};
    auto whole = SamplerChain::create(options), few = SamplerChain::create(options);
    const int64_t needed = few->candidates_needed(history);
    if (needed == 0) continue;
    const Likeliest likeliest(row, static_cast<std::size_t>(needed));
    const auto expected = whole->sample(row, history), got = few->sample(likeliest.candidates(), history);
    ASSERT_TRUE(expected.ok() && got.ok());
    EXPECT_EQ(got->token, expected->token);
    EXPECT_NEAR(got->logprob, expected->logprob, 1e-5);
    ASSERT_EQ(got->top.size(), expected->top.size());
    for (std::size_t i = 0; i < got->top.size(); ++i) EXPECT_EQ(got->top[i].token, expected->top[i].token);
    ++drawn;
  }
  EXPECT_GT(drawn, 200);
}

TEST(Sampler, Asks_for_whole_rows_where_filters_depend_on_them) {
  const auto needed = [](SamplingOptions options) {
    return SamplerChain::create(std::move(options))->candidates_needed({});
  };
  EXPECT_EQ(needed({.greedy = true}), 1);
  EXPECT_EQ(needed({.top_k = 40}), 40);
  EXPECT_EQ(needed({}), 0);
  EXPECT_EQ(needed({.greedy = true, .logit_bias = {{3, 1.0f}}}), 0);
  EXPECT_EQ(needed({.top_k = 40, .presence_penalty = -1}), 0);
  EXPECT_EQ(needed({.top_k = 40, .top_p = 0.9, .order = {"top_p", "top_k"}}), 0);
  EXPECT_EQ(needed({.top_k = 40, .order = {"temperature"}}), 0);
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
