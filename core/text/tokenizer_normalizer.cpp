#include "core/text/tokenizer_normalizer.hpp"

#include <utf8proc.h>

#include <algorithm>

#include "core/text/unicode.hpp"
#include "core/text/word_mark.hpp"

namespace weft {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<std::uint8_t>(c) < 0x80; });
}

/// Builds a new text: f(code, the character, out) appends what replaces each character.
template <class F>
void rewrite_untracked(AlignedText& text, F&& f) {
  std::string out;
  out.reserve(text.bytes.size() + 16);
  for_each_character(text.bytes, [&](std::uint32_t code, std::string_view character) { f(code, character, out); });
  text.bytes.swap(out);
}

/// Keeps the characters for which keep(code) is true, and changes them to map(code).
template <class Keep, class Map>
void filter(AlignedText& text, bool tracked, Keep&& keep, Map&& map) {
  const std::string_view old = text.bytes;
  if (!tracked) return rewrite_untracked(text, [&](std::uint32_t code, std::string_view character, std::string& out) {
      if (!keep(code)) return;
      const std::uint32_t to = map(code);
      if (to == code) out += character;
      else append_utf8(out, to);
    });
  Rewriter out(text, tracked);
  std::uint32_t last = 0;
  bool any = false;
  std::ptrdiff_t left_out = 0;
  for_each_character(old, [&](std::uint32_t code, std::string_view) {
    if (!keep(code)) {
      ++left_out;
      return;
    }
    if (any) out.put(last, -left_out);
    else out.skip(static_cast<std::size_t>(left_out));
    last = map(code);
    any = true;
    left_out = 0;
  });
  if (any) out.put(last, -left_out);
  out.finish();
}

std::uint32_t same(std::uint32_t code) { return code; }

void lowercase(AlignedText& text, bool tracked) {
  if (is_ascii(text.bytes)) {
    for (char& c : text.bytes) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return;
  }
  const std::string_view old = text.bytes;
  const auto append = [](std::string& to, std::uint32_t code) {
    const std::uint32_t newer = lowercase_beyond_utf8proc(code);
    if (newer != code) append_utf8(to, newer);
    else append_lower(to, code);
  };
  if (!tracked) return rewrite_untracked(text, [&](std::uint32_t code, std::string_view, std::string& to) {
      if (code < 0x80) to += static_cast<char>(code >= 'A' && code <= 'Z' ? code + 32 : code);
      else append(to, code);
    });
  Rewriter out(text, tracked);
  std::string lower;
  for_each_character(old, [&](std::uint32_t code, std::string_view) {
    lower.clear();
    append(lower, code);
    bool first = true;
    for_each_character(lower, [&](std::uint32_t, std::string_view character) {
      out.put(character, first ? 0 : 1);
      first = false;
    });
  });
  out.finish();
}

bool is_chinese(std::uint32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x2F800 && c <= 0x2FA1F);
}

bool nmt_drops(std::uint32_t c) {
  return (c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
}
std::uint32_t nmt_maps(std::uint32_t c) {
  const bool space = c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
                     c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
  return space ? ' ' : c;
}

/// Edits as the reference's Precompiled normalizer writes them: the last character of a rule takes the origins of those
/// that the rule drops.
class Edits {
 public:
  void keep(std::string_view character) { edits_.push_back({character, 0}); }
  void replace(std::string_view from, std::string_view to) {
    changed_ = true;
    std::ptrdiff_t more = 0;
    for_each_character(to, [&](std::uint32_t, std::string_view c) {
      edits_.push_back({c, 0});
      ++more;
    });
    for_each_character(from, [&](std::uint32_t, std::string_view) { --more; });
    for (std::size_t i = edits_.size(); more > 0 && i > 0; --more) edits_[--i].second = 1;
    if (more < 0 && !edits_.empty()) edits_.back().second += more;
  }
  void apply(AlignedText& text, bool tracked) const {
    if (!changed_) return;
    Rewriter out(text, tracked);
    for (const auto& [character, change] : edits_) out.put(character, change);
    out.finish();
  }

 private:
  std::vector<std::pair<std::string_view, std::ptrdiff_t>> edits_;
  bool changed_ = false;
};

std::size_t grapheme_length(std::string_view text) {
  Utf8Step step = utf8_step(text);
  std::size_t n = step.length;
  utf8proc_int32_t state = 0;
  while (n < text.size()) {
    const Utf8Step next = utf8_step(text.substr(n));
    if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(step.code),
                                         static_cast<utf8proc_int32_t>(next.code), &state)) break;
    n += next.length;
    step = next;
  }
  return n;
}

