#include "core/text/jinja/text.hpp"

#include <algorithm>

namespace weft::jinja {

void Text::mark(std::size_t begin, std::size_t end) {
  if (begin >= end) return;
  if (!user_.empty() && user_.back().end == begin) {
    user_.back().end = end;
  } else {
    user_.push_back({begin, end});
  }
}

void Text::append(std::string_view bytes, bool user) {
  if (user) mark(bytes_.size(), bytes_.size() + bytes.size());
  bytes_ += bytes;
}

void Text::append(const Text& text, std::size_t begin, std::size_t end) {
  const std::size_t at = bytes_.size();
  bytes_.append(text.bytes_, begin, end - begin);
  auto span = std::partition_point(text.user_.begin(), text.user_.end(), [&](const Span& s) { return s.end <= begin; });
  for (; span != text.user_.end() && span->begin < end; ++span) {
    mark(at + std::max(span->begin, begin) - begin, at + std::min(span->end, end) - begin);
  }
}

Text Text::part(std::size_t begin, std::size_t end) const {
  Text out;
  begin = std::min(begin, size());
  out.append(*this, begin, std::clamp(end, begin, size()));
  return out;
}

}  // namespace weft::jinja
