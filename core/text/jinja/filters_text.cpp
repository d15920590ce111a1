// Filters of text and of numbers, and the text functions that methods share.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/base/error.hpp"
#include "core/text/jinja/filters.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

bool given(const Value* v) { return v && truthy(*v); }

/// A word's first letter in upper case, the rest in lower. Python begins a word at each letter that
/// follows none, Jinja after blanks and brackets alone.
std::string title(std::string_view s, bool python) {
  std::string out;
  bool inside = false;
  for_each_character(s, [&](std::uint32_t c, std::string_view bytes) {
    out += inside ? lower(bytes) : upper(bytes);
    inside = python ? is_letter(c) : !(is_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<');
  });
  return out;
}

std::string capitalize(std::string_view s) {
  std::string out;
  for_each_character(s, [&](std::uint32_t, std::string_view c) { out += out.empty() ? upper(c) : lower(c); });
  return out;
}

std::string indent(Meter& meter, std::string_view s, const Arguments& args) {
  const Value *width = args.get(0, "width"), *blank = args.get(2, "blank");
  std::string pad(4, ' ');
  if (width && width->is_string()) pad = width->string();
  if (width && width->is_whole()) pad.assign(static_cast<std::size_t>(std::clamp<std::int64_t>(width->integer, 0, 1000)), ' ');
  std::string out = given(args.get(1, "first")) ? pad : "";
  for (std::size_t i = 0; i < s.size(); ++i) {
    out += s[i];
    if (s[i] != '\n') continue;
    const bool empty = i + 1 >= s.size() || s[i + 1] == '\n';
    if (!empty || given(blank)) out += pad;
    meter.check_text(out.size());
  }
  return out;
}

std::string truncate(Meter& meter, const std::string& s, const Arguments& args) {
  const Value *length = args.get(0, "length"), *end = args.get(2, "end"), *leeway = args.get(3, "leeway");
  const std::string tail = end ? to_text(meter, *end) : "...";
  const std::int64_t most = length ? integer_of(*length, "truncate's length") : 255;
  const std::int64_t slack = leeway && !leeway->is_none() ? integer_of(*leeway, "truncate's leeway") : 5;
  const auto all = characters(s);
  const auto tail_size = static_cast<std::int64_t>(characters(tail).size());
  if (most < tail_size) fail("truncate's length is shorter than its end");
  if (static_cast<std::int64_t>(all.size()) - slack <= most) return s;
  std::string out;
  for (std::int64_t i = 0; i < most - tail_size; ++i) out += all[static_cast<std::size_t>(i)];
  if (!given(args.get(1, "killwords"))) {
    if (const auto blank = out.rfind(' '); blank != out.npos) out.resize(blank);
  }
  return out + tail;
}

std::string center(Meter& meter, const std::string& s, std::int64_t width) {
  const auto n = static_cast<std::int64_t>(characters(s).size());
  if (width <= n) return s;
  meter.check_text(static_cast<std::uint64_t>(width));
  const std::int64_t missing = width - n, left = missing / 2 + (missing & width & 1);
  return std::string(static_cast<std::size_t>(left), ' ') + s + std::string(static_cast<std::size_t>(missing - left), ' ');
}

std::string escape(Meter& meter, std::string s) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"'", "&#39;"}, {"\"", "&#34;"}};
  for (const auto& [from, to] : kNames) s = replace(meter, s, from, to);
  return s;
}

std::string url_encode(std::string_view s) {
  std::string out;
  for (const char c : s) {
    const auto b = static_cast<std::uint8_t>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("_.-~/").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", b);
    }
  }
  return out;
}

std::int64_t count_words(std::string_view s) {
  std::int64_t n = 0;
  bool inside = false;
  for_each_character(s, [&](std::uint32_t c, std::string_view) {
    const bool word = is_letter(c) || is_numeric(c) || c == '_';
    n += word && !inside;
    inside = word;
  });
  return n;
}

/// All of the text, without white space around, as a number.
bool read_float(const std::string& text, double& out) {
  std::string s = strip(text, nullptr, true, true);
  if (s.empty() || s.find_first_of("xXpP()") != s.npos) return false;
  char* end = nullptr;
  out = std::strtod(s.c_str(), &end);
  return end == s.c_str() + s.size();
}