Status precompiled(AlignedText& text, const Charsmap& map, bool tracked, Meter& meter) {
  const std::string_view old = text.bytes;
  std::string_view rest = old;
  Edits edits;
  std::uint64_t bytes = old.size();
  const auto replace = [&](std::string_view from, const Charsmap::Match& rule) -> Status {
    WEFT_CHECK_OK(meter.take(rule.steps));
    if (rule.length == 0) return edits.keep(from), Status();
    bytes += rule.text.size();
    WEFT_CHECK_OK(meter.check_bytes(bytes));
    return edits.replace(from, rule.text), Status();
  };
  while (!rest.empty()) {
    const std::string_view grapheme = rest.substr(0, grapheme_length(rest));
    rest.remove_prefix(grapheme.size());
    const auto whole = grapheme.size() < 6 ? map.find(grapheme, false) : Charsmap::Match{};
    if (whole.length > 0) {
      WEFT_CHECK_OK(replace(grapheme, whole));
      continue;
    }
    Status status;
    for_each_character(grapheme, [&](std::uint32_t, std::string_view character) {
      if (status.ok()) status = replace(character, map.find(character, false));
    });
    WEFT_CHECK_OK(status);
  }
  return edits.apply(text, tracked), Status();
}

/// What sentencepiece puts in place of the beginning of `text`, and how many bytes of `text` that replaces.
Result<std::pair<std::string_view, std::size_t>> sentencepiece_rule(const NormalizeSentencePiece& s,
                                                                    std::string_view text, Meter& meter) {
  const auto rule = [](std::string_view to, std::size_t n) { return std::pair(to, n); };
  if (s.whole) {
    const auto whole = s.whole->longest(text);
    WEFT_CHECK_OK(meter.take(whole.looked_at));
    if (whole.value >= 0) return rule(text.substr(0, whole.length), whole.length);
  }
  if (s.map) {
    const auto match = s.map->find(text, true);
    WEFT_CHECK_OK(meter.take(match.steps));
    if (match.length > 0) return rule(match.text, match.length);
  }
  const std::size_t n = utf8_step(text).length;
  return rule(text.substr(0, n), n);
}

