// Every part of a tokenizer.json, and every other source, against what the reference gives: see
// testdata/generate_parts.py.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/base/json.hpp"
#include "core/base/thread_pool.hpp"
#include "core/text/detokenizer.hpp"
#include "core/text/tokenizer.hpp"
#include "core/text/tokenizer_files.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

using Ids = std::vector<std::int32_t>;

std::string file(const std::string& name) {
  std::ifstream in(std::string(WEFT_SOURCE_DIR) + "/core/text/testdata/" + name, std::ios::binary);
  EXPECT_TRUE(in.good()) << name;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

Json json(const std::string& name) {
  auto parsed = parse_json(file(name));
  EXPECT_TRUE(parsed.ok()) << name;
  return parsed.ok() ? *parsed : Json::object();
}

/// Ids, and offsets as begin, end, begin, end…
void expect_row(const Tokenizer& t, const std::string& text, const Json& ids, const Json& offsets,
                const EncodeOptions& options = {}) {
  SCOPED_TRACE(text);
  const auto encoding = t.encode_with_offsets(text, options);
  const auto plain = t.encode(text, options);
  ASSERT_TRUE(encoding.ok() && plain.ok()) << encoding.status().message();
  EXPECT_EQ(encoding->ids, ids.get<Ids>());
  EXPECT_EQ(*plain, encoding->ids);
  std::vector<std::uint32_t> flat;
  for (const Origin& o : encoding->offsets) flat.insert(flat.end(), {o.begin, o.end});
  EXPECT_EQ(flat, offsets.get<std::vector<std::uint32_t>>());
}

TEST(TokenizerParts, Ids_offsets_and_texts_equal_those_of_tokenizers) {
  const Json parts = json("parts.json");
  ASSERT_GT(parts["cases"].size(), 60u);
  for (const Json& part : parts["cases"]) {
    SCOPED_TRACE(part["name"].get<std::string>());
    const auto t = Tokenizer::from_json(part["tokenizer"].dump());
    ASSERT_TRUE(t.ok()) << t.status().message();
    for (std::size_t i = 0; i < parts["texts"].size(); ++i) {
      const Json& row = part["rows"][i];
      expect_row(*t, parts["texts"][i].get<std::string>(), row[0], row[1]);
      Detokenizer stream(*t);
      std::string streamed;
      for (const std::int32_t id : row[0].get<Ids>()) streamed += stream.push(id);
      streamed += stream.flush();
      EXPECT_EQ(t->decode(row[0].get<Ids>(), true), row[2].get<std::string>());
      EXPECT_EQ(streamed, row[2].get<std::string>());
    }
  }
}

class SentencePiece : public testing::TestWithParam<const char*> {};

TEST_P(SentencePiece, Ids_and_offsets_equal_those_of_sentencepiece) {
  const Json sources = json("sources.json");
  TokenizerFiles files;
  files.model = file(std::string(GetParam()) + ".model");
  const auto t = Tokenizer::from_files(files);
  ASSERT_TRUE(t.ok()) << t.status().message();
  for (std::size_t i = 0; i < sources["texts"].size(); ++i) {
    const Json& row = sources[GetParam()][i];
    expect_row(*t, sources["texts"][i].get<std::string>(), row[0], row[1], {.parse_special = false});
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, SentencePiece, testing::Values("unigram", "bpe"),
                         [](const auto& info) { return std::string(info.param); });

void expect_ids(const Tokenizer& t, const char* source) {
  const Json sources = json("sources.json");
  for (std::size_t i = 0; i < sources["texts"].size(); ++i) {
    const auto text = sources["texts"][i].get<std::string>();
    SCOPED_TRACE(text);
    const auto ids = t.encode(text);
    ASSERT_TRUE(ids.ok());
    EXPECT_EQ(*ids, sources[source][i].get<Ids>());
  }
}

TEST(TokenizerFiles, Ranks_of_tiktoken_give_its_ids) {
  TokenizerFiles files;
  files.model = file("ranks.tiktoken");
  const auto t = Tokenizer::from_files(files);
  ASSERT_TRUE(t.ok()) << t.status().message();
  expect_ids(*t, "tiktoken");
}

TEST(TokenizerFiles, A_tekken_has_its_special_tokens_before_the_ranks) {
  std::string vocab;
  std::istringstream lines(file("ranks.tiktoken"));
  for (std::string base64, rank; lines >> base64 >> rank;) {
    vocab += (vocab.empty() ? "" : ",") + (R"({"rank":)" + rank + R"(,"token_bytes":")" + base64 + "\"}");
  }
  TokenizerFiles files;
  files.tekken = R"({"config":{"pattern":"\\p{N}{1,3}|[^\\p{N}]+","default_vocab_size":266,"default_num_special_tokens":10},)"
                 R"("special_tokens":[{"rank":0,"token_str":"<unk>"},{"rank":1,"token_str":"<s>"},{"rank":2,"token_str":"</s>"}],)"
                 R"("vocab":[)" + vocab + "]}";
  const auto t = Tokenizer::from_files(files);
  ASSERT_TRUE(t.ok()) << t.status().message();
  EXPECT_EQ(t->vocab_size(), 266);  // no rank beyond the bytes has room
  EXPECT_EQ(*t->encode("A</s>"), (Ids{1, 10 + 'A', 2}));
  EXPECT_EQ(*t->token_to_id("<SPECIAL_9>"), 9);
  EXPECT_EQ(t->decode(*t->encode("A\xC3\xA9"), true), "A\xC3\xA9");
}

TEST(TokenizerFiles, A_vocab_txt_is_a_BERT) {
  TokenizerFiles files;
  files.vocab_txt = file("vocab.txt");
  const auto t = Tokenizer::from_files(files);
  ASSERT_TRUE(t.ok()) << t.status().message();
  expect_ids(*t, "vocab_txt");
  files.tokenizer_config = R"({"do_lower_case":false,"tokenizer_class":"BertTokenizer"})";
  const auto cased = Tokenizer::from_files(files);
  ASSERT_TRUE(cased.ok());
  EXPECT_NE(*cased->encode("THE"), *t->encode("THE"));
}

TEST(TokenizerFiles, A_vocab_json_with_merges_is_byte_level_BPE_with_the_tokens_of_the_config) {
  TokenizerFiles files;
  files.vocab_json = R"({"a":0,"b":1,"ab":2,"Ġ":3,"Ġab":4})";
  files.merges_txt = "#version: 0.2\na b\nĠ ab\n";
  files.tokenizer_config = R"({"tokenizer_class":"GPT2Tokenizer","eos_token":"<end>","added_tokens_decoder":)"
                           R"({"7":{"content":"<x>","special":false,"lstrip":true}}})";
  files.special_tokens_map = R"({"pad_token":{"content":"<pad>"}})";
  files.added_tokens = R"({"<y>":9})";
  const auto t = Tokenizer::from_files(files);
  ASSERT_TRUE(t.ok()) << t.status().message();
  EXPECT_EQ(*t->encode("ab ab <x>b<y>"), (Ids{2, 4, 7, 1, 9}));
  EXPECT_EQ(t->eos_id(), *t->token_to_id("<end>"));
  EXPECT_TRUE(t->is_special(t->pad_id()));
  EXPECT_FALSE(t->is_special(7));
  files.tokenizer_config = R"({"tokenizer_class":"FrobnicateTokenizer"})";
  const auto unknown = Tokenizer::from_files(files);
  EXPECT_NE(std::string(unknown.status().message()).find("Frobnicate"), std::string::npos);
}

TEST(TokenizerFiles, Refuses_hostile_files) {
  const auto refused = [](const std::string& model) {
    TokenizerFiles files;
    files.model = model;
    return !Tokenizer::from_files(files).ok();
  };
  const std::string model = file("bpe.model");
  for (std::size_t n = 1; n < 300; ++n) EXPECT_TRUE(refused(model.substr(0, n))) << n;
  EXPECT_TRUE(refused(std::string("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11)));  // a length of 2^64 - 1
  EXPECT_TRUE(refused(std::string(20, '\x80')));                                          // a number without an end
  EXPECT_TRUE(refused(std::string("\x0A\x03\x0A\x01" "a\x0A\x03\x0A\x01" "a", 10)));          // a piece twice
  EXPECT_TRUE(refused("YQ== 0\nYQ== 1\n"));
  EXPECT_TRUE(refused("YQ== 99999999999999999999\n"));
}

TEST(TokenizerFiles, A_broken_charsmap_leads_nowhere) {
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    std::string blob(4, '\0');
    blob[0] = 64;
    std::uint32_t x = seed * 2654435761u + 1;
    for (int i = 0; i < 80; ++i) blob += static_cast<char>((x = x * 1664525u + 1013904223u) >> 24);
    for (std::size_t i = 68; i < blob.size(); ++i) blob[i] &= 0x7F;
    const auto map = Charsmap::parse(blob);
    ASSERT_TRUE(map.ok());
    for (const char* text : {"a", "abc", "\xE4\xBD\xA0"}) {
      EXPECT_LE(map->find(text, true).length, 3u);
    }
  }
  EXPECT_FALSE(Charsmap::parse("").ok());
  EXPECT_FALSE(Charsmap::parse(std::string("\xFF\xFF\xFF\xFF", 4)).ok());
}

TEST(Tokenizer, Texts_of_one_letter_take_no_more_than_in_proportion) {
  const Json parts = json("parts.json");
  for (const Json& part : parts["cases"]) {
    const auto name = part["name"].get<std::string>();
    if (!name.starts_with("model ") && name != "pre_tokenizer Llama3") continue;
    SCOPED_TRACE(name);
    const auto t = Tokenizer::from_json(part["tokenizer"].dump());
    ASSERT_TRUE(t.ok());
    for (const char letter : {'a', ' '}) EXPECT_TRUE(t->encode(std::string(200000, letter)).ok());
  }
}

TEST(Tokenizer, A_batch_gives_what_the_texts_give_one_by_one) {
  const auto t = Tokenizer::from_json(file("llama3.json"));
  ASSERT_TRUE(t.ok());
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) texts.push_back("text " + std::to_string(i) + " of many\n");
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  ThreadPool pool(4);
  const auto batch = t->encode_batch(views, {}, true, pool);
  ASSERT_TRUE(batch.ok());
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto one = t->encode_with_offsets(views[i]);
    EXPECT_EQ((*batch)[i].ids, one->ids);
    EXPECT_EQ((*batch)[i].offsets, one->offsets);
  }
}

TEST(Tokenizer, Offsets_of_ill_formed_text_lie_in_the_text_as_it_was_given) {
  const auto t = Tokenizer::from_json(file("gpt2.json"));
  ASSERT_TRUE(t.ok());
  const auto e = t->encode_with_offsets("a\xFF" "b");
  ASSERT_TRUE(e.ok());
  EXPECT_EQ(e->offsets.front(), (Origin{0, 1}));
  EXPECT_EQ(e->offsets[1].begin, 1u);
  EXPECT_EQ(e->offsets.back(), (Origin{2, 3}));
}

Vocabulary vocabulary(const char* model, std::vector<std::string> tokens) {
  Vocabulary v;
  v.model = model;
  v.scores.assign(tokens.size(), 0);
  v.types.assign(tokens.size(), TokenType::kNormal);
  v.tokens = std::move(tokens);
  return v;
}

TEST(Vocabulary, WordPiece_marks_what_begins_a_word) {
  Vocabulary v = vocabulary("wpm", {"[UNK]", "[CLS]", "[SEP]", "\xE2\x96\x81un", "known", "\xE2\x96\x81."});
  for (int i = 0; i < 3; ++i) v.types[static_cast<std::size_t>(i)] = TokenType::kControl;
  v.unk = 0, v.bos = 1, v.sep = 2;
  const auto t = Tokenizer::from_vocabulary(v);
  ASSERT_TRUE(t.ok()) << t.status().message();
  EXPECT_EQ(*t->encode("Unknown. xyz"), (Ids{1, 3, 4, 5, 0, 2}));
  EXPECT_EQ(t->decode(Ids{1, 3, 4, 5, 2}, true), "unknown.");
}

TEST(Vocabulary, Unigram_takes_the_best_sum_and_ends_with_eos) {
  Vocabulary v = vocabulary("ugm", {"<pad>", "</s>", "<unk>", "\xE2\x96\x81", "a", "b", "ab", "\xE2\x96\x81" "a"});
  v.types[0] = v.types[1] = TokenType::kControl;
  v.types[2] = TokenType::kUnknown;
  v.scores = {0, 0, 0, -2, -3, -3, -4, -4};
  v.eos = 1, v.unk = 2;
  const auto t = Tokenizer::from_vocabulary(v);
  ASSERT_TRUE(t.ok()) << t.status().message();
  EXPECT_EQ(*t->encode("  ab  xx a "), (Ids{3, 6, 3, 2, 7, 1}));
  EXPECT_EQ(t->decode(Ids{3, 6, 7, 1}, true), "ab a");
}

TEST(Vocabulary, RWKV_takes_the_longest_token_of_bytes) {
  Vocabulary v = vocabulary("rwkv", {"<s>", "a", "ab", "\\xc3", "\\xa9", "\\n", "b", "\\\\"});
  v.types[0] = TokenType::kControl;
  const auto t = Tokenizer::from_vocabulary(v);
  ASSERT_TRUE(t.ok()) << t.status().message();
  EXPECT_EQ(*t->encode("abab\n\xC3\xA9\\"), (Ids{2, 2, 5, 3, 4, 7}));
  EXPECT_EQ(t->decode(Ids{3, 4, 5, 2}), "\xC3\xA9\nab");
  EXPECT_FALSE(t->encode("z").ok());  // there is no token for it, nor an unknown one
}

TEST(Vocabulary, Every_named_pre_tokenizer_compiles_and_cuts_without_loss) {
  for (const char* name :
       {"", "default", "gpt-2", "llama-bpe", "qwen2", "qwen35", "gpt-4o", "tekken", "deepseek-v3", "deepseek-llm", "deepseek-coder",
        "falcon", "starcoder", "smollm", "command-r", "bloom", "viking", "chameleon", "superbpe", "kimi-k2", "bailingmoe",
        "seed-coder", "hunyuan", "exaone-moe", "minicpm5", "youtu", "tiny_aya", "jais-2", "afmoe", "spark2_5", "laguna"}) {
    SCOPED_TRACE(name);
    Vocabulary v;
    v.model = "bpe";
    v.pre = name;
    for (int b = 0; b < 256; ++b) v.tokens.push_back(byte_level_text(std::string(1, static_cast<char>(b))));
    const auto t = Tokenizer::from_vocabulary(v);
    ASSERT_TRUE(t.ok()) << t.status().message();
    const std::string text = "It's 12345 \n\n  \xE4\xBD\xA0\xE5\xA5\xBD caf\xC3\xA9, x=y;\t<z>\r\n ";
    const auto ids = t->encode(text);
    ASSERT_TRUE(ids.ok());
    EXPECT_EQ(t->decode(*ids), text);
  }
}

}  // namespace
}  // namespace weft
