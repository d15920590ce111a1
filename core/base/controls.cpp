#include "core/base/controls.hpp"

namespace weft {
namespace {

bool continues(unsigned char byte) { return (byte & 0xC0) == 0x80; }

/// The bytes of the character at `at`; 1 where it is ill-formed.
std::size_t character_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  for (std::size_t i = 1; i < n; ++i) {
    if (at + i >= text.size() || !continues(static_cast<unsigned char>(text[at + i]))) return 1;
  }
  return n;
}

std::string replaced(std::string_view text, std::string_view kept, std::string_view with) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t control = kept.find(text[i]) == kept.npos ? control_at(text, i) : 0;
    const std::size_t n = control > 0 ? control : character_at(text, i);
    out += control > 0 ? with : text.substr(i, n);
    i += n;
  }
  return out;
}

}  // namespace

std::size_t control_at(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
  const auto within = [&](std::size_t at, unsigned first, unsigned last) {
    return byte(at) >= first && byte(at) <= last;
  };
  if (byte(i) < 0x20 || byte(i) == 0x7F) return 1;
  if (within(i, 0x80, 0x9F)) return 1;                             // a lone byte: C1 where the terminal has 8 bits
  if (byte(i) == 0xC2) return within(i + 1, 0x80, 0x9F) ? 2 : 0;  // C1
  if (byte(i) != 0xE2) return 0;
  const bool embeds = byte(i + 1) == 0x80 && within(i + 2, 0xAA, 0xAE);    // U+202A to U+202E
  const bool isolates = byte(i + 1) == 0x81 && within(i + 2, 0xA6, 0xA9);  // U+2066 to U+2069
  return embeds || isolates ? 3 : 0;
}

std::string one_line(std::string_view text) { return replaced(text, "", " "); }
std::string for_terminal(std::string_view text) { return replaced(text, "\n\t", "\xEF\xBF\xBD"); }

}  // namespace weft
