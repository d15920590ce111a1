#include "core/text/unicode.hpp"

#include <utf8proc.h>

#include <array>
#include <cstring>

#include "core/base/error.hpp"

namespace weft {
namespace {

utf8proc_category_t category(std::uint32_t code) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(code));
}

// The bytes whose character is their own code; the others get the characters from U+0100 on, in order.
bool prints(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

struct ByteAlphabet {
  std::array<std::uint16_t, 256> to_code{};
  std::array<std::int16_t, 512> to_byte{};
  ByteAlphabet() {
    to_byte.fill(-1);
    int next = 256;
    for (int b = 0; b < 256; ++b) {
      to_code[b] = static_cast<std::uint16_t>(prints(b) ? b : next++);
      to_byte[to_code[b]] = static_cast<std::int16_t>(b);
    }
  }
};

const ByteAlphabet& alphabet() {
  static const ByteAlphabet table;
  return table;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

// Ranges from The Unicode Standard, table 3-7: only the second byte's range depends on the first byte.
Utf8Step utf8_step_beyond_ascii(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const std::uint8_t first = at(0);
  if (first < 0xC2 || first > 0xF4) return {Utf8Step::kInvalid, 0, 1};
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::uint32_t code = first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (i == bytes.size()) return {Utf8Step::kIncomplete, 0, i};
    std::uint8_t low = 0x80, high = 0xBF;
    if (i == 1) {
      if (first == 0xE0) low = 0xA0;
      if (first == 0xED) high = 0x9F;
      if (first == 0xF0) low = 0x90;
      if (first == 0xF4) high = 0x8F;
    }
    if (at(i) < low || at(i) > high) return {Utf8Step::kInvalid, 0, i};
    code = code << 6 | (at(i) & 0x3Fu);
  }
  return {Utf8Step::kCharacter, code, length};
}

std::string valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const Utf8Step step = utf8_step(bytes);
    out += step.kind == Utf8Step::kCharacter ? bytes.substr(0, step.length) : kReplacement;
    bytes.remove_prefix(step.length);
  }
  return out;
}

bool is_valid_utf8(std::string_view bytes) {
  const char *at = bytes.data(), *const end = at + bytes.size();
  while (at < end) {
    for (std::uint64_t words[4]; end - at >= 32; at += 32) {
      std::memcpy(words, at, 32);
      if ((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080u) break;
    }
    for (std::uint64_t word; end - at >= 8; at += 8) {
      std::memcpy(&word, at, 8);
      if (word & 0x8080808080808080u) break;
    }
    const auto more = [&](int i) { return (static_cast<std::uint8_t>(at[i]) & 0xC0) == 0x80; };
    while (at < end) {
      const auto first = static_cast<std::uint8_t>(*at);
      if (first < 0x80) {
        ++at;
        if (end - at >= 8) break;  // perhaps many ASCII bytes follow
      } else if (first >= 0xC2 && first < 0xE0 && end - at >= 2 && more(1)) {
        at += 2;
      } else if (first > 0xE0 && first < 0xF0 && first != 0xED && end - at >= 3 && more(1) && more(2)) {
        at += 3;
      } else {  // the rarer lengths
        const Utf8Step step = utf8_step({at, end});
        if (step.kind != Utf8Step::kCharacter) return false;
        at += step.length;
      }
    }
  }
  return true;
}

bool is_letter(std::uint32_t code) {
  const auto c = category(code);
  return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

bool is_decimal(std::uint32_t code) { return category(code) == UTF8PROC_CATEGORY_ND; }

bool is_printable(std::uint32_t code) {
  const auto c = category(code);
  return code == 0x20 || (c != UTF8PROC_CATEGORY_CN && c < UTF8PROC_CATEGORY_ZS);
}

void append_lower(std::string& out, std::uint32_t code) {
  if (code == 0x130) {  // the only character whose unconditional lower case is two characters
    out += "i\xCC\x87";
    return;
  }
  append_utf8(out, static_cast<std::uint32_t>(
                       utf8proc_tolower(static_cast<utf8proc_int32_t>(code))));
}

void append_upper(std::string& out, std::uint32_t code) {
  if (code == 0xDF) {  // other characters whose upper case is longer are ligatures and Greek
    out += "SS";
    return;
  }
  append_utf8(out, static_cast<std::uint32_t>(
                       utf8proc_toupper(static_cast<utf8proc_int32_t>(code))));
}

std::string byte_level_text(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) append_utf8(out, alphabet().to_code[static_cast<std::uint8_t>(c)]);
  return out;
}

int byte_level_byte(std::uint32_t code) { return code < 512 ? alphabet().to_byte[code] : -1; }

int byte_token_value(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
  const int high = hex_digit(token[3]), low = hex_digit(token[4]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::string byte_token(std::uint8_t byte) { return fmt::format("<0x{:02X}>", byte); }

}  // namespace weft
