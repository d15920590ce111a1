// One text and two as a model reads them, cut and in windows, compared with tests/golden/text/pairs.json (see
// generate_pairs.py there).
#include <gtest/gtest.h>

#include "core/base/json.hpp"
#include "core/text/character_index.hpp"
#include "core/text/test_files.hpp"
#include "core/text/tokenizer.hpp"
#include "core/text/tokenizer_files.hpp"

namespace weft {
namespace {

using namespace text_test;

Result<Tokenizer> tokenizer_of(const Json& part) {
  if (part.contains("tokenizer")) return Tokenizer::from_json(part["tokenizer"].dump());
  WEFT_TRY(const TokenizerFiles files, gather_tokenizer_files([&](const char* name, std::string& text) -> Status {
             if (part["files"].contains(name)) text = part["files"][name].get<std::string>();
             return {};
           }));
  return Tokenizer::from_files(files);
}

/// [most tokens, strategy, side, whether there are windows, stride]
Truncation truncation_of(const Json& cut) {
  using Strategy = Truncation::Strategy;
  Truncation how;
  how.max_tokens = cut[0].get<std::size_t>();
  how.strategy = cut[1] == "only_first"    ? Strategy::kOnlyFirst
                 : cut[1] == "only_second" ? Strategy::kOnlySecond
                                           : Strategy::kLongestFirst;
  how.from_left = cut[2] == "left", how.windows = cut[3].get<bool>(), how.stride = cut[4].get<std::size_t>();
  return how;
}

/// As the golden has it: null where a token has no text or no word.
template <class T>
Json with_nulls(const std::vector<T>& values) {
  Json out = Json::array();
  for (const T v : values) out.push_back(v < 0 ? Json() : Json(v));
  return out;
}

Json window_of(const Encoding& e, const std::vector<CharacterIndex>& texts) {
  Json offsets = Json::array();
  for (std::size_t i = 0; i < e.ids.size(); ++i) {
    const bool special = e.texts[i] < 0;
    const CharacterIndex& text = texts[special ? 0 : static_cast<std::size_t>(e.texts[i])];
    offsets.push_back(special ? Json{e.offsets[i].begin, e.offsets[i].end}
                              : Json{text.character(e.offsets[i].begin), text.character(e.offsets[i].end)});
  }
  return {e.ids, e.types, with_nulls(e.texts), offsets, with_nulls(e.words)};
}

TEST(TextPairs, Windows_equal_those_of_tokenizers) {
  const Json golden_pairs = json(golden("text/pairs.json"));
  const auto texts = golden_pairs["texts"].get<std::vector<std::string>>();
  ASSERT_GT(golden_pairs["tokenizers"].size(), 8u);
  for (const Json& part : golden_pairs["tokenizers"]) {
    const auto t = tokenizer_of(part);
    ASSERT_TRUE(t.ok()) << part["name"] << t.status().message();
    for (const Json& row : part["rows"]) {
      SCOPED_TRACE(part["name"].get<std::string>() + ": " + row[0].dump() + row[1].dump() + row[2].dump());
      std::vector<std::string_view> given;
      std::vector<CharacterIndex> indices;
      for (const std::size_t i : row[0]) given.emplace_back(texts[i]), indices.emplace_back(texts[i]);
      const auto encoded = t->encode_texts(given, truncation_of(row[2]), {.add_special = row[1].get<bool>()});
      if (row[3].is_null()) {
        EXPECT_EQ(encoded.status().code(), Code::kOutOfRange) << encoded.status().message();
        continue;
      }
      ASSERT_TRUE(encoded.ok()) << encoded.status().message();
      Json windows = Json::array();
      for (const Encoding& e : encoded->windows) {
        windows.push_back(window_of(e, indices));
        const Json& golden_window = row[3][std::min(windows.size(), row[3].size()) - 1];
        if (golden_window[1].is_null()) windows.back()[1] = nullptr;  // types that the golden leaves out
      }
      EXPECT_EQ(windows, row[3]);
    }
  }
}

Tokenizer bert() {
  const Json parts = json(golden("text/pairs.json"))["tokenizers"];
  return std::move(tokenizer_of(parts[0])).value();
}

TEST(TextPairs, The_tokens_before_the_cut_are_counted) {
  const Tokenizer t = bert();
  const std::string_view texts[] = {"early", "the boats"};
  const auto whole = t.encode_texts(texts, {}), cut = t.encode_texts(texts, {.max_tokens = 5});
  ASSERT_TRUE(whole.ok() && cut.ok());
  EXPECT_EQ(whole->windows[0].ids.size(), whole->uncut);
  EXPECT_EQ(cut->uncut, whole->uncut);
  EXPECT_EQ(cut->windows[0].ids.size(), 5u);
}

TEST(TextPairs, Ill_formed_text_has_offsets_in_its_own_bytes) {
  const Tokenizer t = bert();
  const std::string_view texts[] = {"the \xFF\xFF early", "\xE4\xBD early"};
  const auto e = t.encode_texts(texts, {});
  ASSERT_TRUE(e.ok()) << e.status().message();
  const Encoding& window = e->windows[0];
  for (std::size_t i = 0; i < window.ids.size(); ++i) {
    if (window.texts[i] < 0) continue;
    EXPECT_LE(window.offsets[i].end, texts[static_cast<std::size_t>(window.texts[i])].size());
  }
  const auto last = window.ids.size() - 2;  // "early", before [SEP]
  EXPECT_EQ(window.offsets[last].end, texts[1].size());
}

TEST(TextPairs, What_a_tokenizer_does_not_provide_for_is_refused_by_name) {
  Json one = json(golden("text/pairs.json"))["tokenizers"][0]["tokenizer"];
  one["post_processor"]["pair"] = nullptr;
  const auto t = Tokenizer::from_json(one.dump());
  ASSERT_TRUE(t.ok()) << t.status().message();
  const std::string_view texts[] = {"a", "b", "c"};
  const Status two = t->encode_texts(std::span(texts).first(2), {}).status();
  EXPECT_EQ(two.code(), Code::kUnimplemented);
  EXPECT_NE(two.message().find("how two texts are put together"), std::string_view::npos) << two.message();
  EXPECT_TRUE(t->encode_texts(std::span(texts).first(1), {}).ok());
  EXPECT_EQ(t->encode_texts(texts, {}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(t->encode_texts({}, {}).status().code(), Code::kInvalidArgument);
  for (const auto& [pair, why] : {std::pair(R"([{"Sequence": {"id": "C", "type_id": 0}}])", "pair template"),
                                  {R"([{"Sequence": {"id": "A", "type_id": -1}}])", "type_id -1"},
                                  {R"([{"SpecialToken": {"id": "[X]", "type_id": 0}}])", "'[X]' has no ids"},
                                  {"[]", "pair template"}}) {
    one["post_processor"]["pair"] = Json::parse(pair);
    const auto odd = Tokenizer::from_json(one.dump());
    ASSERT_TRUE(odd.ok()) << odd.status().message();
    EXPECT_TRUE(odd->encode_texts(std::span(texts).first(1), {}).ok());
    const Status s = odd->encode_texts(std::span(texts).first(2), {}).status();
    EXPECT_EQ(s.code(), Code::kUnimplemented);
    EXPECT_NE(s.message().find(why), std::string_view::npos) << s.message();
  }
}

TEST(TextPairs, A_limit_that_special_tokens_fill_is_refused) {
  const Tokenizer t = bert();
  const std::string_view texts[] = {"the boats", "early"};
  const Status s = t.encode_texts(texts, {.max_tokens = 3}).status();
  EXPECT_EQ(s.code(), Code::kOutOfRange);
  EXPECT_NE(s.message().find("leaves no room within 3"), std::string_view::npos) << s.message();
}

TEST(CharacterIndex, Bytes_and_characters_are_told_apart) {
  const std::string text = "a\xC3\xA9\xF0\x9F\x99\x82z";  // a é 🙂 z
  const CharacterIndex index(text);
  EXPECT_EQ(index.size(), 4u);
  EXPECT_EQ(index.character(1), 1u);
  EXPECT_EQ(index.character(2), 1u);
  EXPECT_EQ(index.character(7), 3u);
  EXPECT_EQ(index.character(8), 4u);
  EXPECT_EQ(index.byte(2), 3u);
  EXPECT_EQ(index.byte(99), 8u);
  EXPECT_EQ(index.slice(1, 3), "\xC3\xA9\xF0\x9F\x99\x82");
  EXPECT_EQ(index.slice(3, 1), "");
  EXPECT_EQ(CharacterIndex("abc").slice(1, 9), "bc");
  EXPECT_EQ(CharacterIndex("").size(), 0u);
}

}  // namespace
}  // namespace weft
