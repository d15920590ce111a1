// What tokenizers are loaded into (the flat JSON document, the table of merges), and where long words are cut.
#include <gtest/gtest.h>

#include <random>

#include "core/base/json.hpp"
#include "core/text/flat_json.hpp"
#include "core/text/merge_table.hpp"
#include "core/text/tokenizer.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

/// Compares one document as both parsers read it.
void expect_same(FlatJson::Node flat, const Json& tree) {
  if (tree.is_string()) {
    ASSERT_TRUE(flat.is_string());
    EXPECT_EQ(flat.text(), tree.get_ref<const std::string&>());
  } else if (tree.is_number_integer()) {
    ASSERT_TRUE(flat.is_integer());
    EXPECT_EQ(flat.integer(), tree.get<std::int64_t>());
  } else if (tree.is_number()) {
    ASSERT_TRUE(flat.is_number());
    EXPECT_DOUBLE_EQ(flat.number(), tree.get<double>());
  } else if (tree.is_structured()) {
    ASSERT_EQ(flat.is_object(), tree.is_object());
    ASSERT_EQ(flat.is_array(), tree.is_array());
    ASSERT_EQ(flat.size(), tree.size());
    auto it = tree.begin();
    (void)flat.each_member([&](std::string_view key, FlatJson::Node value) -> Status {
      EXPECT_EQ(key, it.key());
      expect_same(value, *it++);
      return {};
    });
    if (!tree.is_array()) return;
    (void)flat.each([&](FlatJson::Node value) -> Status {
      expect_same(value, *it++);
      return {};
    });
  } else {
    EXPECT_EQ(flat.is_null(), tree.is_null());
    EXPECT_EQ(flat.is_bool(), tree.is_boolean());
    if (tree.is_boolean()) {
      EXPECT_EQ(flat.type() == FlatJson::Type::kTrue, tree.get<bool>());
    }
  }
}

TEST(FlatJson, Reads_what_a_tree_reads_however_it_is_indented) {
  Json all = Json::array({nullptr, true, false, 0, -1, 7, 2147483647, -2147483648, 2147483648, -2147483649,
                          999999999999999999, INT64_MAX, INT64_MIN, 0.5, -1e300, Json::object(), Json::array(), "",
                          "a\"b", "\\", "\n\t\x01", "é\u2028𝔘"});
  for (int n = 0; n < 40; ++n) {  // an escape at every place of a string
    std::string text(static_cast<std::size_t>(n), 'x');
    all.push_back({{text, {text + "\"", text + "\\n" + text, text + "\n", text + "中", Json::array({text, text})}}});
  }
  for (const int indent : {-1, 0, 1, 2, 4, 7, 8, 9, 17}) {
    for (const bool ascii : {false, true}) {
      const std::string text = all.dump(indent, ' ', ascii) + "\r\n\t ";
      const auto flat = FlatJson::parse(text);
      ASSERT_TRUE(flat.ok()) << flat.status().message();
      expect_same(flat->root(), all);
    }
  }
}

TEST(FlatJson, Refuses_what_is_no_JSON) {
  for (const char* text : {"", " ", "[", "[1", "[1,", "[1,]", "[1 2]", "{", "{\"a\"", "{\"a\":", "{\"a\":1,}", "{a:1}",
                           "\"", "\"a", "\"\\", "\"\\u12", "\"\\u12\"", "\"\\x\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
                           "\"\\udc00\"", "\"\n\"", "01", "-", "+1", "1.", "1e", ".5", "nul", "true false", "\"\xC3\"",
                           "\"\xED\xA0\x80\"", "\"12345678\x01\"",
                           "1e999"}) {
    EXPECT_FALSE(FlatJson::parse(text).ok()) << text;
  }
  const std::string deep(100000, '[');
  EXPECT_FALSE(FlatJson::parse(deep).ok());
}