/// A byte's origin begins where its rule's text begins, and ends where the next byte's begins.
Status sentencepiece(AlignedText& text, const NormalizeSentencePiece& s, bool tracked, Meter& meter) {
  const std::string_view space = s.escape_spaces ? kWordMark : " ";
  const AlignedText old = std::move(text);
  text = {};
  text.base = old.base;
  std::vector<std::uint32_t> from;
  std::size_t at = 0;
  const auto place = [&] { return old.origin(at, at).begin; };
  const auto put = [&](std::string_view bytes) {
    text.bytes += bytes;
    if (tracked) from.insert(from.end(), bytes.size(), place());
  };
  const auto rest = [&] { return std::string_view(old.bytes).substr(at); };
  while (s.remove_extra_spaces && at < old.bytes.size()) {
    WEFT_TRY(const auto rule, sentencepiece_rule(s, rest(), meter));
    if (rule.first != " ") break;
    at += rule.second;
  }
  if (at == old.bytes.size()) return {};
  const bool prefixed = s.dummy_prefix && !(s.prefix_first_only && old.base > 0);
  if (prefixed && !s.spaces_are_suffixes) put(space);
  bool after_space = s.remove_extra_spaces;
  while (at < old.bytes.size()) {
    WEFT_TRY(auto rule, sentencepiece_rule(s, rest(), meter));
    auto& [piece, n] = rule;
    WEFT_CHECK_OK(meter.check_bytes(text.bytes.size() + piece.size() * space.size()));
    while (after_space && piece.starts_with(' ')) piece.remove_prefix(1);
    for (const char& c : piece) put(c == ' ' ? space : std::string_view(&c, 1));
    if (!piece.empty()) after_space = piece.ends_with(' ');
    at += n;
    after_space = after_space && s.remove_extra_spaces;
  }
  std::uint32_t end = place();
  while (s.remove_extra_spaces && text.bytes.ends_with(space)) {
    text.bytes.resize(text.bytes.size() - space.size());
    if (!tracked) continue;
    end = from[text.bytes.size()];
    from.resize(text.bytes.size());
  }
  if (prefixed && s.spaces_are_suffixes) {
    text.bytes += space;
    if (tracked) from.insert(from.end(), space.size(), end);
  }
  for (std::size_t i = 0; i < from.size(); ++i)
    text.origins.push_back({from[i], i + 1 < from.size() ? from[i + 1] : end});
  return {};
}

struct Run {
  AlignedText& text;
  bool tracked;
  Meter& meter;

  Status operator()(const NormalizeForm& s) { return normalize_form(text, s.form, tracked), Status(); }
  Status operator()(const NormalizeLowercase&) { return lowercase(text, tracked), Status(); }

  Status operator()(const NormalizeStrip& s) {
    std::size_t at = 0, begin = text.bytes.size(), end = 0;
    for_each_character(text.bytes, [&](std::uint32_t c, std::string_view bytes) {
      if (!is_space(c)) {
        begin = std::min(begin, at);
        end = at + bytes.size();
      }
      at += bytes.size();
    });
    if (end == 0) begin = end = s.left || s.right ? 0 : text.bytes.size();  // the text is nothing but white space
    if (!s.left) begin = 0;
    if (!s.right && end != 0) end = text.bytes.size();
    if (begin == 0 && end == text.bytes.size()) return {};
    Rewriter out(text, tracked);
    out.copy(begin, end);
    out.finish();
    return {};
  }

  Status operator()(const NormalizeStripAccents&) {
    if (is_ascii(text.bytes)) return {};
    return filter(text, tracked, [](std::uint32_t c) { return !is_accent(c); }, same), Status();
  }

  Status operator()(const NormalizePrepend& s) {
    WEFT_CHECK_OK(meter.check_bytes(text.bytes.size() + s.prefix.size()));
    if (!text.bytes.empty() && !s.prefix.empty()) text.prepend(s.prefix, tracked);
    return {};
  }

  Status operator()(const NormalizeReplace& s) {
    if (!s.literal.empty()) {
      WEFT_CHECK_OK(check_replace_all(text.bytes, s.literal, s.with, meter));
      return replace_all(text, s.literal, s.with, tracked), Status();
    }
    std::vector<Span> spans;
    WEFT_CHECK_OK(s.pattern.spans(text.bytes, meter, spans));
    WEFT_CHECK_OK(meter.check_bytes(replaced_bytes(text.bytes.size(), spans, s.with.size())));
    Rewriter out(text, tracked);
    for (const Span& span : spans) {
      if (span.matched) out.insert_at(span.end, s.with);
      else out.copy(span.begin, span.end);
    }
    out.finish();
    return {};
  }

  Status operator()(const NormalizeByteLevel&) { return byte_level(text, tracked), Status(); }
  Status operator()(const NormalizeNmt&) {
    return filter(text, tracked, [](std::uint32_t c) { return !nmt_drops(c); }, nmt_maps), Status();
  }

