#include "core/text/charsmap.hpp"

#include <cstring>

#include "core/base/error.hpp"
#include "core/text/unicode.hpp"

namespace weft {

Result<std::string> decode_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int have = 0;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  for (const char c : text) {
    int v = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52
            : c == '+' ? 62 : c == '/' ? 63 : -1;
    if (v < 0) return invalid("base64: a byte {:#04x} is not of its alphabet", static_cast<std::uint8_t>(c));
    bits = bits << 6 | static_cast<std::uint32_t>(v);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have & 0xFF);
  }
  if (have >= 6) return invalid("base64: the text ends within a byte");
  return out;
}

Result<Charsmap> Charsmap::parse(std::string_view blob) {
  std::uint32_t size = 0;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(blob[i])); };
  const auto word = [&](std::size_t i) { return byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24; };
  if (blob.size() >= 4) size = word(0);
  if (blob.size() < 4 || size > blob.size() - 4 || size % 4 != 0) {
    return invalid("precompiled charsmap: a trie of {} bytes in {} bytes", size, blob.size());
  }
  Charsmap out;
  out.units_.resize(size / 4);
  for (std::size_t i = 0; i < out.units_.size(); ++i) out.units_[i] = word(4 + 4 * i);
  out.texts_ = blob.substr(4 + size);
  if (!is_valid_utf8(out.texts_)) return invalid("precompiled charsmap: its texts are not UTF-8");
  return out;
}

Result<Charsmap> Charsmap::parse_base64(std::string_view text) {
  WEFT_TRY(const std::string blob, decode_base64(text));
  return parse(blob);
}

// A unit that is a node: bits 0-7 and 31 are its label, bit 8 says whether a value follows, bits 10-30 (shifted by 8 if
// bit 9 is set) where its children are. A unit that is a value: bits 0-30.
Charsmap::Match Charsmap::find(std::string_view text, bool longest) const {
  Match out;
  if (units_.empty()) return out;
  const auto children = [](std::uint32_t unit) { return (unit >> 10) << ((unit & 1u << 9) >> 6); };
  std::uint32_t at = children(units_[0]);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    ++out.steps;
    at ^= byte;
    if (at >= units_.size()) break;
    const std::uint32_t unit = units_[at];
    if ((unit & (1u << 31 | 0xFFu)) != byte) break;
    at ^= children(unit);
    if ((unit >> 8 & 1) == 0) continue;
    if (at >= units_.size()) break;
    const std::size_t from = units_[at] & 0x7FFFFFFFu;
    if (from >= texts_.size()) break;
    out.length = i + 1, out.text = std::string_view(texts_).substr(from, texts_.find('\0', from) - from);
    out.steps += out.text.size() / 16;
    if (!longest) break;
  }
  return out;
}

}  // namespace weft
