// Methods of strings that search, count and split.
#include <algorithm>

#include "core/text/jinja/functions.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

Value pieces(Call& c, const std::vector<Span>& spans, Value::Kind kind = Value::Kind::kList) {
  List list;
  list.reserve(spans.size());
  for (const Span& s : spans) list.push_back(text_value(c.meter, c.self.text().part(s.begin, s.end), c.self));
  return Value::sequence(c.meter, std::move(list), kind);
}

/// The words between white space, with at most `most` cuts from the left or from the right; `most` < 0: any number.
std::vector<Span> words(std::string_view s, std::int64_t most, bool from_right) {
  std::vector<Span> blanks, found;  // blanks: runs of white space
  std::size_t at = 0;
  for_each_character(s, [&](std::uint32_t code, std::string_view bytes) {
    if (python_space(code)) {
      if (!blanks.empty() && blanks.back().end == at) blanks.back().end += bytes.size();
      else blanks.push_back({at, at + bytes.size()});
    }
    at += bytes.size();
  });
  std::size_t begin = 0, end = s.size();
  if (!blanks.empty() && blanks.front().begin == 0) {
    begin = blanks.front().end;
    blanks.erase(blanks.begin());
  }
  if (!blanks.empty() && blanks.back().end == s.size() && begin < s.size()) {
    end = blanks.back().begin;
    blanks.pop_back();
  }
  if (begin >= end) return {};
  const auto cuts = most < 0 ? blanks.size() : std::min<std::size_t>(blanks.size(), static_cast<std::size_t>(most));
  const std::size_t first = from_right ? blanks.size() - cuts : 0;
  for (std::size_t i = first; i < first + cuts; ++i) {
    found.push_back({begin, blanks[i].begin});
    begin = blanks[i].end;
  }
  found.push_back({begin, end});
  // The part that is left uncut keeps the white space on its outer side.
  if (most >= 0 && !from_right) found.back().end = cuts < static_cast<std::size_t>(most) ? end : s.size();
  if (most >= 0 && from_right && cuts == static_cast<std::size_t>(most)) found.front().begin = 0;
  return found;
}

Value split(Call& c, bool from_right) {
  const std::string_view s = c.self.view();
  const std::int64_t most = c.integer(1, -1, "maxsplit");
  c.meter.take(s.size() / 16);
  if (!c.given(0)) {
    return pieces(c, words(s, most, from_right));
  }
  const std::string_view mark = c.string(0, "the separator").view();
  if (mark.empty()) fail("empty separator");
  c.meter.take_search(s.size(), mark.size());
  std::vector<Span> all;
  std::size_t begin = 0, end = s.size();
  for (std::int64_t left = most; left != 0; --left) {
    const std::size_t at = from_right ? s.substr(0, end).rfind(mark) : s.find(mark, begin);
    if (at == s.npos) break;
    c.meter.take(1);
    if (from_right) {
      all.push_back({at + mark.size(), end});
      end = at;
    } else {
      all.push_back({begin, at});
      begin = at + mark.size();
    }
  }
  all.push_back({begin, end});
  if (from_right) std::reverse(all.begin(), all.end());
  return pieces(c, all);
}

Value split_lines(Call& c) {
  const std::string_view s = c.self.view();
  const bool keep = c.flag(0);
  std::vector<Span> lines;
  std::size_t begin = 0, at = 0;
  for_each_character(s, [&](std::uint32_t code, std::string_view bytes) {
    const std::size_t end = at;
    at += bytes.size();
    if (code == '\n' && end > 0 && s[end - 1] == '\r') {  // the \n of a \r\n, which was cut already
      if (keep) lines.back().end = at;
      begin = at;
      return;
    }
    const bool cut = (code >= 0x0A && code <= 0x0D) || (code >= 0x1C && code <= 0x1E) || code == 0x85 ||
                     code == 0x2028 || code == 0x2029;
    if (!cut) return;
    lines.push_back({begin, keep ? at : end});
    begin = at;
  });
  if (begin < s.size()) lines.push_back({begin, s.size()});
  return pieces(c, lines);
}

Value partition(Call& c, bool from_right) {
  const std::string_view s = c.self.view(), mark = c.string(0, "the separator").view();
  if (mark.empty()) fail("empty separator");
  c.meter.take_search(s.size(), mark.size());
  const std::size_t at = from_right ? s.rfind(mark) : s.find(mark), n = s.size();
  if (at != s.npos) return pieces(c, {{0, at}, {at, at + mark.size()}, {at + mark.size(), n}}, Value::Kind::kTuple);
  return from_right ? pieces(c, {{0, 0}, {0, 0}, {0, n}}, Value::Kind::kTuple)
                    : pieces(c, {{0, n}, {n, n}, {n, n}}, Value::Kind::kTuple);
}

