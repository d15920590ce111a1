#include "core/text/tokenizer_normalizer.hpp"

namespace weft {
namespace {

using Text = Result<std::string>;

struct Run {
  std::string text;

  Text operator()(const NormalizeForm& s) { return unicode_form(text, s.form); }

  Text operator()(const NormalizeLowercase&) {
    std::string out;
    for_each_character(text, [&](std::uint32_t c, std::string_view) { append_lower(out, c); });
    return out;
  }

  Text operator()(const NormalizeStrip& s) {
    std::size_t at = 0, begin = text.size(), end = 0;
    for_each_character(text, [&](std::uint32_t c, std::string_view bytes) {
      if (!is_space(c)) {
        if (begin == text.size()) begin = at;
        end = at + bytes.size();
      }
      at += bytes.size();
    });
    if (end == 0) return s.left || s.right ? std::string() : text;
    const std::size_t from = s.left ? begin : 0;
    return text.substr(from, (s.right ? end : text.size()) - from);
  }

  Text operator()(const NormalizeStripAccents&) {
    std::string out;
    for_each_character(text, [&](std::uint32_t c, std::string_view bytes) {
      if (!is_mark(c)) out += bytes;
    });
    return out;
  }

  Text operator()(const NormalizePrepend& s) { return text.empty() ? text : s.prefix + text; }

  Text operator()(const NormalizeReplace& s) {
    if (!s.literal.empty()) return replace_all(text, s.literal, s.with);
    return s.pattern.replace(text, s.with);
  }

  Text operator()(const NormalizeByteLevel&) { return byte_level_text(text); }
};

}  // namespace

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  out.reserve(text.size());
  for (;;) {
    const auto at = text.find(from);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += to;
    text.remove_prefix(at + from.size());
  }
}

Result<std::string> Normalizer::run(std::string text) const {
  for (const NormalizeStep& step : steps_) {
    WEFT_TRY(text, std::visit(Run{std::move(text)}, step));
  }
  return text;
}

}  // namespace weft
