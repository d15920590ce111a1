#include "core/text/tokenizer_post.hpp"

#include <algorithm>

#include "core/text/unicode.hpp"

namespace weft {
namespace {

bool continues(char c) { return (static_cast<std::uint8_t>(c) & 0xC0) == 0x80; }

std::uint32_t forward(std::string_view text, std::uint32_t at, std::uint32_t characters, std::uint32_t limit) {
  for (; characters > 0 && at < limit; --characters)
    at += static_cast<std::uint32_t>(utf8_step(text.substr(at)).length);
  return std::min(at, limit);
}

void trim(std::string_view text, bool add_prefix_space, const std::vector<Blanks>& blanks,
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

}  // namespace

bool PostProcessor::trims() const {
  return std::any_of(steps_.begin(), steps_.end(), [](const PostStep& s) { return s.pieces.empty(); });
}

void PostProcessor::run(std::string_view text, bool add_special, std::vector<Blanks> blanks, Encoding& out) const {
  const bool offsets = !out.offsets.empty() || out.ids.empty();
  for (const PostStep& step : steps_) {
    if (step.pieces.empty()) {
      if (!out.offsets.empty()) trim(text, step.add_prefix_space, blanks, out.offsets);
      continue;
    }
    const std::size_t sequences = static_cast<std::size_t>(
        std::count_if(step.pieces.begin(), step.pieces.end(), [](const auto& ids) { return ids.empty(); }));
    if (!add_special && sequences == 1) continue;
    Encoding whole;
    std::vector<Blanks> whole_blanks;
    whole.ids.reserve(out.ids.size() + 8);
    for (const auto& ids : step.pieces) {
      if (ids.empty()) {
        whole.ids.insert(whole.ids.end(), out.ids.begin(), out.ids.end());
        whole.offsets.insert(whole.offsets.end(), out.offsets.begin(), out.offsets.end());
        whole_blanks.insert(whole_blanks.end(), blanks.begin(), blanks.end());
      } else if (add_special) {
        whole.ids.insert(whole.ids.end(), ids.begin(), ids.end());
        if (offsets) whole.offsets.resize(whole.offsets.size() + ids.size());
        whole_blanks.resize(whole_blanks.size() + ids.size());
      }
    }
    out = std::move(whole);
    blanks = std::move(whole_blanks);
  }
}

namespace {

std::vector<std::int32_t> side(const std::vector<PostStep>& steps, bool before) {
  std::vector<std::int32_t> out;
  for (const PostStep& step : steps) {
    if (step.pieces.empty()) continue;
    out.clear();
    bool inside = before;
    for (const auto& ids : step.pieces) {
      if (ids.empty()) inside = !before;
      else if (inside) out.insert(out.end(), ids.begin(), ids.end());
    }
  }
  return out;
}

}  // namespace

std::vector<std::int32_t> PostProcessor::prefix() const { return side(steps_, true); }
std::vector<std::int32_t> PostProcessor::suffix() const { return side(steps_, false); }

}  // namespace weft
