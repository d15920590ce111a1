// Filters for numbers, and reading numbers from text as Python does.
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/error.hpp"
#include "core/text/jinja/functions.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;

/// Removes white space around the text and single underscores between digits; false where an underscore is misplaced.
bool bare(std::string_view text, std::string& out) {
  const Text t = stripped(Text(std::string(text)), nullptr, true, true);
  const std::string& s = t.bytes();
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '_') {
      out += s[i];
      continue;
    }
    const auto digit = [&](std::size_t k) {
      return k < s.size() && std::isalnum(static_cast<unsigned char>(s[k])) != 0;
    };
    if (i == 0 || !digit(i - 1) || !digit(i + 1)) return false;
  }
  return !out.empty();
}

Value whole_of(double d, const Value* fallback) {
  if (std::isnan(d) || std::isinf(d)) {
    if (fallback) return *fallback;
    fail("cannot convert float infinity to integer");
  }
  if (std::fabs(d) >= 9.2e18) fail("an integer overflows 64 bits: " + float_text(d));
  return Value::of(static_cast<std::int64_t>(d));
}

Value to_integer(Call& c) {
  const Value zero = Value::of(std::int64_t{0});
  const Value& fallback = c[0] ? *c[0] : zero;
  const Value& v = c.self;
  if (v.is_undefined()) fail(v.message());
  if (v.is_whole()) return Value::of(v.integer);
  if (v.is(Kind::kFloat)) return whole_of(v.real, std::isnan(v.real) ? &fallback : nullptr);
  if (!v.is_string()) return fallback;
  std::int64_t i = 0;
  double d = 0;
  if (c[1] && !c[1]->is_whole()) return read_float(v.view(), d) ? whole_of(d, &fallback) : fallback;
  if (read_integer(v.view(), c.integer(1, 10, "int's base"), i)) return Value::of(i);
  return read_float(v.view(), d) ? whole_of(d, &fallback) : fallback;
}

Value to_float(Call& c) {
  if (c.self.is_undefined()) fail(c.self.message());
  double d = 0;
  if (c.self.is_number()) return Value::of(c.self.number());
  if (c.self.is_string() && read_float(c.self.view(), d)) return Value::of(d);
  return c[0] ? *c[0] : Value::of(0.0);
}

double power_of_ten(std::int64_t n) { return std::pow(10.0, static_cast<double>(n)); }

Value rounded_up_or_down(const Value& v, std::int64_t digits, bool up) {
  const double x = v.number() * power_of_ten(digits), r = up ? std::ceil(x) : std::floor(x);
  if (!std::isfinite(r)) fail("cannot convert float infinity or NaN to integer");
  return Value::of((r == 0 ? 0.0 : r) / power_of_ten(digits));
}

/// Rounds to a multiple of 10^-digits, halves to even.
Value rounded_whole(std::int64_t i, std::int64_t digits) {
  if (digits >= 0) return Value::of(i);
  if (digits < -19) return Value::of(std::int64_t{0});
  __extension__ using Wide = __int128;
  Wide unit = 1;
  for (std::int64_t k = digits; k < 0; ++k) unit *= 10;
  Wide q = i / unit, rest = i % unit;
  if (rest < 0) rest += unit, --q;
  if (rest * 2 > unit || (rest * 2 == unit && q % 2 != 0)) ++q;
  q *= unit;
  if (q > INT64_MAX || q < INT64_MIN) fail("an integer overflows 64 bits");
  return Value::of(static_cast<std::int64_t>(q));
}

Value rounded(Call& c) {
  const Value& v = c.self;
  const std::string_view how = !c[1] ? "common" : c[1]->is_string() ? c[1]->view() : "";
  if (how != "common" && how != "ceil" && how != "floor") fail("method must be common, ceil or floor");
  if (v.is_undefined()) fail(v.message());
  if (!v.is_number()) fail(std::string("round of a value of type '") + type_name(v) + "', expected a number");
  const bool bare_round = c[0] && c[0]->is_none() && how == "common";
  const std::int64_t digits = bare_round ? 0 : c.integer(0, 0, "round's precision");
  if (digits > 400 || digits < -400) fail("round's precision is out of range");
  if (how != "common") return rounded_up_or_down(v, digits, how == "ceil");
  if (v.is_whole()) return rounded_whole(v.integer, digits);
  if (!std::isfinite(v.real)) return v;
  double d = 0;
  if (digits >= 0) {
    read_float(fmt::format("{:.{}f}", v.real, digits), d);
  } else {
    const double unit = power_of_ten(-digits), q = v.real / unit;
    d = std::nearbyint(q) * unit;
    if (std::fabs(q - std::trunc(q)) == 0.5) d = 2.0 * std::nearbyint(q / 2.0) * unit;
  }
  return bare_round ? whole_of(d, nullptr) : Value::of(d);
}