TEST(Utf8, Is_valid_exactly_where_every_character_is) {
  std::mt19937 random(1);
  const std::vector<std::string> pieces = {
      "a", "é", "ࠀ", "中", "\xED\x9F\xBF", "\xEE\x80\x80", "𝔘", "\xF4\x8F\xBF\xBF", "abcdefgh",
      std::string(33, 'x'), "\x80", "\xC0\x80", "\xC2", "\xE0\x80\x80", "\xE4\xB8", "\xED\xA0\x80",
      "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xFF"};
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    const std::size_t kinds = round % 2 == 0 ? 10 : pieces.size();
    for (unsigned n = random() % 12; n > 0; --n) text += pieces[random() % kinds];
    bool valid = true;
    for (std::string_view rest = text; !rest.empty();) {
      const Utf8Step step = utf8_step(rest);
      valid = valid && step.kind == Utf8Step::kCharacter;
      rest.remove_prefix(step.length);
    }
    EXPECT_EQ(is_valid_utf8(text), valid);
  }
}

TEST(MergeTable, Finds_the_last_of_equal_pairs_and_no_others) {
  MergeTable table;
  EXPECT_EQ(table.find(1, 2).id, -1);
  constexpr std::int32_t kMany = 5000;
  for (std::int32_t i = 0; i < kMany; ++i) table.add(i, i * 7 % kMany, i + 1);
  table.add(3, 21, 77);
  for (std::int32_t i = 0; i < kMany; ++i) {
    const auto merge = table.find(i, i * 7 % kMany);
    EXPECT_EQ(merge.id, i == 3 ? 77 : i + 1);
    EXPECT_EQ(merge.rank, static_cast<std::uint32_t>(i == 3 ? kMany : i));
    EXPECT_EQ(table.find(i, (i * 7 + 1) % kMany).id, -1);
  }
  EXPECT_EQ(table.find(-1, 0).id, -1);
}

// Compares with each word merged whole, one merge at a time.
TEST(LongWords, Are_merged_as_if_they_were_not_cut) {
  const std::vector<std::pair<std::string, std::string>> merges = {
      {"a", "b"}, {"b", "a"}, {"ab", "ba"}, {"c", "é"}, {"é", "c"}, {"cé", "cé"}, {"b", "b"}, {"d", "▁"}};
  Json vocab = {{"<unk>", 0}, {"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}, {"é", 5}, {"▁", 6}};
  std::vector<std::string> texts(7);
  for (auto it = vocab.begin(); it != vocab.end(); ++it) texts[it->get<std::size_t>()] = it.key();
  Json pairs = Json::array();
  for (const auto& [left, right] : merges) {
    vocab[left + right] = texts.size();
    texts.push_back(left + right);
    pairs.push_back({left, right});
  }
  const Json json = {
      {"version", "1.0"},
      {"model", {{"type", "BPE"}, {"unk_token", "<unk>"}, {"fuse_unk", true}, {"vocab", vocab}, {"merges", pairs}}}};
  const auto t = Tokenizer::from_json(json.dump());
  ASSERT_TRUE(t.ok()) << t.status().message();
  std::mt19937 random(2);
  const std::vector<std::string> letters = {"a", "b", "c", "d", "é", "▁", "x", "中"};  // the last two are unknown
  for (int round = 0; round < 60; ++round) {
    std::vector<std::pair<std::string, std::size_t>> symbols;  // the text, "" of unknown characters; how many bytes
    std::string word;
    const std::size_t kinds = round % 3 == 0 ? 5 : letters.size();
    for (unsigned n = 60 + random() % 300; n > 0; --n) {
      const std::size_t which = random() % kinds;
      const std::string& letter = letters[which];
      word += letter;
      if (which < 6) symbols.emplace_back(letter, letter.size());
      else if (!symbols.empty() && symbols.back().first.empty()) symbols.back().second += letter.size();
      else symbols.emplace_back("", letter.size());
    }
    for (const auto& [left, right] : merges) {
      for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
        if (symbols[i].first != left || symbols[i + 1].first != right) continue;
        symbols[i] = {left + right, symbols[i].second + symbols[i + 1].second};
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      }
    }
    const auto got = t->encode_with_offsets(word);
    ASSERT_TRUE(got.ok()) << got.status().message();
    ASSERT_EQ(got->ids.size(), symbols.size()) << word;
    std::uint32_t at = 0;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      EXPECT_EQ(got->ids[i], symbols[i].first.empty() ? 0 : vocab[symbols[i].first].get<std::int32_t>());
      EXPECT_EQ(got->offsets[i].begin, at);
      at += static_cast<std::uint32_t>(symbols[i].second);
      EXPECT_EQ(got->offsets[i].end, at);
    }
  }
}

}  // namespace
}  // namespace weft
