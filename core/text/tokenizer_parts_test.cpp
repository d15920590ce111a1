// Every part of a tokenizer.json and every other kind of file, compared with the reference: see
// testdata/generate_parts.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <sstream>

#include "core/base/json.hpp"
#include "core/base/thread_pool.hpp"
#include "core/text/detokenizer.hpp"
#include "core/text/published_ranks.hpp"
#include "core/text/test_files.hpp"
#include "core/text/tokenizer.hpp"
#include "core/text/tokenizer_files.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

using namespace text_test;

using Ids = std::vector<std::int32_t>;

/// Checks ids and offsets; these are given as begin, end, begin, end…
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
  const Json parts = json(testdata("parts.json"));
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
      for (const std::int32_t id : row[0].get<Ids>()) streamed += *stream.push(id);
      streamed += *stream.flush();
      EXPECT_EQ(*t->decode(row[0].get<Ids>(), true), row[2].get<std::string>());
      EXPECT_EQ(streamed, row[2].get<std::string>());
    }
  }
}

class SentencePiece : public testing::TestWithParam<const char*> {};

TEST_P(SentencePiece, Ids_and_offsets_equal_those_of_sentencepiece) {
  const Json sources = json(testdata("sources.json"));
  TokenizerFiles files;
  files.model = file(testdata(std::string(GetParam()) + ".model"));
  const auto t = Tokenizer::from_files(files);
  ASSERT_TRUE(t.ok()) << t.status().message();
  for (std::size_t i = 0; i < sources["texts"].size(); ++i) {
    const Json& row = sources[GetParam()][i];
    expect_row(*t, sources["texts"][i].get<std::string>(), row[0], row[1], {.parse_special = false});
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, SentencePiece, testing::Values("unigram", "bpe", "word", "char"),
                         [](const auto& info) { return std::string(info.param); });

void expect_ids(const Tokenizer& t, const char* source) {
  const Json sources = json(testdata("sources.json"));
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
  files.model = file(testdata("ranks.tiktoken"));
  const auto t = Tokenizer::from_files(files);
  ASSERT_TRUE(t.ok()) << t.status().message();
  expect_ids(*t, "tiktoken");
}

/// A tiktoken file with ranks for all bytes and for "12".
std::string few_ranks() {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (unsigned b = 0; b < 256; ++b) {
    out += std::string{kAlphabet[b >> 2], kAlphabet[b << 4 & 63]} + "== " + std::to_string(b) + "\n";
  }
  return out + "MTI= 256\n";
}

TEST(TokenizerFiles, Ranks_are_split_by_the_pattern_of_their_class_or_name) {
  TokenizerFiles files;
  files.model = few_ranks();
  const auto ids = [&](const char* text) {
    const auto t = Tokenizer::from_files(files);
    EXPECT_TRUE(t.ok()) << t.status().message();
    return t.ok() ? *t->encode(text) : Ids();
  };
  files.model_name = "tokenizer.model";
  EXPECT_EQ(ids("12"), Ids{256});  // Llama 3's pattern takes up to three digits
  files.model_name = "qwen.tiktoken";
  EXPECT_EQ(ids("12<|im_start|>"), (Ids{'1', '2', 258}));
  files.model_name = "tokenizer.model";
  files.tokenizer_config = R"({"tokenizer_class": "QWenTokenizer"})";
  EXPECT_EQ(ids("12<|im_start|>"), (Ids{'1', '2', 258}));
  files.tokenizer_config =
      R"({"tokenizer_class": "TikTokenTokenizer", "added_tokens_decoder": {"257": {"content": "[BOS]"}}})";
  EXPECT_EQ(ids("12[BOS]"), (Ids{256, 257}));
  files.tokenizer_config = R"({"tokenizer_class": "NewTokenizer"})";
  const auto refused = Tokenizer::from_files(files);
  EXPECT_EQ(refused.status().code(), Code::kUnimplemented);
  EXPECT_NE(refused.status().message().find("NewTokenizer"), std::string::npos);
}

TEST(TokenizerFiles, Sentencepiece_follows_what_the_class_adds) {
  TokenizerFiles files;
  files.model = file(testdata("unigram.model"));
  const auto plain = Tokenizer::from_files(files);
  ASSERT_TRUE(plain.ok());
  files.tokenizer_config =
      R"({"tokenizer_class": "T5Tokenizer", "additional_special_tokens": ["<extra_id_0>", "<extra_id_99>"]})";
  const auto t5 = Tokenizer::from_files(files);
  ASSERT_TRUE(t5.ok()) << t5.status().message();
  EXPECT_EQ(t5->token_to_id("<extra_id_0>"), plain->vocab_size() + 99);
  EXPECT_EQ(t5->token_to_id("<extra_id_99>"), plain->vocab_size());
  files.tokenizer_config = R"({"tokenizer_class": "XLMRobertaTokenizer"})";
  EXPECT_EQ(Tokenizer::from_files(files).status().code(), Code::kUnimplemented);
}

/// The files of a folder whose pieces a vocabulary of its own numbers.
TokenizerFiles numbered_files() {
  TokenizerFiles files;
  files.model = file(testdata("unigram.model"));
  files.model_name = "source.spm";
  files.vocab_json = json(testdata("numbered.json"))["vocab"].dump();
  files.tokenizer_config = R"({"source_lang": "en", "target_lang": "fr"})";
  return files;
}

TEST(TokenizerFiles, Pieces_are_numbered_by_the_vocabulary_beside_them) {
  const auto t = Tokenizer::from_files(numbered_files());
  ASSERT_TRUE(t.ok()) << t.status().message();
  const Json rows = json(testdata("numbered.json"))["rows"];
  for (const Json& row : rows) {
    SCOPED_TRACE(row[0].get<std::string>());
    const auto ids = t->encode(row[0].get<std::string>());
    ASSERT_TRUE(ids.ok()) << ids.status().message();
    EXPECT_EQ(*ids, row[1].get<Ids>());
    EXPECT_EQ(*t->decode(*ids, true), row[2].get<std::string>());
  }
}

TEST(TokenizerFiles, A_vocabulary_that_numbers_pieces_is_whole) {
  const auto refused = [](const char* part, auto&& change) {
    TokenizerFiles files = numbered_files();
    change(files);
    const auto t = Tokenizer::from_files(files);
    ASSERT_FALSE(t.ok()) << part;
    EXPECT_NE(t.status().message().find(part), std::string_view::npos) << t.status().message();
  };
  refused("vocab.json", [](TokenizerFiles& f) { f.vocab_json.clear(); });
  refused("'a' has the id 2, expected 1", [](TokenizerFiles& f) { f.vocab_json = R"({"<unk>": 0, "a": 2})"; });
  refused("'b' has the id 0, expected 1", [](TokenizerFiles& f) { f.vocab_json = R"({"<unk>": 0, "b": 0})"; });
  refused("'a' has no number", [](TokenizerFiles& f) { f.vocab_json = R"({"a": "0"})"; });
  refused("has no '<unk>'", [](TokenizerFiles& f) { f.vocab_json = R"({"a": 0})"; });
  refused("not Unigram's", [](TokenizerFiles& f) { f.model = file(testdata("bpe.model")); });
}

TEST(TokenizerFiles, Legacy_puts_the_space_of_sentencepiece_after_added_tokens_too) {
  TokenizerFiles files;
  files.model = file(testdata("bpe.model"));
  const auto after_token = [&](const char* config) {
    files.tokenizer_config = config;
    const auto t = Tokenizer::from_files(files);
    EXPECT_TRUE(t.ok()) << t.status().message();
    const auto ids = t->encode("a<s>b", {.add_special = false});
    EXPECT_TRUE(ids.ok());
    std::string all;
    for (const std::int32_t id : *ids) all += *t->id_to_token(id);
    return all;
  };
  EXPECT_EQ(after_token(R"({"tokenizer_class": "LlamaTokenizer"})"), "\u2581a<s>\u2581b");
  EXPECT_EQ(after_token(R"({"tokenizer_class": "LlamaTokenizer", "legacy": false})"), "\u2581a<s>b");
  EXPECT_EQ(after_token(R"({"tokenizer_class": "LlamaTokenizer", "add_prefix_space": false})"), "a<s>b");
}

TEST(TokenizerFiles, A_tekken_has_its_special_tokens_before_the_ranks) {
  std::string vocab;
  std::istringstream lines(file(testdata("ranks.tiktoken")));
  for (std::string base64, rank; lines >> base64 >> rank;) {
    vocab += (vocab.empty() ? "" : ",") + (R"({"rank":)" + rank + R"(,"token_bytes":")" + base64 + "\"}");
  }
  TokenizerFiles files;
  files.tekken =
      R"({"config":{"pattern":"\\p{N}{1,3}|[^\\p{N}]+","default_vocab_size":266,"default_num_special_tokens":10},)"
      R"("special_tokens":[{"rank":0,"token_str":"<unk>"},{"rank":1,"token_str":"<s>"},{"rank":2,"token_str":"</s>"}],)"
      R"("vocab":[)" +
      vocab + "]}";
  const auto t = Tokenizer::from_files(files);
  ASSERT_TRUE(t.ok()) << t.status().message();
  EXPECT_EQ(t->vocab_size(), 266);  // there is no room for ranks beyond the bytes
  EXPECT_EQ(*t->encode("A</s>"), (Ids{1, 10 + 'A', 2}));
  EXPECT_EQ(*t->token_to_id("<SPECIAL_9>"), 9);
  EXPECT_EQ(*t->decode(*t->encode("A\xC3\xA9"), true), "A\xC3\xA9");
}

