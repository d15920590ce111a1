// Methods of strings that change or describe the whole text.
#include <algorithm>

#include "core/text/jinja/functions.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

Value with_case(Call& c, Case how) { return text_value(c.meter, to_case(c.self.text(), how), c.self); }

Value strip(Call& c, bool left, bool right) {
  return text_value(c.meter, stripped(c.self.text(), c[0], left, right), c.self);
}

Value pad(Call& c, char align) {
  const std::int64_t width = c.integer(0, 0, "a width");
  const std::string_view fill = c[1] ? c.string(1, "the fill character").view() : " ";
  if (count_characters(fill) != 1) fail("the fill character must be exactly one character long");
  const auto n = static_cast<std::int64_t>(c.self.characters());
  if (align == '^' && width > n) {  // as Python's center: when both widths are odd, the odd blank goes to the left
    const std::int64_t missing = width - n, left = missing / 2 + (missing & width & 1);
    Text out = repeated(c.meter, fill, left);
    out.append(c.self.text());
    out.append(repeated(c.meter, fill, missing - left));
    return text_value(c.meter, std::move(out), c.self);
  }
  return text_value(c.meter, padded(c.meter, c.self.text(), c.self.characters(), width, fill, align), c.self);
}

Value zfill(Call& c) {
  const Text& s = c.self.text();
  const std::size_t sign = s.view().starts_with('-') || s.view().starts_with('+') ? 1 : 0;
  Text out = s.part(0, sign);
  out.append(padded(c.meter, s.part(sign), c.self.characters() - sign,
                    c.integer(0, 0, "a width") - static_cast<std::int64_t>(sign), "0", '>'));
  return text_value(c.meter, std::move(out), c.self);
}

Value expand_tabs(Call& c) {
  const std::int64_t size = c.integer(0, 8, "a tab's size");
  const Text& s = c.self.text();
  if (s.bytes().find('\t') == std::string::npos) return c.self;
  Text out;
  std::int64_t column = 0;
  std::size_t at = 0;
  for (const std::string_view one : characters(s.view())) {
    if (one == "\t") {
      const std::int64_t blanks = size > 0 ? size - column % size : 0;
      out.append(repeated(c.meter, " ", blanks));
      column += blanks;
    } else {
      out.append(s, at, at + one.size());
      column = one == "\n" || one == "\r" ? 0 : column + 1;
    }
    c.meter.check_text(out.size());
    at += one.size();
  }
  return text_value(c.meter, std::move(out), c.self);
}

Value replace(Call& c) {
  const Text &from = c.string(0, "replace's first argument").text(),
             &to = c.string(1, "replace's second argument").text();
  return text_value(c.meter, replaced(c.meter, c.self.text(), from, to, c.integer(2, -1, "replace's count")), c.self);
}

Value remove_affix(Call& c, bool front) {
  const std::string_view s = c.self.view(), affix = c.string(0, "an affix").view();
  if (front && s.starts_with(affix)) return text_value(c.meter, c.self.text().part(affix.size()), c.self);
  if (!front && s.ends_with(affix)) return text_value(c.meter, c.self.text().part(0, s.size() - affix.size()), c.self);
  return c.self;
}

Value join(Call& c) {
  Text out;
  bool first = true;
  std::size_t i = 0;
  for (const Value& v : elements(c.meter, *c[0])) {
    if (!v.is_string())
      fail("join: item " + std::to_string(i) + " is of type '" + type_name(v) + "', expected a string");
    if (!first) out.append(c.self.text());
    out.append(c.self.is_safe() ? escaped(c.meter, v) : v.text());
    first = false;
    ++i;
    c.meter.check_text(out.size());
  }
  return text_value(c.meter, std::move(out), c.self);
}

Value format_map(Call& c) {
  if (!c[0]->is_dict()) fail("format_map wants a dict");
  Arguments args;
  for (const auto& [key, value] : c[0]->entries()) {
    if (key.is_string()) args.named.emplace_back(key.text().bytes(), value);
  }
  return text_value(c.meter, format_braces(c.meter, c.self, args), c.self);
}

Value all(Call& c, bool (*matches)(std::uint32_t)) {
  bool yes = !c.self.text().empty();
  for_each_character(c.self.view(), [&](std::uint32_t code, std::string_view) { yes = yes && matches(code); });
  return Value::of(yes);
}

