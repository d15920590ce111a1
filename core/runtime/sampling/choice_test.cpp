#include "core/runtime/sampling/choice.hpp"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

namespace weft {
namespace {

struct Read {
  SamplingChoice choice;
  std::vector<std::string> warnings;
  SamplingOptions options() const { return settle_sampling({}, choice).options; }
};

Read read(const std::string& config) {
  Read r;
  auto parsed = parse_json(config);
  EXPECT_TRUE(parsed.ok()) << config;
  r.choice = read_sampling_choice(*parsed, [&](const std::string& text) { r.warnings.push_back(text); });
  return r;
}

TEST(SamplingChoice, Each_key_of_a_generation_config_is_a_default) {
  const Read r = read(R"({"do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.9, "min_p": 0.1,
      "typical_p": 0.7, "repetition_penalty": 1.1, "presence_penalty": 1.5, "frequency_penalty": -0.5})");
  const SamplingOptions o = r.options();
  EXPECT_EQ(o.temperature, 0.6);
  EXPECT_EQ(o.top_k, 20);
  EXPECT_EQ(o.top_p, 0.9);
  EXPECT_EQ(o.min_p, 0.1);
  EXPECT_EQ(o.typical_p, 0.7);
  EXPECT_EQ(o.repetition_penalty, 1.1);
  EXPECT_EQ(o.presence_penalty, 1.5);
  EXPECT_EQ(o.frequency_penalty, -0.5);
  EXPECT_FALSE(o.greedy);
  EXPECT_TRUE(r.warnings.empty()) << r.warnings[0];
}

TEST(SamplingChoice, What_nobody_says_is_wefts_and_null_says_nothing) {
  const SamplingOptions o = read(R"({"temperature": null, "top_k": null, "eos_token_id": 2})").options();
  EXPECT_EQ(o.temperature, sampling_default("temperature"));
  EXPECT_EQ(o.temperature, 0.8);
  EXPECT_EQ(o.top_k, 40);
  EXPECT_EQ(o.top_p, 0.95);
  EXPECT_EQ(o.min_p, 0.05);
  EXPECT_EQ(o.repetition_penalty, 1);
  EXPECT_EQ(o.penalty_window, 64);
}

TEST(SamplingChoice, A_penalty_of_the_model_sees_all_tokens_unless_it_says_how_many) {
  EXPECT_EQ(read(R"({"repetition_penalty": 1.1})").options().penalty_window, -1);
  EXPECT_EQ(read(R"({"repetition_penalty": 1.1, "penalty_window": 32})").options().penalty_window, 32);
}

TEST(SamplingChoice, A_model_that_does_not_sample_is_greedy_until_a_temperature_is_given) {
  const Read r = read(R"({"do_sample": false, "temperature": 0.6, "top_k": 20})");
  EXPECT_TRUE(r.options().greedy);
  const Sampling given = settle_sampling({.temperature = 0.5}, r.choice);
  EXPECT_FALSE(given.options.greedy);
  EXPECT_EQ(given.options.temperature, 0.5);
  EXPECT_EQ(given.options.top_k, 20);
}

TEST(SamplingChoice, What_is_given_goes_before_what_the_model_says) {
  const Read r = read(R"({"temperature": 0.6, "top_k": 20})");
  const Sampling s = settle_sampling({.temperature = 1.5, .seed = 7}, r.choice);
  EXPECT_EQ(s.options.temperature, 1.5);
  EXPECT_EQ(s.options.top_k, 20);
  EXPECT_EQ(s.options.seed, 7u);
  EXPECT_EQ(s.text, "temperature 1.5 (given), top_k 20 (model), top_p 0.95 (weft), min_p 0.05 (weft), seed 7 (given)");
  const Json json = parse_json(s.json).value();
  EXPECT_EQ(json["temperature"], Json({{"value", 1.5}, {"from", "given"}}));
  EXPECT_EQ(json["top_k"], Json({{"value", 20}, {"from", "model"}}));
  EXPECT_EQ(json["greedy"]["value"], false);
}

TEST(SamplingChoice, A_greedy_line_tells_who_wants_it_and_the_penalties) {
  const Read r = read(R"({"do_sample": false, "repetition_penalty": 1.3})");
  EXPECT_EQ(settle_sampling({}, r.choice).text,
            "greedy (model), repetition_penalty 1.3 (model), penalty_window -1 (model)");
  EXPECT_EQ(settle_sampling({.greedy = true}, {}).text, "greedy (given)");
}

TEST(SamplingChoice, Values_that_cannot_be_used_are_warned_of_by_name_and_wefts_are_used) {
  for (const auto& [key, value] : {std::pair{"temperature", "-1"},
                                   {"top_k", "2.5"},
                                   {"top_p", "1.5"},
                                   {"min_p", "\"a\""},
                                   {"repetition_penalty", "0"},
                                   {"typical_p", "[1]"},
                                   {"top_k", "true"},
                                   {"top_k", "1e+300"}}) {
    const Read r = read(std::string("{\"") + key + "\": " + value + "}");
    ASSERT_EQ(r.warnings.size(), 1u) << key;
    EXPECT_NE(r.warnings[0].find(key), std::string::npos) << r.warnings[0];
    EXPECT_NE(r.warnings[0].find(value), std::string::npos) << r.warnings[0];
    const SamplingOptions o = r.options(), ours = settle_sampling({}, {}).options;
    EXPECT_EQ(std::tie(o.temperature, o.top_k, o.top_p, o.min_p, o.typical_p, o.repetition_penalty),
              std::tie(ours.temperature, ours.top_k, ours.top_p, ours.min_p, ours.typical_p, ours.repetition_penalty));
  }
  EXPECT_EQ(read(R"({"do_sample": 3})").warnings.size(), 1u);
}

TEST(SamplingChoice, Methods_that_are_not_there_are_warned_of_once_where_they_have_an_effect) {
  EXPECT_TRUE(read(R"({"num_beams": 1, "mirostat": 0, "no_repeat_ngram_size": 0, "penalty_alpha": null,
      "suppress_tokens": [], "xtc_probability": 0.0, "guidance_scale": 1, "transformers_version": "5"})")
                  .warnings.empty());
  const Read r = read(R"({"num_beams": 4, "mirostat": 2, "force_words_ids": [5], "sampler_order": "top_k"})");
  ASSERT_EQ(r.warnings.size(), 1u);
  for (const char* part : {"num_beams 4", "mirostat 2", "force_words_ids [5]", "sampler_order \"top_k\""}) {
    EXPECT_NE(r.warnings[0].find(part), std::string::npos) << r.warnings[0];
  }
}

TEST(SamplingChoice, Seeds_that_nobody_gives_differ) {
  std::set<uint64_t> seeds;
  for (int i = 0; i < 8; ++i) seeds.insert(settle_sampling({}, {}).options.seed);
  EXPECT_GT(seeds.size(), 1u);
  EXPECT_EQ(settle_sampling({.seed = 0}, {}).options.seed, 0u);
}

}  // namespace
}  // namespace weft
