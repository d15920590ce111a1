// Scanners compared with Oniguruma on random texts.
#include "core/text/pattern_scanner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/text/tokenizer_regex.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

/// Code points that the linked Oniguruma and weft's tables may classify differently, as one of the two knows a newer
/// Unicode. The texts of the test leave them out.
std::vector<std::uint32_t> disputed() {
  std::vector<std::uint32_t> out;
  const std::pair<const char*, std::vector<Category>> classes[] = {
      {R"(\p{Lu})", {Category::kLu}}, {R"(\p{Ll})", {Category::kLl}}, {R"(\p{Lt})", {Category::kLt}},
      {R"(\p{Lm})", {Category::kLm}}, {R"(\p{Lo})", {Category::kLo}}, {R"(\p{M})", {Category::kM}},
      {R"(\p{N})", {Category::kN}},   {R"(\p{P})", {Category::kP}},   {R"(\p{S})", {Category::kS}}};
  std::string all;
  std::vector<std::uint32_t> at;
  for (std::uint32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    append_utf8(all, c);
    at.resize(all.size(), c);
  }
  std::vector<Category> found(0x110000, Category::kOther);
  for (const auto& [pattern, categories] : classes) {
    const auto regex = Regex::compile(pattern, false);
    EXPECT_TRUE(regex.ok());
    std::vector<Span> spans;
    Meter meter = text_meter(all.size());
    EXPECT_TRUE(regex->spans(all, meter, spans).ok());
    for (const Span& s : spans) {
      if (s.matched) found[at[s.begin]] = categories[0];
    }
  }
  for (std::uint32_t c = 0; c < 0x110000; ++c) {
    if ((c < 0xD800 || c >= 0xE000) && found[c] != category_of(c)) out.push_back(c);
  }
  return out;
}

std::string random_text(std::mt19937& random, const std::vector<std::uint32_t>& not_these) {
  static const char* const kPieces[] = {"a", "B", "z", " ", "  ", "\n", "\r\n", "\t", "\r", "1", "23", "4567", "'s",
                                        "'S", "'t", "'re", "'LL", "'ve", "'d", "'m", "'\xC5\xBF", "'", "/", "//", ".",
                                        "!?", "é", "É", "ß", "ǅ", "ʰ", "中", "文", "ア", "ー", "한",
                                        "\xCC\x81", "\xE0\xA4\xBF", "٣", "½", "Ⅷ", "€", "\xC2\xA0",
                                        "\xE3\x80\x80", "\xE2\x80\xA8",
                                        "\xC2\x85", "\xE2\x80\x8D", "🙂", "_", "-", "\x01", "the", "The", "THE",
                                        "iPhone", "中A", "AbC", "\xE2\x80\x8B"};
  std::string text;
  const int n = static_cast<int>(random() % 40);
  for (int i = 0; i < n; ++i) {
    if (random() % 8 != 0) {
      text += kPieces[random() % std::size(kPieces)];
      continue;
    }
    std::uint32_t code = random() % (random() % 2 ? 0x3000 : 0x20000);
    const bool bad = (code >= 0xD800 && code < 0xE000) || std::binary_search(not_these.begin(), not_these.end(), code);
    if (!bad) append_utf8(text, code);
  }
  return text;
}

TEST(PatternScanner, Cuts_as_Oniguruma_does) {
  const std::vector<std::uint32_t> not_these = disputed();
  EXPECT_LT(not_these.size(), 20000u);
  std::mt19937 random(1);
  for (const std::string_view pattern : PatternScanner::patterns()) {
    SCOPED_TRACE(pattern);
    const auto scanner = PatternScanner::find(pattern);
    const auto regex = Regex::compile(pattern, false);
    ASSERT_TRUE(scanner && regex.ok());
    for (int i = 0; i < 5000; ++i) {
      const std::string text = random_text(random, not_these);
      std::vector<Span> mine, theirs;
      scanner->spans(text, mine);
      Meter meter = text_meter(text.size());
      ASSERT_TRUE(regex->spans(text, meter, theirs).ok());
      ASSERT_EQ(mine.size(), theirs.size()) << text;
      for (std::size_t s = 0; s < mine.size(); ++s) {
        ASSERT_EQ(mine[s].begin, theirs[s].begin) << text;
        ASSERT_EQ(mine[s].end, theirs[s].end) << text;
        ASSERT_EQ(mine[s].matched, theirs[s].matched) << text;
      }
    }
  }
}

TEST(PatternScanner, Knows_a_pattern_only_when_spelt_exactly_so) {
  EXPECT_TRUE(PatternScanner::find(kByteLevelPattern));
  EXPECT_FALSE(PatternScanner::find(std::string(kByteLevelPattern) + "|x"));
  EXPECT_FALSE(PatternScanner::find(""));
}

}  // namespace
}  // namespace weft