  Status operator()(const NormalizeWords& s) {
    if (s.clean_text) {
      filter(text, tracked, [](std::uint32_t c) { return c != 0 && c != 0xFFFD && !is_control(c); },
             [](std::uint32_t c) { return is_space(c) ? ' ' : c; });
    }
    const bool ascii = is_ascii(text.bytes);
    if (s.chinese_spaced && !ascii) {
      const std::string_view old = text.bytes;
      bool any = false;
      for_each_character(old, [&](std::uint32_t c, std::string_view) { any = any || is_chinese(c); });
      if (!any) return strip_and_lower(s);
      Rewriter out(text, tracked);
      for_each_character(old, [&](std::uint32_t c, std::string_view bytes) {
        if (!is_chinese(c)) return out.put(bytes, 0);
        out.put(" ", 0);
        out.put(bytes, 1);
        out.put(" ", 1);
      });
      out.finish();
    }
    return strip_and_lower(s);
  }
  Status strip_and_lower(const NormalizeWords& s) {
    if (s.strip_accents && !is_ascii(text.bytes)) {
      normalize_form(text, UnicodeForm::kNfd, tracked);
      filter(text, tracked, [](std::uint32_t c) { return !is_nonspacing(c); }, same);
    }
    if (s.lowercase) lowercase(text, tracked);
    return {};
  }

  Status operator()(const NormalizePrecompiled& s) { return precompiled(text, *s.map, tracked, meter); }
  Status operator()(const NormalizeSentencePiece& s) { return sentencepiece(text, s, tracked, meter); }
};

}  // namespace

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  AlignedText out{std::string(text), {}, 0};
  replace_all(out, from, to, false);
  return std::move(out.bytes);
}

void replace_all(AlignedText& text, std::string_view from, std::string_view to, bool tracked) {
  std::size_t at = text.bytes.find(from), done = 0;
  if (at == std::string::npos) return;
  const std::string_view old = text.bytes;
  Rewriter out(text, tracked);
  for (; at != std::string::npos; at = old.find(from, done)) {
    out.copy(done, at);
    done = at + from.size();
    out.insert_at(done, to);
  }
  out.copy(done, old.size());
  out.finish();
}

Status check_replace_all(std::string_view text, std::string_view from, std::string_view to, Meter& meter) {
  WEFT_CHECK_OK(meter.take(text.size() / 16 + text.size() * (from.size() / 256)));
  if (to.size() <= from.size()) return {};
  const auto bytes = [&](std::uint64_t times) { return text.size() + times * (to.size() - from.size()); };
  // They are counted only where as many as fit into the text would be too many.
  if (meter.check_bytes(bytes(text.size() / from.size())).ok()) return {};
  std::uint64_t times = 0;
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + from.size())) ++times;
  return meter.check_bytes(bytes(times));
}

void byte_level(AlignedText& text, bool tracked) {
  const std::string_view old = text.bytes;
  Rewriter out(text, tracked);
  for_each_character(old, [&](std::uint32_t, std::string_view character) {
    for (std::size_t i = 0; i < character.size(); ++i) out.put(byte_level_text(character.substr(i, 1)), i == 0 ? 0 : 1);
  });
  out.finish();
}

Status Normalizer::run(AlignedText& text, bool tracked, Meter& meter) const {
  for (const NormalizeStep& step : steps_) {
    WEFT_CHECK_OK(meter.take(1 + text.bytes.size() / 16));
    WEFT_CHECK_OK(std::visit(Run{text, tracked, meter}, step));
    WEFT_CHECK_OK(meter.check_bytes(text.bytes.size()));
  }
  return {};
}

Result<std::string> Normalizer::run(std::string_view text, Meter& meter) const {
  AlignedText out{std::string(text), {}, 0};
  WEFT_CHECK_OK(run(out, false, meter));
  return std::move(out.bytes);
}

}  // namespace weft
