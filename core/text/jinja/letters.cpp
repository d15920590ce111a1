// Characters as Python's str sees them: white space, and case, with the mappings that change a text's length.
#include <utf8proc.h>

#include <algorithm>
#include <utility>

#include "core/text/jinja/functions.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

utf8proc_category_t category(std::uint32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

bool is_upper_letter(std::uint32_t c) {  // Lu and Other_Uppercase
  return category(c) == UTF8PROC_CATEGORY_LU || (c >= 0x2160 && c <= 0x216F) || (c >= 0x24B6 && c <= 0x24CF) ||
         (c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189);
}
bool is_title_letter(std::uint32_t c) { return category(c) == UTF8PROC_CATEGORY_LT; }
bool is_lower_letter(std::uint32_t c) {  // Ll and Other_Lowercase
  return category(c) == UTF8PROC_CATEGORY_LL || c == 0xAA || c == 0xBA || (c >= 0x2B0 && c <= 0x2B8) || c == 0x2C0 ||
         c == 0x2C1 || (c >= 0x2E0 && c <= 0x2E4) || c == 0x345 || c == 0x37A || (c >= 0x1D2C && c <= 0x1D6A) ||
         c == 0x1D78 || (c >= 0x1D9B && c <= 0x1DBF) || c == 0x2071 || c == 0x207F || (c >= 0x2090 && c <= 0x209C) ||
         (c >= 0x2170 && c <= 0x217F) || (c >= 0x24D0 && c <= 0x24E9) || c == 0x2C7C || c == 0x2C7D;
}
bool is_cased(std::uint32_t c) { return is_upper_letter(c) || is_lower_letter(c) || is_title_letter(c); }
/// Whether the character may stand between letters without ending a word.
bool is_case_ignorable(std::uint32_t c) {
  const auto k = category(c);
  return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_ME || k == UTF8PROC_CATEGORY_CF ||
         k == UTF8PROC_CATEGORY_LM || k == UTF8PROC_CATEGORY_SK || c == '\'' || c == '.' || c == ':' || c == 0xB7 ||
         c == 0x2018 || c == 0x2019 || c == 0x2024 || c == 0x2027 || c == 0x387 || c == 0x5F4;
}

/// Upper and title cases of more than one character (Unicode's SpecialCasing).
struct Expansion {
  std::uint32_t code;
  std::string_view upper, title;
};
constexpr Expansion kExpansions[] = {
    {0xDF, "SS", "Ss"},       {0x149, "ʼN", "ʼN"},     {0x1F0, "J̌", "J̌"},     {0x390, "Ϊ́", "Ϊ́"},
    {0x3B0, "Ϋ́", "Ϋ́"},     {0x587, "ԵՒ", "Եւ"},     {0x1E96, "H̱", "H̱"},    {0x1E97, "T̈", "T̈"},
    {0x1E98, "W̊", "W̊"},     {0x1E99, "Y̊", "Y̊"},     {0x1E9A, "Aʾ", "Aʾ"},    {0xFB00, "FF", "Ff"},
    {0xFB01, "FI", "Fi"},     {0xFB02, "FL", "Fl"},     {0xFB03, "FFI", "Ffi"},  {0xFB04, "FFL", "Ffl"},
    {0xFB05, "ST", "St"},     {0xFB06, "ST", "St"},     {0xFB13, "ՄՆ", "Մն"},    {0xFB14, "ՄԵ", "Մե"},
    {0xFB15, "ՄԻ", "Մի"},     {0xFB16, "ՎՆ", "Վն"},     {0xFB17, "ՄԽ", "Մխ"}};

void append_upper_case(std::string& out, std::uint32_t c, bool title) {
  for (const Expansion& e : kExpansions) {
    if (e.code == c) return void(out += title ? e.title : e.upper);
  }
  const auto code = static_cast<utf8proc_int32_t>(c);
  append_utf8(out, static_cast<std::uint32_t>(title ? utf8proc_totitle(code) : utf8proc_toupper(code)));
}

void append_folded(std::string& out, std::uint32_t c) {
  utf8proc_int32_t folded[8];
  int last_class = 0;
  const auto n = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), folded, 8, UTF8PROC_CASEFOLD, &last_class);
  for (int i = 0; i < n; ++i) append_utf8(out, static_cast<std::uint32_t>(folded[i]));
}

/// Whether a word ends before `after`, judged by its beginning; a sigma at the end of a word has a form of its own.
bool word_ends(std::string_view after) {
  bool ends = true, decided = false;
  for_each_character(after.substr(0, 256), [&](std::uint32_t c, std::string_view) {
    if (decided || is_case_ignorable(c)) return;
    ends = !is_cased(c);
    decided = true;
  });
  return ends;
}

}  // namespace

bool python_space(std::uint32_t c) { return is_space(c) || (c >= 0x1C && c <= 0x1F); }