/// The part of a string, in bytes, that optional bounds leave; false when they leave nothing.
bool within(const Call& c, Span& part, std::int64_t& first) {
  const auto n = static_cast<std::int64_t>(c.self.characters());
  const auto bound = [&](std::size_t i, std::int64_t fallback) {
    if (!c.given(i)) return fallback;
    const std::int64_t at = c.integer(i, fallback, "a bound");
    return at < 0 ? std::max<std::int64_t>(0, at + n) : at;
  };
  first = bound(1, 0);
  const std::int64_t last = std::min(n, bound(2, n));
  if (first > last) return false;
  part = {offset_of(c.self, static_cast<std::size_t>(first)), offset_of(c.self, static_cast<std::size_t>(last))};
  return true;
}

std::int64_t find_text(Call& c, bool from_right) {
  const std::string_view wanted = c.string(0, "the text to find").view();
  c.meter.take_search(c.self.text().size(), wanted.size());
  Span part;
  std::int64_t first;
  if (!within(c, part, first)) return -1;
  const std::string_view s = c.self.view().substr(part.begin, part.end - part.begin);
  const std::size_t at = from_right ? s.rfind(wanted) : s.find(wanted);
  return at == s.npos ? -1 : first + static_cast<std::int64_t>(count_characters(s.substr(0, at)));
}

Value index(Call& c, bool from_right) {
  const std::int64_t at = find_text(c, from_right);
  if (at < 0) fail("substring not found");
  return Value::of(at);
}

Value count(Call& c) {
  const std::string_view wanted = c.string(0, "the text to count").view();
  c.meter.take_search(c.self.text().size(), wanted.size());
  Span part;
  std::int64_t first, n = 0;
  if (!within(c, part, first)) return Value::of(n);
  const std::string_view s = c.self.view().substr(part.begin, part.end - part.begin);
  if (wanted.empty()) return Value::of(static_cast<std::int64_t>(count_characters(s)) + 1);
  for (std::size_t i = 0; (i = s.find(wanted, i)) != s.npos; i += wanted.size()) ++n;
  return Value::of(n);
}

Value has_affix(Call& c, bool front) {
  Span part;
  std::int64_t first;
  const bool some = within(c, part, first);
  const std::string_view s = some ? c.self.view().substr(part.begin, part.end - part.begin) : std::string_view();
  const auto matches = [&](const Value& v) {
    if (!v.is_string()) fail(std::string("an affix is of type '") + type_name(v) + "', expected a string");
    return some && (front ? s.starts_with(v.view()) : s.ends_with(v.view()));
  };
  if (!c[0]->is(Value::Kind::kTuple)) return Value::of(matches(*c[0]));
  const List& all = c[0]->items();
  return Value::of(std::any_of(all.begin(), all.end(), matches));
}

using enum Passing;
constexpr Function kSplitMethods[] = {
    {"split", [](Call& c) { return split(c, false); }, 0, {"sep", "maxsplit"}},
    {"rsplit", [](Call& c) { return split(c, true); }, 0, {"sep", "maxsplit"}},
    {"splitlines", split_lines, 0, {"keepends"}},
    {"partition", [](Call& c) { return partition(c, false); }, 1, {"sep"}, kByPlace},
    {"rpartition", [](Call& c) { return partition(c, true); }, 1, {"sep"}, kByPlace}};
constexpr Function kSearchMethods[] = {
    {"startswith", [](Call& c) { return has_affix(c, true); }, 1, {"prefix", "start", "end"}, kByPlace},
    {"endswith", [](Call& c) { return has_affix(c, false); }, 1, {"suffix", "start", "end"}, kByPlace},
    {"find", [](Call& c) { return Value::of(find_text(c, false)); }, 1, {"sub", "start", "end"}, kByPlace},
    {"rfind", [](Call& c) { return Value::of(find_text(c, true)); }, 1, {"sub", "start", "end"}, kByPlace},
    {"index", [](Call& c) { return index(c, false); }, 1, {"sub", "start", "end"}, kByPlace},
    {"rindex", [](Call& c) { return index(c, true); }, 1, {"sub", "start", "end"}, kByPlace},
    {"count", count, 1, {"sub", "start", "end"}, kByPlace}};

}  // namespace

std::span<const Function> split_methods() { return kSplitMethods; }
std::span<const Function> search_methods() { return kSearchMethods; }

}  // namespace weft::jinja
