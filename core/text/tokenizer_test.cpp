#include "core/text/tokenizer.hpp"

#include <gtest/gtest.h>

#include "core/base/json.hpp"
#include "core/text/detokenizer.hpp"
#include "core/text/test_files.hpp"

namespace weft {
namespace {

using namespace text_test;

using Ids = std::vector<std::int32_t>;

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, Ids_and_text_equal_those_of_the_reference) {
  const auto tokenizer = Tokenizer::from_json(file(testdata(std::string(GetParam()) + ".json")));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  const auto rows = parse_json(file(testdata(std::string(GetParam()) + ".golden.json")));
  ASSERT_TRUE(rows.ok()) << rows.status().message();
  ASSERT_GT(rows->size(), 30u);
  for (const Json& row : *rows) {
    const auto text = row["text"].get<std::string>();
    SCOPED_TRACE(text);
    const auto ids = tokenizer->encode(text);
    const auto plain = tokenizer->encode(text, {.add_special = false});
    ASSERT_TRUE(ids.ok() && plain.ok());
    EXPECT_EQ(*ids, row["ids"].get<Ids>());
    EXPECT_EQ(*plain, row["plain"].get<Ids>());
    const auto expected = row["ids"].get<Ids>();
    EXPECT_EQ(*tokenizer->decode(expected), row["decoded"].get<std::string>());
    EXPECT_EQ(*tokenizer->decode(expected, true), row["skipped"].get<std::string>());
    Detokenizer stream(*tokenizer, false);
    std::string pieces;
    for (const std::int32_t id : expected) {
      const std::string piece = *stream.push(id);
      if (!piece.empty()) {
        EXPECT_NE(static_cast<unsigned char>(piece[0]) & 0xC0, 0x80);
      }
      pieces += piece;
    }
    EXPECT_EQ(pieces + *stream.flush(), row["decoded"].get<std::string>());
  }
}

INSTANTIATE_TEST_SUITE_P(Tokenizer, Golden,
                         testing::Values("gpt2", "llama3", "qwen2", "llama2", "metaspace", "unk"),
                         [](const auto& info) { return std::string(info.param); });

std::string refusal(const std::string& json) {
  const auto t = Tokenizer::from_json(json);
  return t.ok() ? "accepted" : std::string(t.status().message());
}
std::string with(const std::string& part) {
  return R"({"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[]},)" + part + "}";
}
bool has(const std::string& text, const char* part) { return text.find(part) != text.npos; }

TEST(Tokenizer, Refuses_unknown_parts_by_name) {
  for (const char* key : {"normalizer", "pre_tokenizer", "post_processor", "decoder"}) {
    const std::string said = refusal(with('"' + std::string(key) + R"(":{"type":"Frobnicate"})"));
    EXPECT_TRUE(has(said, "Frobnicate") && has(said, key)) << said;
  }
  EXPECT_TRUE(has(refusal(R"({"model":{"type":"Frobnicate","vocab":[]}})"), "Frobnicate"));
}

TEST(Tokenizer, Refuses_dropout_dangling_merges_and_duplicate_ids) {
  const auto model = [](const char* rest) {
    return refusal(R"({"model":{"type":"BPE",)" + std::string(rest) + "}}");
  };
  EXPECT_TRUE(has(model(R"("vocab":{},"merges":[],"dropout":0.1)"), "dropout"));
  EXPECT_TRUE(has(model(R"("vocab":{"a":0,"b":1},"merges":["a b"])"), "'ab'"));
  EXPECT_TRUE(has(model(R"("vocab":{"a":0},"merges":["a c"])"), "'c'"));
  EXPECT_TRUE(has(model(R"("vocab":{"a":0,"b":0},"merges":[])"), "id 0"));
  EXPECT_TRUE(has(model(R"("vocab":{"a":-5},"merges":[])"), "-5"));
  EXPECT_TRUE(has(refusal("[]"), "object"));
}

TEST(Tokenizer, Leaves_special_tokens_unread_when_told_to) {
  const auto t = Tokenizer::from_json(file(testdata("gpt2.json")));
  ASSERT_TRUE(t.ok());
  const auto ids = t->encode("<s>", {.parse_special = false});
  ASSERT_TRUE(ids.ok());
  EXPECT_GT(ids->size(), 1u);
  EXPECT_EQ(*t->decode(*ids), "<s>");
  EXPECT_TRUE(t->is_special(*t->token_to_id("<s>")));
}

TEST(Tokenizer, Replaces_ill_formed_UTF8) {
  const auto t = Tokenizer::from_json(file(testdata("gpt2.json")));
  ASSERT_TRUE(t.ok());
  const auto ids = t->encode("a\xFF\xE4\xBD" "b");
  ASSERT_TRUE(ids.ok());
  EXPECT_EQ(*t->decode(*ids), "a\xEF\xBF\xBD\xEF\xBF\xBD" "b");
}

TEST(Tokenizer, Refuses_unknown_pre_tokenizer_of_a_vocabulary_by_name) {
  Vocabulary v;
  v.model = "bpe";
  v.pre = "frobnicate";
  v.tokens = {"a"};
  EXPECT_TRUE(has(std::string(Tokenizer::from_vocabulary(v).status().message()), "frobnicate"));
}

TEST(Tokenizer, Merges_scored_pieces_best_first_and_falls_back_to_bytes) {
  Vocabulary v;
  v.model = "spm";
  v.tokens = {"<unk>", "<s>", "\xE2\x96\x81", "a", "b", "ab", "\xE2\x96\x81" "a", "<0xC3>", "<0xA9>"};
  v.scores = {0, 0, -9, -9, -9, -1, -2, 0, 0};
  v.types = {TokenType::kUnknown, TokenType::kControl, TokenType::kNormal, TokenType::kNormal,
             TokenType::kNormal, TokenType::kNormal, TokenType::kNormal, TokenType::kByte,
             TokenType::kByte};
  v.unk = 0;
  v.bos = 1;
  v.add_bos = true;
  const auto t = Tokenizer::from_vocabulary(v);
  ASSERT_TRUE(t.ok()) << t.status().message();
  const auto ids = t->encode("ab a\xC3\xA9");
  ASSERT_TRUE(ids.ok());
  EXPECT_EQ(*ids, (Ids{1, 2, 5, 6, 7, 8}));
  EXPECT_EQ(*t->decode(*ids, true), "ab a\xC3\xA9");
}

}  // namespace
}  // namespace weft
