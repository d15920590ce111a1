// Tokenizers compared with goldens of tests/golden/text (see its README.md) and of the GGUF checkpoints.
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "core/base/json.hpp"
#include "core/text/detokenizer.hpp"
#include "core/text/test_files.hpp"
#include "core/text/tokenizer.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

using namespace text_test;

using Ids = std::vector<std::int32_t>;

bool whole_characters(std::string_view text) { return valid_utf8(text) == text; }

/// All pieces of a stream put together; checks that no piece has a part of a character.
std::string streamed(const Tokenizer& tokenizer, const Ids& ids, bool skip_special) {
  Detokenizer stream(tokenizer, skip_special);
  std::string text;
  for (const std::int32_t id : ids) {
    const std::string piece = *stream.push(id);
    EXPECT_TRUE(whole_characters(piece));
    text += piece;
  }
  const std::string rest = *stream.flush();
  EXPECT_TRUE(whole_characters(rest));
  EXPECT_EQ(*stream.flush(), "");
  return text + rest;
}

class TokenizerGolden : public testing::TestWithParam<const char*> {};

TEST_P(TokenizerGolden, Ids_and_texts_equal_those_of_tokenizers) {
  const std::string name = std::string("text/") + GetParam();
  const auto t = Tokenizer::from_json(file(golden(name + ".tokenizer.json")));
  ASSERT_TRUE(t.ok()) << t.status().message();
  const Json rows = json(golden(name + ".cases.json"));
  ASSERT_GT(rows.size(), 100u);
  const auto prefix = rows[0][0].get<Ids>(), suffix = rows[0][1].get<Ids>();
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const Json& row = rows[i];
    SCOPED_TRACE(row[0].dump());
    const auto text = row[0].is_null() ? "" : row[0].get<std::string>();
    const auto expected = row[1].get<Ids>();
    Ids around = prefix;
    around.insert(around.end(), expected.begin(), expected.end());
    around.insert(around.end(), suffix.begin(), suffix.end());
    const auto ids = t->encode(text);
    const auto plain = t->encode(text, {.add_special = false});
    ASSERT_TRUE(ids.ok() && plain.ok());
    if (!row[0].is_null()) {
      EXPECT_EQ(*ids, around);
      EXPECT_EQ(*plain, expected);
    }
    const auto decoded = row[2].is_null() ? text : row[2].get<std::string>();
    const auto skipped = row[3].is_null() ? decoded : row[3].get<std::string>();
    EXPECT_EQ(*t->decode(expected), decoded);
    EXPECT_EQ(*t->decode(expected, true), skipped);
    EXPECT_EQ(streamed(*t, expected, false), decoded);
    EXPECT_EQ(streamed(*t, expected, true), skipped);
    EXPECT_EQ(streamed(*t, around, true), *t->decode(around, true));
  }
}

INSTANTIATE_TEST_SUITE_P(Text, TokenizerGolden,
                         testing::Values("llama3", "qwen2", "llama2", "metaspace"),
                         [](const auto& info) { return std::string(info.param); });

TEST(TextGolden, A_scored_vocabulary_equals_sentencepiece) {
  const Json rows = json(golden("text/spm.json"));
  ASSERT_GT(rows.size(), 60u);
  Vocabulary v;
  v.model = "spm";
  v.tokens = Texts(rows[0]["tokens"].get<std::vector<std::string>>());
  v.scores = rows[0]["scores"].get<std::vector<float>>();
  for (const Json& type : rows[0]["types"]) v.types.push_back(static_cast<TokenType>(type.get<int>()));
  v.unk = rows[0]["unk"].get<int>();
  v.bos = rows[0]["bos"].get<int>();
  v.eos = rows[0]["eos"].get<int>();
  v.add_bos = false;
  const auto t = Tokenizer::from_vocabulary(v);
  ASSERT_TRUE(t.ok()) << t.status().message();
  for (std::size_t i = 1; i < rows.size(); ++i) {
    SCOPED_TRACE(rows[i][0].dump());
    const auto expected = rows[i][1].get<Ids>();
    if (!rows[i][0].is_null()) {
      const auto ids = t->encode(rows[i][0].get<std::string>());
      ASSERT_TRUE(ids.ok());
      EXPECT_EQ(*ids, expected);
    }
    const Json& decoded = rows[i][2].is_null() ? rows[i][0] : rows[i][2];
    EXPECT_EQ(*t->decode(expected, true), decoded.get<std::string>());
    EXPECT_EQ(streamed(*t, expected, true), decoded.get<std::string>());
  }
}

/// Reads the metadata of a little-endian GGUF file, just enough for the strings of the vocabulary.
class GgufStrings {
 public:
  explicit GgufStrings(std::string bytes) : bytes_(std::move(bytes)), at_(8) {
    number(8);  // tensors
    for (std::uint64_t n = number(8); n > 0 && ok_; --n) {
      const std::string key = text();
      value(key, number(4));
    }
  }
  bool ok() const { return ok_; }
  std::map<std::string, std::vector<std::string>> texts;
  std::map<std::string, std::vector<std::uint64_t>> numbers;

