#include "core/text/pattern_scanner.hpp"

#include <array>

#include "core/text/unicode.hpp"

namespace weft {

const std::string_view kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
const std::string_view kDigits3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string_view kDigits1Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string_view kCased3Pattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string_view kCased1Pattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
    R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string_view kNumbers3Pattern = R"(\p{N}{1,3})";
const std::string_view kCjkPattern = "[一-龥぀-ゟ゠-ヿ]+";
const std::string_view kMarkedPattern =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|)"
    R"( ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

namespace {

// The properties of a character, as bits.
enum Kind : std::uint16_t {
  kUpper = 1,     // Lu, Lt
  kLower = 2,     // Ll
  kUncased = 4,   // Lm, Lo
  kMark = 8,
  kNumber = 16,
  kPunct = 32,
  kSymbol = 64,
  kSpace = 128,
  kBreak = 256,   // \r \n
  kEnd = 512,     // past the text
  kLetter = kUpper | kLower | kUncased,
};

std::uint16_t kind_of(std::uint32_t code) {
  static constexpr std::uint16_t kKinds[] = {0,     kUpper,  kLower,  kUpper,  kUncased,
                                             kUncased, kMark, kNumber, kPunct, kSymbol};
  std::uint16_t kind = kKinds[static_cast<std::size_t>(category_of(code))];
  if (is_space(code)) kind |= kSpace;
  if (code == '\r' || code == '\n') kind |= kBreak;
  return kind;
}

struct Character {
  std::uint16_t kind;
  std::size_t length;
};

Character beyond_ascii(std::string_view text, std::size_t at) {
  const Utf8Step step = utf8_step(text.substr(at));
  return {kind_of(step.code), step.length};
}

Character look(std::string_view text, std::size_t at) {
  static const auto ascii = [] {
    std::array<std::uint16_t, 128> kinds{};
    for (std::uint32_t c = 0; c < 128; ++c) kinds[c] = kind_of(c);
    return kinds;
  }();
  if (at >= text.size()) return {kEnd, 0};
  const auto first = static_cast<std::uint8_t>(text[at]);
  if (first < 0x80) return {ascii[first], 1};
  return beyond_ascii(text, at);
}

std::size_t run(std::string_view text, std::size_t at, int kinds) {
  for (Character c = look(text, at); c.kind & kinds; c = look(text, at)) at += c.length;
  return at;
}

/// [^\s\p{L}\p{N}]+
bool is_other(std::uint16_t kind) { return (kind & (kLetter | kNumber | kSpace | kEnd)) == 0; }
std::size_t run_other(std::string_view text, std::size_t at) {
  for (Character c = look(text, at); is_other(c.kind); c = look(text, at)) at += c.length;
  return at;
}

/// (?i:'s|'t|'re|'ve|'m|'ll|'d), or the same in lower case alone.
std::size_t contraction(std::string_view text, std::size_t at, bool any_case) {
  if (at >= text.size() || text[at] != '\'') return at;
  const auto letter = [&](std::size_t i) {
    const char c = i < text.size() ? text[i] : '\0';
    return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  };
  const char a = letter(at + 1), b = letter(at + 2);
  if (a == 's' || a == 't' || a == 'm' || a == 'd') return at + 2;
  if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return at + 3;
  if (any_case && text.substr(at + 1).starts_with("\xC5\xBF")) return at + 3;  // the long s
  return at;
}

/// \s+(?!\S)|\s+, and with `breaks` \s*[\r\n]+ before that. The character at `at` is white space.
std::size_t spaces(std::string_view text, std::size_t at, bool breaks) {
  std::size_t end = at, last = at, after_break = at;
  for (Character c = look(text, end); c.kind & kSpace; c = look(text, end)) {
    last = end;
    end += c.length;
    if (c.kind & kBreak) after_break = end;
  }
  if (breaks && after_break > at) return after_break;
  return end == text.size() || last == at ? end : last;
}

std::size_t digits(std::string_view text, std::size_t at, int most) {
  for (Character c = look(text, at); most > 0 && (c.kind & kNumber); c = look(text, at), --most) at += c.length;
  return at;
}

std::size_t spaced(std::string_view text, std::size_t at) {
  if (const std::size_t end = contraction(text, at, false); end > at) return end;
  const std::size_t from = text[at] == ' ' ? at + 1 : at;
  const Character c = look(text, from);
  if (c.kind & kLetter) return run(text, from, kLetter);
  if (c.kind & kNumber) return run(text, from, kNumber);
  if (is_other(c.kind)) return run_other(text, from);
  return spaces(text, at, false);
}

/// The end of the patterns that are `uncased` and `cased`, from the numbers on, which is alike in all of them.
template <int kDigits, bool kSlash>
std::size_t no_word(std::string_view text, std::size_t at, const Character& c) {
  if (c.kind & kNumber) return digits(text, at, kDigits);
  const std::size_t from = text[at] == ' ' ? at + 1 : at;
  if (!is_other(look(text, from).kind)) return spaces(text, at, true);
  std::size_t end = run_other(text, from);
  while (end < text.size() && (text[end] == '\r' || text[end] == '\n' || (kSlash && text[end] == '/'))) ++end;
  return end;
}

template <int kDigits>
std::size_t uncased(std::string_view text, std::size_t at) {
  if (const std::size_t end = contraction(text, at, true); end > at) return end;
  const Character c = look(text, at);
  if (c.kind & kLetter) return run(text, at, kLetter);
  if ((c.kind & (kBreak | kNumber)) == 0 && (look(text, at + c.length).kind & kLetter)) {
    return run(text, at + c.length, kLetter);
  }
  return no_word<kDigits, false>(text, at, c);
}

/// [Lu Lt Lm Lo M]*[Ll Lm Lo M]+
std::size_t upper_lower(std::string_view text, std::size_t at) {
  std::size_t end = at, after_lower = at;
  for (Character c = look(text, end); c.kind & (kUpper | kUncased | kMark); c = look(text, end)) {
    end += c.length;
    if (c.kind & (kUncased | kMark)) after_lower = end;
  }
  const std::size_t lower = run(text, end, kLower | kUncased | kMark);
  // Else the match gives characters back until its last one is of the second class.
  return lower > end ? lower : after_lower;
}

template <int kDigits, bool kContractions>
std::size_t cased(std::string_view text, std::size_t at) {
  const Character c = look(text, at);
  const bool prefix = (c.kind & (kBreak | kLetter | kNumber)) == 0;
  const std::size_t inner = at + c.length;
  const auto with_contraction = [&](std::size_t end) { return kContractions ? contraction(text, end, true) : end; };
  if (prefix) {
    if (const std::size_t end = upper_lower(text, inner); end > inner) return with_contraction(end);
  }
  if (const std::size_t end = upper_lower(text, at); end > at) return with_contraction(end);
  const std::size_t from = prefix ? inner : at;
  if (const std::size_t end = run(text, from, kUpper | kUncased | kMark); end > from) return with_contraction(end);
  return no_word<kDigits, true>(text, at, c);
}

std::size_t three_digits(std::string_view text, std::size_t at) { return digits(text, at, 3); }

std::size_t cjk(std::string_view text, std::size_t at) {
  while (at < text.size() && static_cast<std::uint8_t>(text[at]) >= 0xE3) {
    const Utf8Step step = utf8_step(text.substr(at));
    if (!(step.code >= 0x4E00 && step.code <= 0x9FA5) && !(step.code >= 0x3040 && step.code <= 0x30FF)) break;
    at += step.length;
  }
  return at;
}

std::size_t marked(std::string_view text, std::size_t at) {
  const auto ascii_letter = [&](std::size_t i) {
    return i < text.size() && ((text[i] >= 'A' && text[i] <= 'Z') || (text[i] >= 'a' && text[i] <= 'z'));
  };
  const Character c = look(text, at);
  const bool ascii_punct = static_cast<std::uint8_t>(text[at]) < 0x80 && (c.kind & (kPunct | kSymbol));
  if (ascii_punct && ascii_letter(at + 1)) {
    std::size_t end = at + 1;
    while (ascii_letter(end)) ++end;
    return end;
  }
  constexpr int kWord = kLetter | kMark;
  if ((c.kind & (kBreak | kLetter | kPunct | kSymbol)) == 0 && (look(text, at + c.length).kind & kWord)) {
    return run(text, at + c.length, kWord);
  }
  if (c.kind & kWord) return run(text, at, kWord);
  const std::size_t from = text[at] == ' ' ? at + 1 : at;
  if (look(text, from).kind & (kPunct | kSymbol)) {
    std::size_t end = run(text, from, kPunct | kSymbol);
    while (end < text.size() && (text[end] == '\r' || text[end] == '\n')) ++end;
    return end;
  }
  return c.kind & kSpace ? spaces(text, at, true) : at;
}

}  // namespace

const std::vector<std::string_view>& PatternScanner::patterns() {
  static const std::vector<std::string_view> all = {
      kByteLevelPattern, kDigits3Pattern,  kDigits1Pattern, kCased3Pattern,
      kCased1Pattern,    kNumbers3Pattern, kCjkPattern,     kMarkedPattern};
  return all;
}

std::optional<PatternScanner> PatternScanner::find(std::string_view pattern) {
  static constexpr Match kMatches[] = {spaced,          uncased<3>,   uncased<1>, cased<3, true>,
                                       cased<1, false>, three_digits, cjk,        marked};
  for (std::size_t i = 0; i < patterns().size(); ++i) {
    if (patterns()[i] == pattern) return PatternScanner(kMatches[i]);
  }
  return std::nullopt;
}

void PatternScanner::spans(std::string_view text, std::vector<Span>& out) const {
  out.clear();
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = match_(text, at);
    if (end == at) {
      at += utf8_step(text.substr(at)).length;
      continue;
    }
    if (done < at) out.push_back({done, at, false});
    out.push_back({at, end, true});
    at = done = end;
  }
  if (done < text.size()) out.push_back({done, text.size(), false});
}

}  // namespace weft
