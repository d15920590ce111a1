#include "core/text/tokenizer_post.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

bool continues(char c) { return (static_cast<std::uint8_t>(c) & 0xC0) == 0x80; }

std::uint32_t forward(std::string_view text, std::uint32_t at, std::uint32_t characters, std::uint32_t limit) {
  for (; characters > 0 && at < limit; --characters)
    at += static_cast<std::uint32_t>(utf8_step(text.substr(at)).length);
  return std::min(at, limit);
}

void trim_once(std::string_view text, bool add_prefix_space, std::span<const Blanks> blanks,
               std::vector<Origin>& offsets) {
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    Origin& o = offsets[i];
    std::uint32_t before = blanks[i].before;
    const bool first = i == 0 || o.begin == 0;
    if (first && add_prefix_space && before == 1) before = 0;  // the space was added, so it stays out of the count
    if (o.end > text.size()) {  // the token's affix reaches beyond its word
      o.begin = std::min(o.begin + before, o.end);
      if (o.end >= blanks[i].after) o.end = std::max(o.end - blanks[i].after, o.begin);
      continue;
    }
    o.begin = forward(text, o.begin, before, o.end);
    std::uint32_t end = o.end, after = blanks[i].after;
    for (; after > 0 && end > 0; --after) {
      do --end;
      while (end > 0 && continues(text[end]));
    }
    if (after == 0) o.end = std::max(end, o.begin);
  }
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// What `pieces` make of texts; each vector that one of the texts has is filled in.
Encoding joined(const std::vector<PostPiece>& pieces, std::span<const Encoding> texts, bool add_special,
                bool with_offsets) {
  Encoding out;
  std::size_t tokens = 0;
  for (const Encoding& text : texts) tokens += text.ids.size();
  out.ids.reserve(tokens + 8);
  for (const PostPiece& piece : pieces) {
    if (piece.text >= 0) {
      const Encoding& text = texts[static_cast<std::size_t>(piece.text)];
      append(out.ids, text.ids);
      append(out.offsets, text.offsets);
      append(out.words, text.words);
    } else if (add_special) {
      append(out.ids, piece.ids);
      if (with_offsets) out.offsets.resize(out.ids.size()), out.words.resize(out.ids.size(), -1);
    }
  }
  return out;
}

const std::vector<PostPiece>& pieces_of(const PostTemplate& t, std::size_t n_texts) {
  return n_texts == 1 ? t.single : t.pair;
}

/// Of tokenizers without a template.
const PostTemplate& plain_template() {
  static const PostTemplate plain{{{0, {}, 0}}, {{0, {}, 0}, {1, {}, 1}}, false};
  return plain;
}

std::vector<std::int32_t> side(const std::vector<PostTemplate>& templates, bool before) {
  std::vector<std::int32_t> out;
  bool inside = before;
  for (const PostPiece& piece : templates.empty() ? std::vector<PostPiece>() : templates.back().single) {
    if (piece.text >= 0) inside = !before;
    else if (inside) append(out, piece.ids);
  }
  return out;
}

}  // namespace

std::vector<PostPiece> framed_text(const std::vector<std::int32_t>& before, const std::vector<std::int32_t>& after) {
  std::vector<PostPiece> pieces;
  if (!before.empty()) pieces.push_back({-1, before, 0});
  pieces.push_back({0, {}, 0});
  if (!after.empty()) pieces.push_back({-1, after, 0});
  return pieces;
}

PostTemplate paired_template(const std::vector<std::int32_t>& cls, const std::vector<std::int32_t>& sep, bool doubled) {
  const std::int32_t second = doubled ? 0 : 1;
  PostTemplate t{framed_text(cls, sep), framed_text(cls, sep), !doubled};
  if (doubled && !sep.empty()) t.pair.push_back({-1, sep, 0});
  t.pair.push_back({1, {}, second});
  if (!sep.empty()) t.pair.push_back({-1, sep, second});
  return t;
}

void PostProcessor::trim(std::string_view text, std::span<const Blanks> blanks, std::vector<Origin>& offsets) const {
  for (const bool add_prefix_space : trimmings_) trim_once(text, add_prefix_space, blanks, offsets);
}

void PostProcessor::run(bool add_special, bool with_offsets, Encoding& encoding) const {
  for (const PostTemplate& t : templates_) {
    const auto texts = std::count_if(t.single.begin(), t.single.end(), [](const auto& p) { return p.text >= 0; });
    if (add_special || texts != 1) encoding = joined(t.single, {&encoding, 1}, add_special, with_offsets);
  }
}

Status PostProcessor::check(std::size_t n_texts) const {
  if (templates_.size() > 1)
    return error(Code::kUnimplemented, "tokenizer: {} templates one after the other, expected one", templates_.size());
  if (n_texts == 1 || templates_.empty() || !templates_[0].pair.empty()) return {};
  const std::string& why = templates_[0].no_pair;
  return error(Code::kUnimplemented, "tokenizer: it does not say how two texts are put together{}{}; give it one text",
               why.empty() ? "" : ": ", why);
}

std::size_t PostProcessor::added(std::size_t n_texts) const {
  std::size_t n = 0;
  for (const PostTemplate& t : templates_) {
    for (const PostPiece& piece : pieces_of(t, n_texts)) n += piece.ids.size();
  }
  return n;
}

Encoding PostProcessor::run_texts(bool add_special, std::span<const Encoding> texts) const {
  const PostTemplate& t = templates_.empty() ? plain_template() : templates_.back();
  const std::vector<PostPiece>& pieces = pieces_of(t, texts.size());
  Encoding out = joined(pieces, texts, add_special, true);
  out.types.reserve(out.ids.size()), out.texts.reserve(out.ids.size());
  for (const PostPiece& piece : pieces) {
    const bool special = piece.text < 0;
    if (special && !add_special) continue;
    const std::size_t n = special ? piece.ids.size() : texts[static_cast<std::size_t>(piece.text)].ids.size();
    const std::int32_t type = t.plain_types && !add_special ? piece.text : piece.type;
    out.types.insert(out.types.end(), n, type);
    out.texts.insert(out.texts.end(), n, piece.text);
  }
  return out;
}

std::vector<std::int32_t> PostProcessor::prefix() const { return side(templates_, true); }
std::vector<std::int32_t> PostProcessor::suffix() const { return side(templates_, false); }

}  // namespace weft