bool read_integer(const std::string& text, int base, std::int64_t& out) {
  std::string s = strip(text, nullptr, true, true);
  std::size_t digits = !s.empty() && (s[0] == '-' || s[0] == '+') ? 1 : 0;
  if (base == 16 && s.substr(digits).starts_with("0x")) s.erase(digits, 2);
  if (digits >= s.size() || !std::isalnum(static_cast<unsigned char>(s[digits]))) return false;
  char* end = nullptr;
  errno = 0;
  out = std::strtoll(s.c_str(), &end, base);
  if (errno == ERANGE) fail("an integer overflows");
  return end == s.c_str() + s.size();
}

Value whole_number(const Value& v, const Arguments& args) {
  const Value *fallback = args.get(0, "default"), *base = args.get(1, "base");
  const Value other = fallback ? *fallback : Value::of(std::int64_t{0});
  if (v.is_undefined()) fail("int of an undefined value");
  if (v.is_whole()) return Value::of(v.integer);
  double d = v.is_number() ? v.real : 0;
  if (v.is_string()) {
    std::int64_t i = 0;
    const int radix = base ? static_cast<int>(std::clamp<std::int64_t>(integer_of(*base, "int's base"), 2, 36)) : 10;
    if (read_integer(v.string(), radix, i)) return Value::of(i);
    if (!read_float(v.string(), d)) return other;
  } else if (!v.is_number()) {
    return other;
  }
  if (!std::isfinite(d)) return other;
  if (std::fabs(d) >= 9.2e18) fail("an integer overflows");
  return Value::of(static_cast<std::int64_t>(d));
}

Value rounded(const Value& v, const Arguments& args) {
  const Value *precision = args.get(0, "precision"), *method = args.get(1, "method");
  if (!v.is_number()) fail("round wants a number");
  const std::int64_t digits = precision ? integer_of(*precision, "round's precision") : 0;
  if (std::llabs(digits) > 300) fail("round's precision is out of range");
  const std::string how = method && method->is_string() ? method->string() : "common";
  const double x = v.number(), scale = std::pow(10.0, static_cast<double>(digits));
  if (how == "ceil") return Value::of(std::ceil(x * scale) / scale);
  if (how == "floor") return Value::of(std::floor(x * scale) / scale);
  if (how != "common") fail("round knows common, ceil and floor");
  if (v.is_whole() && digits >= 0) return Value::of(v.integer);
  if (digits < 0) {
    const double r = std::nearbyint(x * scale) / scale;
    return v.is_whole() ? Value::of(static_cast<std::int64_t>(r)) : Value::of(r);
  }
  return Value::of(std::strtod(fmt::format("{:.{}f}", x, digits).c_str(), nullptr));
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::uint32_t c, std::string_view) { append_lower(out, c); });
  return out;
}

std::string upper(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::uint32_t c, std::string_view) { append_upper(out, c); });
  return out;
}

std::string strip(std::string_view text, const Value* set, bool left, bool right) {
  std::vector<std::string_view> wanted;
  const bool blanks = !set || set->is_none();
  if (!blanks) {
    if (!set->is_string()) fail("strip wants a string");
    wanted = characters(set->string());
  }
  std::size_t begin = text.size(), end = 0, at = 0;
  for_each_character(text, [&](std::uint32_t c, std::string_view bytes) {
    const bool goes = blanks ? is_space(c) || (c >= 0x1C && c <= 0x1F)
                             : std::find(wanted.begin(), wanted.end(), bytes) != wanted.end();
    if (!goes) {
      begin = std::min(begin, at);
      end = at + bytes.size();
    }
    at += bytes.size();
  });
  if (end == 0 && (left || right)) return "";
  const std::size_t from = left ? begin : 0, to = right ? end : text.size();
  return std::string(text.substr(from, to - from));
}