TEST(TokenizerFiles, A_vocab_txt_is_a_BERT) {
  TokenizerFiles files;
  files.vocab_txt = file(testdata("vocab.txt"));
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
  const std::string model = file(testdata("bpe.model"));
  for (std::size_t n = 1; n < 300; ++n) EXPECT_TRUE(refused(model.substr(0, n))) << n;
  EXPECT_TRUE(refused(std::string("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11)));  // a length of 2^64 - 1
  EXPECT_TRUE(refused(std::string(20, '\x80')));                                          // a number without an end
  EXPECT_TRUE(refused(std::string("\x0A\x03\x0A\x01" "a\x0A\x03\x0A\x01" "a", 10)));      // the same piece twice
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

/// How many seconds of processor time one text takes.
double seconds_of(const Tokenizer& t, const std::string& text) {
  const std::clock_t start = std::clock();
  EXPECT_TRUE(t.encode(text).ok());
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// With a quadratic algorithm the ratio would be thousands.
TEST(Tokenizer, Texts_of_one_letter_or_without_spaces_take_time_in_proportion) {
  const Json parts = json(testdata("parts.json"));
  constexpr std::size_t kSize = 200000;
  std::string words, joined;
  while (words.size() < kSize) words += "the boats return, and 12 \xD0\xBC\xD0\xB8\xD1\x80 ";
  std::copy_if(words.begin(), words.end(), std::back_inserter(joined), [](char c) { return c != ' '; });
  for (const Json& part : parts["cases"]) {
    const auto name = part["name"].get<std::string>();
    if (!name.starts_with("model ") && name != "pre_tokenizer Llama3") continue;
    SCOPED_TRACE(name);
    const auto t = Tokenizer::from_json(part["tokenizer"].dump());
    ASSERT_TRUE(t.ok());
    const double ordinary = std::max(seconds_of(*t, words), 0.002);
    for (const std::string& text :
         {std::string(kSize, 'a'), std::string(kSize, ' '), std::string(kSize, '\n'), joined}) {
      EXPECT_LT(seconds_of(*t, text), ordinary * 50) << text.substr(0, 10);
    }
  }
}

TEST(Tokenizer, A_batch_gives_what_the_texts_give_one_by_one) {
  const auto t = Tokenizer::from_json(file(testdata("llama3.json")));
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
  const auto t = Tokenizer::from_json(file(testdata("gpt2.json")));
  ASSERT_TRUE(t.ok());
  const auto e = t->encode_with_offsets("a\xFF" "b");
  ASSERT_TRUE(e.ok());
  EXPECT_EQ(e->offsets.front(), (Origin{0, 1}));
  EXPECT_EQ(e->offsets[1].begin, 1u);
  EXPECT_EQ(e->offsets.back(), (Origin{2, 3}));
}

Vocabulary vocabulary(const char* model, std::initializer_list<std::string_view> tokens) {
  Vocabulary v;
  v.model = model;
  v.scores.assign(tokens.size(), 0);
  v.types.assign(tokens.size(), TokenType::kNormal);
  v.tokens = tokens;
  return v;
}

TEST(Vocabulary, WordPiece_marks_what_begins_a_word) {
  Vocabulary v = vocabulary("wpm", {"[UNK]", "[CLS]", "[SEP]", "\xE2\x96\x81un", "known", "\xE2\x96\x81."});
  for (int i = 0; i < 3; ++i) v.types[static_cast<std::size_t>(i)] = TokenType::kControl;
  v.unk = 0, v.bos = 1, v.sep = 2;
  const auto t = Tokenizer::from_vocabulary(v);
  ASSERT_TRUE(t.ok()) << t.status().message();
  EXPECT_EQ(*t->encode("Unknown. xyz"), (Ids{1, 3, 4, 5, 0, 2}));
  EXPECT_EQ(*t->decode(Ids{1, 3, 4, 5, 2}, true), "unknown.");
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
  EXPECT_EQ(*t->decode(Ids{3, 6, 7, 1}, true), "ab a");
}

TEST(Vocabulary, RWKV_takes_the_longest_token_of_bytes) {
  Vocabulary v = vocabulary("rwkv", {"<s>", "a", "ab", "\\xc3", "\\xa9", "\\n", "b", "\\\\"});
  v.types[0] = TokenType::kControl;
  const auto t = Tokenizer::from_vocabulary(v);
  ASSERT_TRUE(t.ok()) << t.status().message();
  EXPECT_EQ(*t->encode("abab\n\xC3\xA9\\"), (Ids{2, 2, 5, 3, 4, 7}));
  EXPECT_EQ(*t->decode(Ids{3, 4, 5, 2}), "\xC3\xA9\nab");
  EXPECT_FALSE(t->encode("z").ok());  // there is neither a token for it nor an unknown token
}

TEST(Vocabulary, Marked_pieces_are_merged_and_fall_back_to_bytes) {
  Vocabulary v = vocabulary("bpe", {"<unk>", "<bos>", "\xE2\x96\x81", "a", "b", "\xE2\x96\x81" "a", "\n", "\n\n",
                                    "<0xC3>", "<0xA9>"});
  v.pre = "gemma4";
  v.types[0] = TokenType::kUnknown, v.types[1] = TokenType::kControl, v.types[8] = v.types[9] = TokenType::kByte;
  v.merges = {"\xE2\x96\x81 a", "\n \n"};
  v.scores.clear();
  v.unk = 0, v.bos = 1;
  const auto t = Tokenizer::from_vocabulary(v);
  ASSERT_TRUE(t.ok()) << t.status().message();
  EXPECT_EQ(*t->encode("a a  b\n\n\xC3\xA9"), (Ids{1, 3, 5, 2, 2, 4, 7, 8, 9}));
  EXPECT_EQ(*t->decode(Ids{3, 5, 2, 2, 4, 7, 8, 9}), "a a  b\n\n\xC3\xA9");
}

TEST(Vocabulary, Qwen35_keeps_combining_marks_apart_and_qwen2_composes_them) {
  Vocabulary v;
  v.model = "bpe";
  for (int b = 0; b < 256; ++b) v.tokens.push_back(byte_level_text(std::string(1, static_cast<char>(b))));
  for (const auto& [pre, ids] : {std::pair("qwen35", Ids{'e', 0xCC, 0x81}), {"qwen2", Ids{0xC3, 0xA9}}}) {
    v.pre = pre;
    const auto t = Tokenizer::from_vocabulary(v);
    ASSERT_TRUE(t.ok()) << t.status().message();
    EXPECT_EQ(*t->encode("e\xCC\x81"), ids) << pre;
  }
}

TEST(Vocabulary, Every_named_pre_tokenizer_compiles_and_cuts_without_loss) {
  for (const char* name :
       {"",           "default",     "gpt-2",        "llama-bpe",      "qwen2",    "qwen35",    "gpt-4o",
        "tekken",     "deepseek-v3", "deepseek-llm", "deepseek-coder", "falcon",   "starcoder", "smollm",
        "command-r",  "bloom",       "viking",       "chameleon",      "superbpe", "kimi-k2",   "bailingmoe",
        "seed-coder", "hunyuan",     "exaone-moe",   "minicpm5",       "youtu",    "tiny_aya",  "jais-2",
        "afmoe",      "spark2_5",    "laguna"}) {
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
    EXPECT_EQ(*t->decode(*ids), text);
  }
}

TEST(Published, Tables_name_pre_tokenizers_that_there_are) {
  for (const char* const file : vocabulary_files()) {
    const PublishedRanks* ranks = find_published_ranks(file);
    if (ranks == nullptr) continue;
    EXPECT_TRUE(pretokenizer_by_name(ranks->pre).ok()) << file;
  }
  for (const char* name : {"LlamaTokenizer", "ChatGLM4TokenizerFast", "QWenTokenizer", "TikTokenTokenizer"}) {
    const TokenizerClass* known = find_tokenizer_class(name);
    ASSERT_NE(known, nullptr) << name;
    EXPECT_TRUE(pretokenizer_by_name(known->ranks).ok()) << name;
  }
}

TEST(Published, A_class_is_known_by_its_name_and_as_its_fast_twin_alone) {
  EXPECT_EQ(find_tokenizer_class("BertTokenizerFast"), find_tokenizer_class("BertTokenizer"));
  for (const char* name : {"", "BertTokenizerFaster", "BertTokenizerFastFast", "Bert", "bertTokenizer", "Fast"})
    EXPECT_EQ(find_tokenizer_class(name), nullptr) << name;
}

TEST(Published, Words_are_read_as_WordPiece_of_the_classes_that_are_kept_so) {
  TokenizerFiles files;
  files.vocab_txt = "[UNK]\n[CLS]\n[SEP]\na\n##b\n";
  for (const char* config : {"", "{}", R"({"tokenizer_class": "DistilBertTokenizer"})"}) {
    files.tokenizer_config = config;
    const auto t = Tokenizer::from_files(files);
    ASSERT_TRUE(t.ok()) << t.status().message();
    EXPECT_EQ(*t->encode("ab"), (Ids{1, 3, 4, 2}));
  }
  files.tokenizer_config = R"({"tokenizer_class": "BertJapaneseTokenizer"})";  // which splits by a dictionary first
  const Status s = Tokenizer::from_files(files).status();
  EXPECT_EQ(s.code(), Code::kUnimplemented);
  EXPECT_NE(s.message().find("BertJapaneseTokenizer"), std::string_view::npos) << s.message();
}

}  // namespace
}  // namespace weft
