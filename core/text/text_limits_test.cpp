// Tokenizers that mean harm: a few kilobytes that would take all memory, or hours. Each is refused by the meter.
#include <gtest/gtest.h>

#include <ctime>

#include "core/base/json.hpp"
#include "core/text/charsmap.hpp"
#include "core/text/detokenizer.hpp"
#include "core/text/test_files.hpp"
#include "core/text/text_meter.hpp"
#include "core/text/tokenizer.hpp"
#include "core/text/vocabulary.hpp"
#include "tests/sanitizers.hpp"

namespace weft {
namespace {

const Json kCharacters = {{"type", "WordLevel"}, {"vocab", {{"a", 0}, {"<unk>", 1}}}, {"unk_token", "<unk>"}};

/// A tokenizer of `model` with one more part.
Result<Tokenizer> tokenizer(const Json& model, const char* part = "normalizer", const Json& step = nullptr) {
  return Tokenizer::from_json(Json({{"model", model}, {part, step}}).dump());
}

/// Expects that encoding `text` ends with RESOURCE_EXHAUSTED within seconds.
void refused(const Result<Tokenizer>& t, const std::string& text, std::string_view because) {
  ASSERT_TRUE(t.ok()) << t.status().message();
  const std::clock_t start = std::clock();
  const auto ids = t->encode(text);
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 20 * test::kSlowdown);
  ASSERT_FALSE(ids.ok());
  EXPECT_EQ(ids.status().code(), Code::kResourceExhausted);
  EXPECT_NE(ids.status().message().find(because), std::string_view::npos) << ids.status().message();
}

Json sequence(const char* steps, const Json& step, int times) {
  Json all = Json::array();
  for (int i = 0; i < times; ++i) all.push_back(step);
  return {{"type", "Sequence"}, {steps, all}};
}

Json replace(const Json& pattern) {
  return {{"type", "Replace"}, {"pattern", pattern}, {"content", std::string(16, 'a')}};
}

TEST(HostileTokenizer, Replacements_that_multiply_a_text_are_refused) {
  refused(tokenizer(kCharacters, "normalizer", sequence("normalizers", replace({{"String", "a"}}), 40)), "a",
          "makes a text of more than");
  refused(tokenizer(kCharacters, "normalizer", sequence("normalizers", replace({{"Regex", "a"}}), 40)), "a",
          "makes a text of more than");
}

TEST(HostileTokenizer, A_prefix_of_megabytes_is_refused) {
  const Json prepend = {{"type", "Prepend"}, {"prepend", std::string(2 << 20, 'a')}};
  refused(tokenizer(kCharacters, "normalizer", prepend), "a", "makes a text of more than");
}

TEST(HostileTokenizer, Replacements_that_multiply_an_answer_are_refused) {
  for (const Json& pattern : {Json{{"String", "a"}}, Json{{"Regex", "a"}}}) {
    const auto t = tokenizer(kCharacters, "decoder", sequence("decoders", replace(pattern), 40));
    ASSERT_TRUE(t.ok()) << t.status().message();
    const std::int32_t ids[] = {0, 0};
    EXPECT_EQ(t->decode(ids).status().code(), Code::kResourceExhausted);
    EXPECT_EQ(Detokenizer(*t).push(0).status().code(), Code::kResourceExhausted);
  }
}

TEST(HostileTokenizer, A_pattern_that_goes_back_and_forth_has_one_budget_for_the_whole_text) {
  const Json split = {{"type", "Split"}, {"pattern", {{"Regex", "a*a*a*b|a|."}}}, {"behavior", "Isolated"}};
  refused(tokenizer(kCharacters, "pre_tokenizer", split), std::string(9030, 'a'), "takes more than");
}

TEST(HostileTokenizer, A_pattern_has_no_callouts) {
  const Json split = {{"type", "Split"}, {"pattern", {{"Regex", "(*COUNT[A]{X})a"}}}, {"behavior", "Isolated"}};
  EXPECT_FALSE(tokenizer(kCharacters, "pre_tokenizer", split).ok());
}

TEST(HostileTokenizer, Pieces_of_sixty_thousand_bytes_do_not_make_unigram_quadratic) {
  Json vocab = Json::array({Json::array({"<unk>", 0.0}), Json::array({"a", -1.0})});
  vocab.push_back(Json::array({std::string(60000, 'a'), -2.0}));
  refused(tokenizer({{"type", "Unigram"}, {"unk_id", 0}, {"vocab", vocab}}), std::string(300000, 'a'),
          "takes more than");
}

TEST(HostileTokenizer, Words_of_any_length_do_not_make_word_piece_quadratic) {
  const Json vocab = {{"[UNK]", 0}, {std::string(60000, 'b'), 1}, {"a", 2}, {"##a", 3}};
  refused(tokenizer({{"type", "WordPiece"}, {"max_input_chars_per_word", 1000000000}, {"vocab", vocab}}),
          std::string(100000, 'a'), "takes more than");
}

TEST(HostileTokenizer, Long_added_tokens_that_nearly_match_everywhere_are_refused) {
  Json file = {{"model", kCharacters}};
  file["added_tokens"] = {{{"id", 2}, {"content", std::string(60000, 'a') + "b"}, {"special", true}}};
  refused(Tokenizer::from_json(file.dump()), std::string(300000, 'a'), "takes more than");
}

TEST(HostileTokenizer, Tokens_that_take_white_space_do_not_walk_over_it_again_and_again) {
  Json file = {{"model", kCharacters}};
  file["added_tokens"] = {{{"id", 2}, {"content", " "}, {"lstrip", true}, {"special", true}}};
  const auto t = Tokenizer::from_json(file.dump());
  ASSERT_TRUE(t.ok());
  const std::clock_t start = std::clock();
  EXPECT_EQ(t->encode(std::string(300000, ' '))->size(), 300000u);
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 5 * test::kSlowdown);
  file["added_tokens"][0]["lstrip"] = false, file["added_tokens"][0]["rstrip"] = true;
  refused(Tokenizer::from_json(file.dump()), std::string(300000, ' '), "takes more than");
}

