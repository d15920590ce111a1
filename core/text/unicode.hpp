// UTF-8, and the few facts of Unicode that tokenizers need.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

/// The beginning of some bytes: a character, a prefix of one, or `length` bytes that begin no character (one maximal
/// ill-formed subpart, which becomes one U+FFFD).
struct Utf8Step {
  enum Kind { kCharacter, kIncomplete, kInvalid } kind;
  std::uint32_t code;   // only for kCharacter
  std::size_t length;   // bytes, at least 1
};

Utf8Step utf8_step_beyond_ascii(std::string_view bytes);
/// `bytes` must not be empty.
inline Utf8Step utf8_step(std::string_view bytes) {
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  return first < 0x80 ? Utf8Step{Utf8Step::kCharacter, first, 1} : utf8_step_beyond_ascii(bytes);
}

/// `code` is a code point.
inline void append_utf8(std::string& out, std::uint32_t code) {
  const auto last = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    const char bytes[] = {static_cast<char>(0xC0 | code >> 6), last(0)};
    out.append(bytes, 2);
  } else if (code < 0x10000) {
    const char bytes[] = {static_cast<char>(0xE0 | code >> 12), last(6), last(0)};
    out.append(bytes, 3);
  } else {
    const char bytes[] = {static_cast<char>(0xF0 | code >> 18), last(12), last(6), last(0)};
    out.append(bytes, 4);
  }
}

/// The text with every ill-formed subpart replaced by U+FFFD.
std::string valid_utf8(std::string_view bytes);
bool is_valid_utf8(std::string_view bytes);
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// General categories, as Oniguruma's \p{..} has them.
enum class Category : std::uint8_t { kOther, kLu, kLl, kLt, kLm, kLo, kM, kN, kP, kS };
Category category_of(std::uint32_t code);

bool is_space(std::uint32_t code);           // White_Space
bool is_word(std::uint32_t code);            // \w: alphabetic, marks, decimal digits, connectors, joiners
bool is_numeric(std::uint32_t code);         // Nd, Nl, No
bool is_punctuation(std::uint32_t code);     // ASCII punctuation and every P category
bool is_control(std::uint32_t code);         // Cc, Cf, Co but not tab, newline, carriage return
bool is_accent(std::uint32_t code);          // Mn, Mc, Me, as of Unicode 9
bool is_nonspacing(std::uint32_t code);      // Mn, as of Unicode 8
std::uint8_t script_of(std::uint32_t code);  // a number for each script, Han's for kana; 0: any script, or none
bool is_letter(std::uint32_t code);          // every L category
bool is_decimal(std::uint32_t code);         // Nd
bool is_printable(std::uint32_t code);       // as Python's repr: no separator but U+0020, no category C

/// Rust's lower case, where utf8proc's Unicode is too old to have one; otherwise `code`.
std::uint32_t lowercase_beyond_utf8proc(std::uint32_t code);
/// Whether the character is too new for the reference to decompose it.
bool is_kept_by_normal_forms(std::uint32_t code);

void append_lower(std::string& out, std::uint32_t code);
void append_upper(std::string& out, std::uint32_t code);

/// The byte-level alphabet: each byte has one printable character.
std::string byte_level_text(std::string_view bytes);
/// The byte that `code` stands for; -1: none.
int byte_level_byte(std::uint32_t code);

/// The byte that a token spelt like "<0xB1>" stands for; -1: none.
int byte_token_value(std::string_view token);
std::string byte_token(std::uint8_t byte);

/// Calls f(code, the character's bytes) for each character. An ill-formed part comes as U+FFFD.
template <class F>
void for_each_character(std::string_view text, F&& f) {
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    f(step.kind == Utf8Step::kCharacter ? step.code : 0xFFFDu, text.substr(0, step.length));
    text.remove_prefix(step.length);
  }
}

}  // namespace weft