bool is_digit(std::uint32_t c) {  // decimal digits, superscripts and circled digits
  return is_decimal(c) || c == 0xB2 || c == 0xB3 || c == 0xB9 || c == 0x2070 || (c >= 0x2074 && c <= 0x2079) ||
         (c >= 0x2080 && c <= 0x2089) || (c >= 0x2460 && c <= 0x2468) || (c >= 0x2474 && c <= 0x247C) ||
         (c >= 0x2488 && c <= 0x2490) || c == 0x24EA || (c >= 0x24F5 && c <= 0x24FD) || c == 0x24FF ||
         (c >= 0x2776 && c <= 0x277E) || (c >= 0x2780 && c <= 0x2788) || (c >= 0x278A && c <= 0x2792) ||
         (c >= 0x1369 && c <= 0x1371);
}
bool is_ideographic_number(std::uint32_t c) {
  static constexpr std::uint32_t kNumbers[] = {
      0x3007, 0x3405, 0x3483, 0x382A, 0x3B4D, 0x4E00, 0x4E03, 0x4E07, 0x4E09, 0x4E5D, 0x4E8C, 0x4E94,
      0x4E96, 0x4EBF, 0x4EC0, 0x4EDF, 0x4EE8, 0x4F0D, 0x4F70, 0x5104, 0x5146, 0x5169, 0x516B, 0x516D,
      0x5341, 0x5343, 0x5344, 0x5345, 0x534C, 0x53C1, 0x53C2, 0x53C3, 0x53C4, 0x56DB, 0x58F1, 0x58F9,
      0x5E7A, 0x5EFE, 0x5EFF, 0x5F0C, 0x5F0D, 0x5F0E, 0x5F10, 0x62FE, 0x634C, 0x67D2, 0x6F06, 0x7396,
      0x767E, 0x8086, 0x842C, 0x8CAE, 0x8CB3, 0x8D30, 0x9621, 0x9646, 0x964C, 0x9678, 0x96F6};
  return std::binary_search(std::begin(kNumbers), std::end(kNumbers), c);
}
bool is_number_character(std::uint32_t c) { return is_numeric(c) || is_ideographic_number(c); }

Value refused(Call&) { fail("bytes and translation tables are not supported"); }

using enum Passing;
constexpr Function kMethods[] = {
    {"strip", [](Call& c) { return strip(c, true, true); }, 0, {"chars"}, kByPlace},
    {"lstrip", [](Call& c) { return strip(c, true, false); }, 0, {"chars"}, kByPlace},
    {"rstrip", [](Call& c) { return strip(c, false, true); }, 0, {"chars"}, kByPlace},
    {"replace", replace, 2, {"old", "new", "count"}, kByPlace},
    {"upper", [](Call& c) { return with_case(c, Case::kUpper); }},
    {"lower", [](Call& c) { return with_case(c, Case::kLower); }},
    {"title", [](Call& c) { return with_case(c, Case::kTitle); }},
    {"capitalize", [](Call& c) { return with_case(c, Case::kCapital); }},
    {"swapcase", [](Call& c) { return with_case(c, Case::kSwapped); }},
    {"casefold", [](Call& c) { return with_case(c, Case::kFolded); }},
    {"join", join, 1, {"iterable"}, kByPlace},
    {"format",
     [](Call& c) { return text_value(c.meter, format_braces(c.meter, c.self, c.args), c.self); },
     0,
     {},
     Passing::kAny},
    {"format_map", format_map, 1, {"mapping"}, kByPlace},
    {"removeprefix", [](Call& c) { return remove_affix(c, true); }, 1, {"prefix"}, kByPlace},
    {"removesuffix", [](Call& c) { return remove_affix(c, false); }, 1, {"suffix"}, kByPlace},
    {"ljust", [](Call& c) { return pad(c, '<'); }, 1, {"width", "fillchar"}, kByPlace},
    {"rjust", [](Call& c) { return pad(c, '>'); }, 1, {"width", "fillchar"}, kByPlace},
    {"center", [](Call& c) { return pad(c, '^'); }, 1, {"width", "fillchar"}, kByPlace},
    {"zfill", zfill, 1, {"width"}, kByPlace},
    {"expandtabs", expand_tabs, 0, {"tabsize"}},
    {"isalpha", [](Call& c) { return all(c, is_letter); }},
    {"isalnum",
     [](Call& c) {
       return all(
           c, [](std::uint32_t k) { return is_letter(k) || is_decimal(k) || is_digit(k) || is_number_character(k); });
     }},
    {"isascii", [](Call& c) { return Value::of(c.self.characters() == c.self.text().size()); }},
    {"isdecimal", [](Call& c) { return all(c, is_decimal); }},
    {"isdigit", [](Call& c) { return all(c, is_digit); }},
    {"isnumeric", [](Call& c) { return all(c, is_number_character); }},
    {"isspace", [](Call& c) { return all(c, python_space); }},
    {"isprintable", [](Call& c) { return Value::of(c.self.text().empty() || all(c, is_printable).integer != 0); }},
    {"isidentifier", [](Call& c) { return Value::of(is_identifier(c.self.view())); }},
    {"isupper", [](Call& c) { return Value::of(is_case(c.self.view(), true)); }},
    {"islower", [](Call& c) { return Value::of(is_case(c.self.view(), false)); }},
    {"istitle", [](Call& c) { return Value::of(is_title(c.self.view())); }},
    {"encode", refused, 0, {}, Passing::kAny},
    {"translate", refused, 0, {}, Passing::kAny},
    {"maketrans", refused, 0, {}, Passing::kAny}};

}  // namespace

std::span<const Function> string_methods() { return kMethods; }

}  // namespace weft::jinja