Value absolute(Call& c) {
  if (c.self.is_undefined()) fail(c.self.message());
  if (!c.self.is_number()) fail(std::string("bad operand type for abs(): '") + type_name(c.self) + "'");
  if (c.self.is(Kind::kFloat)) return Value::of(std::fabs(c.self.real));
  return c.self.integer < 0 ? negative(c.self) : Value::of(c.self.integer);
}

Value file_size(Call& c) {
  double bytes = 0;
  if (c.self.is_undefined()) fail(c.self.message());
  if (c.self.is_number()) bytes = c.self.number();
  else if (!c.self.is_string() || !read_float(c.self.view(), bytes)) fail("filesizeformat wants a number");
  static constexpr const char* kPrefixes = "kMGTPEZY";
  const bool binary = c.flag(0);
  const double base = binary ? 1024 : 1000;
  if (bytes == 1) return Value::text("1 Byte");
  if (bytes < base) return Value::text(fmt::format("{} Bytes", static_cast<std::int64_t>(bytes)));
  double unit = base;
  for (int i = 0;; ++i) {
    unit *= base;
    if (bytes < unit || i == 7) {
      const char prefix = binary && i == 0 ? 'K' : kPrefixes[i];
      return Value::text(fmt::format("{:.1f} {}{}", base * bytes / unit, prefix, binary ? "iB" : "B"));
    }
  }
}

constexpr Function kNumberFilters[] = {
    {"int", to_integer, 0, {"default", "base"}},
    {"float", to_float, 0, {"default"}},
    {"round", rounded, 0, {"precision", "method"}},
    {"abs", absolute},
    {"filesizeformat", file_size, 0, {"binary"}}};

}  // namespace

bool read_integer(std::string_view text, std::int64_t base, std::int64_t& out) {
  if (base != 0 && (base < 2 || base > 36)) return false;
  std::string s;
  if (!bare(text, s)) return false;
  const bool minus = s[0] == '-';
  if (minus || s[0] == '+') s.erase(0, 1);
  if (s.size() > 1 && s[0] == '0') {
    const char mark = static_cast<char>(s[1] | 0x20);
    const int marked = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    if (marked && (base == marked || base == 0)) {
      s.erase(0, 2);
      base = marked;
    } else if (base == 0 && s.find_first_not_of('0') != s.npos) {
      return false;
    }
  }
  if (s.empty()) return false;
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), n, base == 0 ? 10 : static_cast<int>(base));
  if (end != s.data() + s.size()) return false;
  if (error == std::errc::result_out_of_range || n > static_cast<std::uint64_t>(INT64_MAX))
    fail("an integer overflows 64 bits: " + s);
  out = minus ? -static_cast<std::int64_t>(n) : static_cast<std::int64_t>(n);
  return error == std::errc();
}

bool read_float(std::string_view text, double& out) {
  std::string s;
  if (!bare(text, s)) return false;
  const bool minus = s[0] == '-';
  if (minus || s[0] == '+') s.erase(0, 1);
  std::string word = s;
  for (char& c : word) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  if (word == "inf" || word == "infinity" || word == "nan") {
    out = word == "nan" ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
  } else {
    if (s.empty() || s.find_first_not_of("0123456789.eE+-") != s.npos) return false;
    if (s[0] == '.' && s.size() > 1 && s[1] >= '0' && s[1] <= '9') s.insert(0, 1, '0');
    if (s[0] < '0' || s[0] > '9') return false;
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), out);
    if (end != s.data() + s.size()) return false;
    if (error == std::errc::result_out_of_range) {
      const std::size_t e = s.find_first_of("eE");
      out = e != s.npos && s[e + 1] == '-' ? 0.0 : std::numeric_limits<double>::infinity();
    }
  }
  if (minus) out = -out;
  return true;
}

std::span<const Function> number_filters() { return kNumberFilters; }

}  // namespace weft::jinja