std::string replace(Meter& meter, std::string_view text, std::string_view from, std::string_view to, std::int64_t most) {
  std::string out;
  if (from.empty()) {  // Python: before each character, and at the end
    for (const std::string_view c : characters(text)) {
      if (most-- != 0) out += to;
      else ++most;
      out += c;
      meter.check_text(out.size());
    }
    return most != 0 ? out.append(to) : out;
  }
  for (; most != 0; --most) {
    const std::size_t at = text.find(from);
    if (at == text.npos) break;
    out.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
    meter.check_text(out.size());
  }
  return out.append(text);
}

std::optional<Value> number_filter(Meter& meter, const std::string& name, const Value& v, const Arguments& args) {
  if (name == "int") return whole_number(v, args);
  if (name == "float") {
    double d = v.is_number() ? v.number() : 0;
    const Value* fallback = args.get(0, "default");
    if (v.is_undefined()) fail("float of an undefined value");
    if (v.is_number() || (v.is_string() && read_float(v.string(), d))) return Value::of(d);
    return fallback ? *fallback : Value::of(0.0);
  }
  if (name == "round") return rounded(v, args);
  if (name == "abs") {
    if (!v.is_number()) fail("abs wants a number");
    if (v.is(Value::Kind::kFloat)) return Value::of(std::fabs(v.real));
    return v.integer < 0 ? arithmetic(meter, "-", Value::of(std::int64_t{0}), v) : Value::of(v.integer);
  }
  return std::nullopt;
}

std::optional<Value> text_filter(Meter& meter, const std::string& name, const Value& v, const Arguments& args) {
  if (name == "tojson") {
    JsonStyle style;
    const Value *ascii = args.get(0, "ensure_ascii"), *width = args.get(1, "indent"), *marks = args.get(2, "separators");
    style.ascii = given(ascii);
    style.sort_keys = given(args.get(3, "sort_keys"));
    if (width && width->is_whole()) {
      style.indent = static_cast<int>(std::clamp<std::int64_t>(width->integer, 0, 64));
      style.item_separator = ",";
    }
    if (marks && marks->is_indexed() && marks->items().size() == 2) {
      style.item_separator = to_text(meter, marks->items()[0]);
      style.key_separator = to_text(meter, marks->items()[1]);
    }
    return Value::text(meter, to_json(meter, v, style));
  }
  static constexpr std::string_view kNames[] = {
      "trim", "upper", "lower", "capitalize", "title", "python title", "replace", "indent", "truncate", "center",
      "escape", "e", "forceescape", "urlencode", "wordcount", "format", "safe", "string"};
  if (std::find(std::begin(kNames), std::end(kNames), name) == std::end(kNames)) return std::nullopt;
  const std::string s = to_text(meter, v);
  meter.take(s.size() / 64);
  const auto text = [&](std::string t) { return Value::text(meter, std::move(t)); };
  if (name == "trim") return text(strip(s, args.get(0, "chars"), true, true));
  if (name == "upper") return text(upper(s));
  if (name == "lower") return text(lower(s));
  if (name == "capitalize") return text(capitalize(s));
  if (name == "title" || name == "python title") return text(title(s, name != "title"));
  if (name == "replace") {
    const Value *from = args.get(0, "old"), *to = args.get(1, "new"), *most = args.get(2, "count");
    if (!from || !to) fail("replace wants two strings");
    return text(replace(meter, s, to_text(meter, *from), to_text(meter, *to),
                        most && !most->is_none() ? integer_of(*most, "replace's count") : -1));
  }
  if (name == "indent") return text(indent(meter, s, args));
  if (name == "truncate") return text(truncate(meter, s, args));
  if (name == "center") {
    const Value* width = args.get(0, "width");
    return text(center(meter, s, width ? integer_of(*width, "center's width") : 80));
  }
  if (name == "escape" || name == "e" || name == "forceescape") return text(escape(meter, s));
  if (name == "urlencode") return text(url_encode(s));
  if (name == "wordcount") return Value::of(count_words(s));
  if (name == "format") {
    return text(format_percent(meter, s, Value::sequence(meter, args.list, Value::Kind::kTuple)));
  }
  return text(s);
}

}  // namespace weft::jinja