TEST(HostileTokenizer, Pieces_that_merge_by_score_cost_as_much_as_they_are_long) {
  const auto steps = [](std::size_t longest) {
    Vocabulary v;
    v.model = "spm";
    v.tokens.push_back("<unk>"), v.scores = {0}, v.types = {TokenType::kUnknown};
    for (std::size_t n = 1; n <= longest; ++n) {
      v.tokens.push_back(std::string(n, 'a'));
      v.scores.push_back(static_cast<float>(n)), v.types.push_back(TokenType::kNormal);
    }
    v.unk = 0, v.add_bos = false, v.add_space_prefix = false;
    const auto t = Tokenizer::from_vocabulary(v);
    EXPECT_TRUE(t.ok()) << t.status().message();
    const std::uint64_t many = std::uint64_t{1} << 40;
    Meter meter("the test", many, many);
    EXPECT_TRUE(t->encode(std::string(20000, 'a'), {.meter = &meter}).ok());
    Meter few("the test", 5000, many);
    EXPECT_EQ(t->encode(std::string(20001, 'a'), {.meter = &few}).status().code(), Code::kResourceExhausted);
    return many - meter.steps_left();
  };
  EXPECT_GT(steps(2000), 10 * steps(2));
}

TEST(HostileTokenizer, A_call_that_is_no_longer_wanted_ends) {
  const auto t = tokenizer(kCharacters);
  ASSERT_TRUE(t.ok());
  const CallLimits limits{.cancel = std::make_shared<std::atomic<bool>>(true)};
  EXPECT_EQ(t->encode("aaa", {.limits = &limits}).status().code(), Code::kCancelled);
}

TEST(Tokenizers, That_are_published_use_a_small_part_of_the_steps_that_a_byte_allows) {
  std::string text = text_test::file("README.md") + text_test::file("core/text/unicode_tables.inc");
  for (int i = 0; i < 20000; ++i) text += i % 100 == 0 ? "\xE4\xB8\x80 " : "a";  // words of a hundred letters
  for (const char* name : {"llama2", "llama3", "metaspace", "qwen2"}) {
    const auto t = Tokenizer::from_json(text_test::file(text_test::golden(std::string("text/") + name) +
                                                        ".tokenizer.json"));
    ASSERT_TRUE(t.ok()) << name;
    const std::uint64_t many = std::uint64_t{1} << 40;
    Meter meter("the test", many, many);
    ASSERT_TRUE(t->encode(text, {.meter = &meter}).ok()) << name;
    EXPECT_LT(many - meter.steps_left(), text.size() * kStepsPerByte / 20) << name;
    RecordProperty(name, static_cast<int>((many - meter.steps_left()) * 100 / text.size()));
  }
}

}  // namespace
}  // namespace weft