Text to_case(const Text& text, Case how) {
  Text out;
  out.reserve(text.size());
  UserCursor user(text);
  bool inside = false, first = true, letter_before = false;
  std::size_t at = 0;
  std::string mapped, run;  // what is written as one piece: all of it the user's, or none
  bool run_is_users = false;
  const auto put = [&](std::string_view bytes, bool users) {
    if (users != run_is_users) out.append(std::exchange(run, {}), run_is_users);
    run_is_users = users;
    run += bytes;
  };
  for_each_character(text.view(), [&](std::uint32_t c, std::string_view bytes) {
    if (c < 0x80) {  // most letters are ASCII and need no look-up
      const bool small = c >= 'a' && c <= 'z', large = c >= 'A' && c <= 'Z';
      const bool rise = how == Case::kUpper || how == Case::kSwapped || (how == Case::kTitle && !inside) ||
                        (how == Case::kCapital && first);
      const bool fall = how == Case::kSwapped || !rise;
      const char mapped_ascii = static_cast<char>((small && rise) || (large && fall) ? c ^ 0x20 : c);
      put(std::string_view(&mapped_ascii, 1), user.at(at));
      inside = small || large;
      if (inside || !(c == '\'' || c == '.' || c == ':' || c == '^' || c == '`')) letter_before = inside;
      first = false;
      ++at;
      return;
    }
    mapped.clear();
    bool upper = how == Case::kUpper || (how == Case::kSwapped && is_lower_letter(c));
    const bool title = (how == Case::kTitle && !inside) || (how == Case::kCapital && first);
    const bool keep = how == Case::kSwapped && !is_upper_letter(c) && !is_lower_letter(c);
    if (keep) {
      mapped = bytes;
    } else if (upper || title) {
      append_upper_case(mapped, c, title);
    } else if (how == Case::kFolded) {
      append_folded(mapped, c);
    } else if (c == 0x3A3 && letter_before && word_ends(text.view().substr(at + bytes.size()))) {
      mapped = "ς";
    } else {
      append_lower(mapped, c);
    }
    put(mapped, user.at(at));
    inside = is_cased(c);
    if (!is_case_ignorable(c)) letter_before = inside;
    first = false;
    at += bytes.size();
  });
  out.append(run, run_is_users);
  return out;
}

bool is_case(std::string_view text, bool upper) {
  bool any = false, all = true;
  for_each_character(text, [&](std::uint32_t c, std::string_view) {
    const bool yes = upper ? is_upper_letter(c) : is_lower_letter(c);
    any = any || yes;
    all = all && (yes || !is_cased(c));
  });
  return any && all;
}

bool is_title(std::string_view text) {
  bool any = false, all = true, inside = false;
  for_each_character(text, [&](std::uint32_t c, std::string_view) {
    if (is_upper_letter(c) || is_title_letter(c)) {
      all = all && !inside;
      any = inside = true;
    } else if (is_lower_letter(c)) {
      all = all && inside;
      any = inside = true;
    } else {
      inside = false;
    }
  });
  return any && all;
}

bool is_identifier(std::string_view text) {
  bool first = true, yes = !text.empty();
  for_each_character(text, [&](std::uint32_t c, std::string_view) {
    const bool begins = c == '_' || is_letter(c) || category(c) == UTF8PROC_CATEGORY_NL;
    yes =
        yes && (begins || (!first && is_word(c) && c != 0x200C && c != 0x200D && category(c) != UTF8PROC_CATEGORY_ME));
    first = false;
  });
  return yes;
}

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> all;
  for_each_character(text, [&](std::uint32_t, std::string_view c) { all.push_back(c); });
  return all;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Text stripped(const Text& text, const Value* set, bool left, bool right) {
  const bool blanks = !set || set->is_none();
  if (!blanks && !set->is_string())
    fail(std::string("strip's argument is of type '") + type_name(*set) + "', expected a string or none");
  const auto goes = [&](std::string_view bytes) {
    if (blanks) return python_space(utf8_step(bytes).code);
    return set->view().find(bytes) != std::string_view::npos;
  };
  const std::string_view s = text.view();
  std::size_t begin = 0, end = s.size();
  while (left && begin < end) {
    const std::size_t n = utf8_step(s.substr(begin)).length;
    if (!goes(s.substr(begin, n))) break;
    begin += n;
  }
  while (right && end > begin) {
    std::size_t last = end - 1;
    while (last > begin && (static_cast<unsigned char>(s[last]) & 0xC0) == 0x80) --last;
    if (!goes(s.substr(last, end - last))) break;
    end = last;
  }
  return text.part(begin, end);
}

Text replaced(Meter& meter, const Text& text, const Text& from, const Text& to, std::int64_t most) {
  Text out;
  const std::string_view s = text.view();
  std::size_t at = 0;
  meter.take_search(s.size(), from.size());
  if (from.empty()) {  // as in Python, `to` goes before each character and at the end
    for (const std::string_view c : characters(s)) {
      if (most == 0) break;
      if (most > 0) --most;
      meter.take(1);
      meter.check_text(out.size() + to.size());
      out.append(to);
      out.append(text, at, at + c.size());
      at += c.size();
    }
    if (most != 0) out.append(to);
    out.append(text, at, s.size());
    return out;
  }
  for (; most != 0; --most) {
    const std::size_t next = s.find(from.view(), at);
    if (next == s.npos) break;
    out.append(text, at, next);
    out.append(to);
    at = next + from.size();
    meter.take(1);
    meter.check_text(out.size());
  }
  if (at == 0) return text;
  out.append(text, at, s.size());
  return out;
}

}  // namespace weft::jinja