 private:
  std::uint64_t number(std::size_t size) {
    std::uint64_t v = 0;
    ok_ = ok_ && at_ + size <= bytes_.size();
    if (ok_) std::memcpy(&v, bytes_.data() + at_, size);
    at_ += size;
    return v;
  }
  std::string text() {
    const std::uint64_t size = number(8);
    ok_ = ok_ && size <= bytes_.size() - at_;
    at_ += ok_ ? size : 0;
    return ok_ ? bytes_.substr(at_ - size, size) : "";
  }
  void value(const std::string& key, std::uint64_t type) {
    static constexpr std::size_t kSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    ok_ = ok_ && type < std::size(kSizes);
    if (!ok_) return;
    if (type == 8) {
      texts[key].push_back(text());
    } else if (type == 9) {
      const std::uint64_t of = number(4);
      for (std::uint64_t n = number(8); n > 0 && ok_; --n) value(key, of);
    } else {
      numbers[key].push_back(number(kSizes[type]));
    }
  }

  std::string bytes_;
  std::size_t at_;
  bool ok_ = true;
};

class GgufGolden : public testing::TestWithParam<const char*> {};

TEST_P(GgufGolden, The_vocabulary_of_a_GGUF_equals_tokenizers) {
  const std::string folder = std::string("llama/") + GetParam();
  GgufStrings stored(file(golden(folder + "/model.gguf")));
  ASSERT_TRUE(stored.ok());
  Vocabulary v;
  ASSERT_EQ(stored.texts["tokenizer.ggml.model"].at(0), "gpt2");
  v.model = "bpe";
  v.pre = stored.texts["tokenizer.ggml.pre"].at(0);
  v.tokens = Texts(stored.texts["tokenizer.ggml.tokens"]);
  v.merges = Texts(stored.texts["tokenizer.ggml.merges"]);
  for (const auto type : stored.numbers["tokenizer.ggml.token_type"]) {
    v.types.push_back(static_cast<TokenType>(type));
  }
  const auto t = Tokenizer::from_vocabulary(v);
  ASSERT_TRUE(t.ok()) << t.status().message();
  const Json rows = json(golden(folder + "/tokenizer_cases.json"));
  ASSERT_GE(rows.size(), 9u);
  for (const Json& row : rows) {
    SCOPED_TRACE(row["text"].dump());
    const auto text = row["text"].get<std::string>();
    const auto ids = t->encode(text);
    ASSERT_TRUE(ids.ok());
    EXPECT_EQ(*ids, row["ids"].get<Ids>());
    EXPECT_EQ(*t->decode(*ids), text);
  }
}

INSTANTIATE_TEST_SUITE_P(Text, GgufGolden, testing::Values("gguf_f32", "gguf_q8_0"),
                         [](const auto& info) { return std::string(info.param); });

// --- streams ---------------------------------------------------------------------------------

TEST(Detokenizer, Holds_a_character_back_until_its_last_byte_is_there) {
  const auto t = Tokenizer::from_json(file(golden("text/llama3.tokenizer.json")));
  ASSERT_TRUE(t.ok());
  Detokenizer stream(*t);
  const auto push_byte = [&](std::uint8_t byte) {
    return *stream.push(*t->token_to_id(byte_level_text(std::string(1, static_cast<char>(byte)))));
  };
  EXPECT_EQ(push_byte(0xF0), "");
  EXPECT_EQ(push_byte(0x9F), "");
  EXPECT_EQ(push_byte(0x99), "");
  EXPECT_EQ(push_byte(0x82), "\xF0\x9F\x99\x82");
  EXPECT_EQ(push_byte(0xC3), "");
  EXPECT_EQ(push_byte('a'), "\xEF\xBF\xBD" "a");  // the rest of the character never came
  EXPECT_EQ(push_byte(0xE4), "");
  EXPECT_EQ(push_byte(0xBD), "");
  EXPECT_EQ(*stream.flush(), "\xEF\xBF\xBD");
  EXPECT_EQ(push_byte(0xA0), "\xEF\xBF\xBD");  // in a new text nothing is left of the old one
  EXPECT_EQ(*stream.flush(), "");
}

TEST(Detokenizer, Holds_byte_tokens_back_until_the_run_ends) {
  const auto t = Tokenizer::from_json(file(golden("text/llama2.tokenizer.json")));
  ASSERT_TRUE(t.ok());
  Detokenizer stream(*t);
  const auto push = [&](const char* token) { return *stream.push(*t->token_to_id(token)); };
  EXPECT_EQ(push("<0xE2>"), "");
  EXPECT_EQ(push("<0x98>"), "");
  EXPECT_EQ(push("<0x83>"), "");  // more of the run may follow
  EXPECT_EQ(push("a"), "\xE2\x98\x83" "a");
  EXPECT_EQ(push("<0xE2>"), "");
  EXPECT_EQ(push("a"), "\xEF\xBF\xBD" "a");
  EXPECT_EQ(push("<0x41>"), "");
  EXPECT_EQ(*stream.flush(), "A");
}

TEST(Detokenizer, Drops_the_leading_space_of_sentencepiece_once_a_text) {
  const auto t = Tokenizer::from_json(file(golden("text/llama2.tokenizer.json")));
  ASSERT_TRUE(t.ok());
  const std::int32_t the = *t->token_to_id("\xE2\x96\x81the");
  Detokenizer stream(*t);
  for (int text = 0; text < 2; ++text) {
    EXPECT_EQ(*stream.push(*t->token_to_id("<s>")), "");  // it is skipped and does not count
    EXPECT_EQ(*stream.push(the), "the");
    EXPECT_EQ(*stream.push(the), " the");
    EXPECT_EQ(*stream.flush(), "");
  }
}

}  // namespace
}  // namespace weft
