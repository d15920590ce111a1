// Filters for text.
#include <algorithm>

#include "core/base/error.hpp"
#include "core/text/jinja/functions.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

Value with_case(Call& c, Case how) {
  const Value s = as_string(c.meter, c.self);
  return text_value(c.meter, to_case(s.text(), how), s);
}

/// Puts each word's first letter into upper case and the rest into lower case. Blanks and brackets separate words.
Value title(Call& c) {
  const Value s = as_string(c.meter, c.self);
  const Text& t = s.text();
  Text out;
  std::size_t at = 0, begin = 0;
  const auto word = [&](std::size_t end) {
    if (begin >= end) return;
    const std::size_t first = begin + utf8_step(t.view().substr(begin)).length;
    out.append(to_case(t.part(begin, first), Case::kUpper));
    out.append(to_case(t.part(first, end), Case::kLower));
  };
  for_each_character(t.view(), [&](std::uint32_t code, std::string_view bytes) {
    if (python_space(code) || code == '-' || code == '(' || code == '{' || code == '[' || code == '<') {
      word(at);
      out.append(t, at, at + bytes.size());
      begin = at + bytes.size();
    }
    at += bytes.size();
  });
  word(t.size());
  return Value::text(c.meter, std::move(out));
}

Value trim(Call& c) {
  const Value s = as_string(c.meter, c.self);
  return text_value(c.meter, stripped(s.text(), c[0], true, true), s);
}

Value replace(Call& c) {
  const Text s = to_text(c.meter, c.self), from = to_text(c.meter, *c[0]), to = to_text(c.meter, *c[1]);
  return Value::text(c.meter, replaced(c.meter, s, from, to, c.given(2) ? c.integer(2, -1, "replace's count") : -1));
}

const Value& only_string(const Value& v, const char* filter) {
  if (v.is_undefined()) fail(v.message());
  if (!v.is_string()) fail(std::string(filter) + " of a value of type '" + type_name(v) + "', expected a string");
  return v;
}

/// The lines of a text without their line ends.
std::vector<Value> lines_of(Meter& meter, const Value& s) {
  return call(meter, *find_method(s, "splitlines"), s, {}).items();
}

Value indent(Call& c) {
  const Value& s = only_string(c.self, "indent");
  Text pad = repeated(c.meter, " ", 4);
  if (c[0]) pad = c[0]->is_string() ? c[0]->text() : repeated(c.meter, " ", c.integer(0, 4, "indent's width"));
  const bool blank = c.flag(2);
  Text whole = s.text();
  whole.append("\n");
  Text out;
  if (c.flag(1)) out.append(pad);
  bool first = true;
  for (const Value& line : lines_of(c.meter, Value::text(std::move(whole)))) {
    if (!first) {
      out.append("\n");
      if (blank || !line.text().empty()) out.append(pad);
    }
    out.append(line.text());
    first = false;
    c.meter.check_text(out.size());
  }
  return text_value(c.meter, std::move(out), s);
}

Value truncate(Call& c) {
  const Value end = c[2] ? c.string(2, "truncate's end") : Value::text("...");
  const std::int64_t most = c.integer(0, 255, "truncate's length"),
                     leeway = c.given(3) ? c.integer(3, 5, "truncate's leeway") : 5;
  const auto tail = static_cast<std::int64_t>(end.characters());
  if (most < tail) fail("expected length >= " + std::to_string(tail) + ", got " + std::to_string(most));
  if (leeway < 0) fail("expected leeway >= 0, got " + std::to_string(leeway));
  if (length(c.meter, c.self) - leeway <= most) return c.self;
  const Value& s = only_string(c.self, "truncate");
  Text out = s.text().part(0, offset_of(s, static_cast<std::size_t>(most - tail)));
  if (!c.flag(1)) {
    if (const std::size_t blank = out.view().rfind(' '); blank != std::string_view::npos) out = out.part(0, blank);
  }
  out.append(end.text());
  return text_value(c.meter, std::move(out), s);
}

