#include "core/text/aligned_text.hpp"

#include <algorithm>

#include "core/text/unicode.hpp"

namespace weft {

Origin AlignedText::origin(std::size_t begin, std::size_t end) const {
  if (begin < end) return {origin(begin).begin, origin(end - 1).end};
  const std::uint32_t at = begin < bytes.size() ? origin(begin).begin : begin > 0 ? origin(begin - 1).end : base;
  return {at, at};
}

void AlignedText::track() {
  if (!origins.empty()) return;
  origins.reserve(bytes.size());
  std::uint32_t at = base;
  for_each_character(bytes, [&](std::uint32_t, std::string_view character) {
    const auto n = static_cast<std::uint32_t>(character.size());
    origins.insert(origins.end(), n, Origin{at, at + n});
    at += n;
  });
}

AlignedText AlignedText::slice(std::size_t begin, std::size_t end) const {
  AlignedText out;
  out.bytes = bytes.substr(begin, end - begin);
  out.base = origin(begin, end).begin;
  if (!origins.empty()) {
    out.origins.assign(origins.begin() + static_cast<std::ptrdiff_t>(begin),
                       origins.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return out;
}

void AlignedText::prepend(std::string_view prefix, bool tracked) {
  if (tracked) {
    track();
    origins.insert(origins.begin(), prefix.size(), origins.front());
  }
  bytes.insert(0, prefix);
}

Rewriter::Rewriter(AlignedText& text, bool tracked) : text_(text), tracked_(tracked) {
  if (tracked) text_.track();
  bytes_.reserve(text.bytes.size() + text.bytes.size() / 8);
}

void Rewriter::skip(std::size_t n) {
  if (!tracked_) return;
  for (; n > 0 && at_ < text_.bytes.size(); --n) at_ += utf8_step(std::string_view(text_.bytes).substr(at_)).length;
}

void Rewriter::put(std::string_view character, std::ptrdiff_t change) {
  bytes_ += character;
  if (!tracked_) return;
  Origin from{text_.base, text_.base};
  if (change > 0) {
    if (at_ > 0) from = text_.origins[at_ - 1];
  } else if (at_ < text_.origins.size()) {
    from = text_.origins[at_];
  } else if (!text_.origins.empty()) {
    from = text_.origins.back();
  }
  origins_.insert(origins_.end(), character.size(), from);
  if (change <= 0) skip(static_cast<std::size_t>(1 - change));
}

void Rewriter::put(std::uint32_t code, std::ptrdiff_t change) {
  std::string character;  // short enough that the string allocates nothing
  append_utf8(character, code);
  put(character, change);
}

void Rewriter::copy(std::size_t begin, std::size_t end) {
  bytes_.append(text_.bytes, begin, end - begin);
  if (!tracked_) return;
  origins_.insert(origins_.end(), text_.origins.begin() + static_cast<std::ptrdiff_t>(begin),
                  text_.origins.begin() + static_cast<std::ptrdiff_t>(end));
}

void Rewriter::insert_at(std::size_t at, std::string_view bytes) {
  bytes_ += bytes;
  if (!tracked_) return;
  const Origin from = at > 0 ? text_.origins[at - 1] : Origin{text_.base, text_.base};
  origins_.insert(origins_.end(), bytes.size(), from);
}

void Rewriter::finish() {
  text_.bytes = std::move(bytes_);
  text_.origins = std::move(origins_);
}

}  // namespace weft
