#include "core/runtime/sampling/token_rules.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace weft {
namespace {

TokenRules read(const std::string& config, std::string* warnings = nullptr) {
  auto parsed = parse_json(config);
  EXPECT_TRUE(parsed.ok()) << config;
  return read_token_rules(*parsed, [&](const std::string& text) {
    if (warnings != nullptr) *warnings += text + "\n";
  });
}

/// The tokens below 6 that are left.
std::vector<int32_t> left(const std::string& config, const GenerationPlace& place) {
  std::vector<float> logits(6, 1.0f);
  apply_token_rules(read(config), place, logits);
  std::vector<int32_t> ids;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (std::isfinite(logits[i])) ids.push_back(static_cast<int32_t>(i));
  }
  return ids;
}

using Ids = std::vector<int32_t>;

TEST(TokenRules, None_are_read_from_a_config_that_asks_for_nothing) {
  std::string warnings;
  EXPECT_TRUE(read(R"({"forced_bos_token_id": null, "min_length": 0, "suppress_tokens": [], "forced_eos_token_id": -1,
      "no_repeat_ngram_size": 0, "temperature": 1.0})", &warnings).empty());
  EXPECT_TRUE(read("{}").empty());
  EXPECT_EQ(warnings, "");
}

TEST(TokenRules, A_value_that_cannot_be_used_is_left_out_with_a_warning) {
  std::string warnings;
  const TokenRules rules = read(R"({"forced_bos_token_id": "de", "suppress_tokens": [1, -2], "bad_words_ids": [[]],
      "begin_suppress_tokens": [5000000000], "min_length": 1.5, "no_repeat_ngram_size": -3})", &warnings);
  EXPECT_TRUE(rules.empty());
  for (const char* key : {"forced_bos_token_id is not token ids", "suppress_tokens", "bad_words_ids is not lists",
           "begin_suppress_tokens", "min_length is not a number", "no_repeat_ngram_size"})
    EXPECT_NE(warnings.find(key), std::string::npos) << warnings;
}

TEST(TokenRules, The_forced_token_stands_behind_the_first_one_alone) {
  const std::string config = R"({"forced_bos_token_id": 4})";
  EXPECT_EQ(left(config, {.history = Ids{2}, .made = 0}), (Ids{4}));
  EXPECT_EQ(left(config, {.history = Ids{2, 4}, .made = 1}), (Ids{0, 1, 2, 3, 4, 5}));
}

TEST(TokenRules, The_last_token_that_is_asked_for_ends_the_sequence) {
  const std::string config = R"({"forced_eos_token_id": [2, 3], "suppress_tokens": [2]})";
  EXPECT_EQ(left(config, {.history = Ids{2, 4}, .made = 1, .last = true}), (Ids{2, 3}));
  EXPECT_EQ(left(config, {.history = Ids{2, 4}, .made = 1}), (Ids{0, 1, 3, 4, 5}));
}

TEST(TokenRules, Tokens_are_forbidden_always_or_at_the_beginning) {
  const std::string config = R"({"suppress_tokens": [0, 77], "begin_suppress_tokens": [1]})";
  EXPECT_EQ(left(config, {.history = Ids{2}, .made = 0}), (Ids{2, 3, 4, 5}));
  EXPECT_EQ(left(config, {.history = Ids{2, 4}, .made = 1}), (Ids{1, 2, 3, 4, 5}));
  const std::string forced = R"({"forced_bos_token_id": 4, "begin_suppress_tokens": [1]})";
  EXPECT_EQ(left(forced, {.history = Ids{2}, .made = 0}), (Ids{4}));
  EXPECT_EQ(left(forced, {.history = Ids{2, 4}, .made = 1}), (Ids{0, 2, 3, 4, 5}));
}

TEST(TokenRules, A_bad_word_is_forbidden_where_all_but_its_last_token_stand) {
  const std::string config = R"({"bad_words_ids": [[3, 5], [1], [2]]})";
  const Ids end{2};
  EXPECT_EQ(left(config, {.history = Ids{0, 3}, .stop_ids = end, .made = 1}), (Ids{0, 2, 3, 4}));
  EXPECT_EQ(left(config, {.history = Ids{3, 0}, .stop_ids = end, .made = 1}), (Ids{0, 2, 3, 4, 5}));
}

TEST(TokenRules, A_sequence_does_not_end_before_its_least_length) {
  const Ids end{2};
  EXPECT_EQ(left(R"({"min_length": 3})", {.history = Ids{0, 4}, .stop_ids = end, .made = 1}), (Ids{0, 1, 3, 4, 5}));
  EXPECT_EQ(left(R"({"min_length": 2})", {.history = Ids{0, 4}, .stop_ids = end, .made = 1}).size(), 6u);
  EXPECT_EQ(left(R"({"min_new_tokens": 2})", {.history = Ids{0, 4}, .stop_ids = end, .made = 1}).size(), 5u);
  EXPECT_EQ(left(R"({"min_new_tokens": 1})", {.history = Ids{0, 4}, .stop_ids = end, .made = 1}).size(), 6u);
}

TEST(TokenRules, N_grams_of_the_sequence_and_of_the_source_stand_once) {
  const Ids history{0, 3, 1, 0, 4, 0}, source{5, 0, 2, 0, 5};
  EXPECT_EQ(left(R"({"no_repeat_ngram_size": 2})", {.history = history, .made = 5}), (Ids{0, 1, 2, 5}));
  EXPECT_EQ(left(R"({"no_repeat_ngram_size": 1})", {.history = history, .made = 5}), (Ids{2, 5}));
  EXPECT_EQ(left(R"({"encoder_no_repeat_ngram_size": 2})", {.history = history, .source = source, .made = 5}),
            (Ids{0, 1, 3, 4}));
  EXPECT_EQ(left(R"({"no_repeat_ngram_size": 9})", {.history = history, .made = 5}).size(), 6u);
}

}  // namespace
}  // namespace weft