Value center(Call& c) {
  const Value s = as_string(c.meter, c.self);
  Arguments args;
  args.list.push_back(c[0] ? *c[0] : Value::of(std::int64_t{80}));
  return call(c.meter, *find_method(s, "center"), s, args);
}

Value count_words(Call& c) {
  const Value s = as_string(c.meter, c.self);
  std::int64_t n = 0;
  bool inside = false;
  for_each_character(s.view(), [&](std::uint32_t code, std::string_view) {
    const bool word = is_letter(code) || is_numeric(code) || code == '_';
    n += word && !inside;
    inside = word;
  });
  return Value::of(n);
}

Value format(Call& c) {
  const Value s = as_string(c.meter, c.self);
  if (!c.args.list.empty() && !c.args.named.empty())
    fail("can't handle positional and keyword arguments at the same time");
  Entries named;
  for (const auto& [key, value] : c.args.named) named.emplace_back(Value::text(key), value);
  const Value values = named.empty() ? Value::sequence(c.meter, c.args.list, Value::Kind::kTuple)
                                     : Value::dict(c.meter, std::move(named));
  return text_value(c.meter, format_percent(c.meter, s, values), s);
}

Value to_json_text(Call& c) {
  JsonStyle style;
  style.ascii = c.flag(0);
  style.sort_keys = c.flag(3);
  if (c.given(1)) {
    style.lines = true;
    style.item_separator = Text(",");
    style.indent = c[1]->is_string() ? c[1]->text().bytes()
                                     : repeated(c.meter, " ", c.integer(1, 0, "tojson's indent")).take_bytes();
  }
  if (c.given(2)) {
    const List marks = elements(c.meter, *c[2]);
    if (marks.size() != 2 || !marks[0].is_string() || !marks[1].is_string())
      fail("tojson's separators are not two strings");
    style.item_separator = marks[0].text();
    style.key_separator = marks[1].text();
  }
  return Value::text(c.meter, to_json(c.meter, c.self, style));
}

/// A part of a line after which the line may be broken: white space, or text up to a hyphen between letters.
struct Chunk {
  std::size_t begin, end, characters;
  bool blank;
};

std::vector<Chunk> chunks_of(std::string_view s, bool hyphens) {
  std::vector<Chunk> out;
  std::vector<std::pair<std::uint32_t, std::size_t>> all;  // code point, offset
  std::size_t at = 0;
  for_each_character(s, [&](std::uint32_t c, std::string_view bytes) {
    all.emplace_back(c, at);
    at += bytes.size();
  });
  const auto blank = [](std::uint32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  const auto letter = [](std::uint32_t c) { return is_letter(c) || c == '_'; };
  for (std::size_t i = 0; i < all.size();) {
    std::size_t j = i + 1;
    const bool space = blank(all[i].first);
    while (j < all.size() && blank(all[j].first) == space) {
      const bool after_hyphen = hyphens && !space && all[j - 1].first == '-' && j - i >= 3 &&
                                letter(all[j - 2].first) && letter(all[j - 3].first) && letter(all[j].first) &&
                                j + 1 < all.size() && (letter(all[j + 1].first) || all[j + 1].first == '-');
      if (after_hyphen) break;
      ++j;
    }
    out.push_back({all[i].second, j < all.size() ? all[j].second : s.size(), j - i, space});
    i = j;
  }
  return out;
}

void wrap_line(Call& c, const Value& line, std::size_t width, bool breaks, bool hyphens, std::vector<Text>& out) {
  std::vector<Chunk> left = chunks_of(line.view(), hyphens);
  std::reverse(left.begin(), left.end());
  while (!left.empty()) {
    if (left.back().blank && !out.empty()) left.pop_back();
    std::vector<Chunk> row;
    std::size_t n = 0;
    while (!left.empty() && n + left.back().characters <= width) {
      n += left.back().characters;
      row.push_back(left.back());
      left.pop_back();
    }
    if (!left.empty() && left.back().characters > width && (breaks || row.empty())) {
      Chunk& long_one = left.back();
      if (breaks) {
        std::size_t end = long_one.begin;
        for (std::size_t k = 0; k < std::max<std::size_t>(1, width - n); ++k)
          end += utf8_step(line.view().substr(end)).length;
        const std::size_t taken = std::max<std::size_t>(1, width - n);
        row.push_back({long_one.begin, end, taken, false});
        long_one.begin = end;
        long_one.characters -= taken;
      } else {
        row.push_back(long_one);
        left.pop_back();
      }
    }
    if (!row.empty() && row.back().blank) row.pop_back();
    if (row.empty()) continue;
    out.push_back(line.text().part(row.front().begin, row.back().end));
    c.meter.take(1 + out.back().size() / 64);
  }
}

Value word_wrap(Call& c) {
  const Value& s = only_string(c.self, "wordwrap");
  const std::int64_t width = c.integer(0, 79, "wordwrap's width");
  const bool breaks = c.flag(1, true), hyphens = c.flag(3, true);
  const Text mark = c.given(2) ? c.string(2, "wordwrap's wrapstring").text() : Text("\n");
  Text out;
  bool first_line = true;
  for (const Value& line : lines_of(c.meter, s)) {
    if (width <= 0) fail("invalid width " + std::to_string(width) + " (must be > 0)");
    std::vector<Text> rows;
    wrap_line(c, line, static_cast<std::size_t>(width), breaks, hyphens, rows);
    if (!first_line) out.append(mark);
    first_line = false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i > 0) out.append(mark);
      out.append(rows[i]);
      c.meter.check_text(out.size());
    }
  }
  return Value::text(c.meter, std::move(out));
}

/// pprint.pformat, for values that fit into a line.
Value pretty(Call& c) {
  const Text t = repr(c.meter, c.self);
  if (count_characters(t.view()) > 80 && !c.self.is_number())
    fail("pprint of more than 80 characters is not supported");
  const bool nested = c.self.is_dict() || c.self.is_items();
  if (nested && t.view().find('{') != std::string_view::npos) {
    Arguments args;
    if (c.self.is_dict()) {
      List pairs = elements(c.meter, call(c.meter, *find_method(c.self, "items"), c.self, {}));
      std::stable_sort(pairs.begin(), pairs.end(),
                       [&](const Value& a, const Value& b) { return less(c.meter, a.items()[0], b.items()[0]); });
      Entries sorted;
      for (const Value& pair : pairs) sorted.emplace_back(pair.items()[0], pair.items()[1]);
      return Value::text(c.meter, repr(c.meter, Value::dict(c.meter, std::move(sorted))));
    }
    fail("pprint of dicts inside others is not supported");
  }
  return Value::text(c.meter, t);
}

constexpr Function kTextFilters[] = {
    {"trim", trim, 0, {"chars"}},
    {"upper", [](Call& c) { return with_case(c, Case::kUpper); }},
    {"lower", [](Call& c) { return with_case(c, Case::kLower); }},
    {"capitalize", [](Call& c) { return with_case(c, Case::kCapital); }},
    {"title", title},
    {"replace", replace, 2, {"old", "new", "count"}},
    {"indent", indent, 0, {"width", "first", "blank"}},
    {"truncate", truncate, 0, {"length", "killwords", "end", "leeway"}},
    {"center", center, 0, {"width"}},
    {"wordcount", count_words},
    {"wordwrap", word_wrap, 0, {"width", "break_long_words", "wrapstring", "break_on_hyphens"}},
    {"format", format, 0, {}, Passing::kAny},
    {"string", [](Call& c) { return as_string(c.meter, c.self); }},
    {"tojson", to_json_text, 0, {"ensure_ascii", "indent", "separators", "sort_keys"}},
    {"pprint", pretty}};

}  // namespace

std::span<const Function> text_filters() { return kTextFilters; }

}  // namespace weft::jinja
