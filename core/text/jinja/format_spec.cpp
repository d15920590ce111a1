// Python's format(value, spec): [[fill]align][sign][z][#][0][width][grouping][.precision][type].
#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/text/jinja/functions.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

constexpr std::int64_t kMaxWidth = 100'000;  // characters; a wider format is refused

struct Spec {
  std::string fill = " ";
  char align = 0, sign = '-', group = 0, type = 0;
  bool alternate = false, no_minus_zero = false;
  std::int64_t width = 0, precision = -1;
};

std::int64_t read_width(std::string_view s, std::size_t& i) {
  std::int64_t n = 0;
  while (i < s.size() && s[i] >= '0' && s[i] <= '9') {
    n = n * 10 + (s[i++] - '0');
    if (n > kMaxWidth) fail("a width of more than " + std::to_string(kMaxWidth));
  }
  return n;
}

bool is_align(std::string_view s, std::size_t i) {
  return i < s.size() && std::string_view("<>=^").find(s[i]) != std::string_view::npos;
}

Spec read_spec(std::string_view s, const Value& v) {
  Spec spec;
  std::size_t i = 0;
  const std::size_t first = s.empty() ? 0 : utf8_step(s).length;
  if (is_align(s, first)) {
    spec.fill = s.substr(0, first);
    spec.align = s[first];
    i = first + 1;
  } else if (is_align(s, 0)) {
    spec.align = s[i++];
  }
  const auto take = [&](std::string_view any) {
    return i < s.size() && any.find(s[i]) != std::string_view::npos ? s[i++] : '\0';
  };
  const char sign = take("+- ");
  if (sign) spec.sign = sign;
  spec.no_minus_zero = take("z");
  spec.alternate = take("#");
  if (i < s.size() && s[i] == '0') {
    ++i;
    if (!spec.align) spec.align = v.is_string() ? '<' : '=', spec.fill = "0";
    else if (spec.fill == " ") spec.fill = "0";
  }
  spec.width = read_width(s, i);
  spec.group = take(",_");
  if (i < s.size() && s[i] == '.') {
    ++i;
    if (i >= s.size() || s[i] < '0' || s[i] > '9') fail("format specifier missing precision");
    spec.precision = read_width(s, i);
  }
  if (i < s.size()) spec.type = s[i++];
  const bool text = v.is_string();
  if (i < s.size()) fail("invalid format specifier '" + std::string(s) + "'");
  if (text && (sign || spec.alternate || spec.no_minus_zero || spec.group || spec.align == '='))
    fail("this format is not allowed for strings");
  if (text && spec.type && spec.type != 's') fail(std::string("unknown format code '") + spec.type + "' for a string");
  return spec;
}

/// Puts `mark` between groups of `every` digits of the whole part.
std::string grouped(const std::string& digits, char mark, std::size_t every) {
  const std::size_t whole =
      every == 4 ? digits.size() : std::min(digits.find_first_not_of("0123456789"), digits.size());
  std::string out;
  for (std::size_t i = 0; i < whole; ++i) {
    if (i > 0 && (whole - i) % every == 0) out += mark;
    out += digits[i];
  }
  return out + digits.substr(whole);
}

std::string whole_digits(std::uint64_t n, char type) {
  switch (type) {
    case 'b': return fmt::format("{:b}", n);
    case 'o': return fmt::format("{:o}", n);
    case 'x': return fmt::format("{:x}", n);
    case 'X': return fmt::format("{:X}", n);
    default: return std::to_string(n);
  }
}

std::string real_digits(double x, const Spec& spec) {
  x = std::fabs(x);
  std::string out;
  if (!std::isfinite(x)) {
    out = std::isnan(x) ? "nan" : "inf";
    if (spec.type == '%') out += '%';
  } else if (spec.type == 0 && spec.precision < 0) {
    out = float_text(x);
  } else {
    const int precision = static_cast<int>(spec.precision < 0 ? 6 : spec.precision);
    switch (spec.type) {
      case 'e':
      case 'E':
        out = spec.alternate ? fmt::format("{:#.{}e}", x, precision) : fmt::format("{:.{}e}", x, precision);
        break;
      case 'f':
      case 'F':
        out = spec.alternate ? fmt::format("{:#.{}f}", x, precision) : fmt::format("{:.{}f}", x, precision);
        break;
      case '%': out = fmt::format("{:.{}f}%", x * 100, precision); break;
      default: {
        const int p = std::max(precision, 1);
        out = spec.alternate ? fmt::format("{:#.{}g}", x, p) : fmt::format("{:.{}g}", x, p);
        if (spec.type == 0) {  // the text always shows that the value is a float
          const double scientific = std::floor(std::log10(x == 0 ? 1 : x));
          if (out.find_first_of(".e") == out.npos) {
            if (scientific >= p - 1) out = fmt::format("{:.{}e}", x, p - 1);
            else out += ".0";
          }
        }
      }
    }
  }
  if (spec.type == 'E' || spec.type == 'F' || spec.type == 'G') {
    for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  return out;
}

Text laid_out(Meter& meter, const Spec& spec, const std::string& sign, std::string digits, std::size_t every) {
  if (spec.group) {
    digits = grouped(digits, spec.group, every);
    if (spec.align == '=' && spec.fill == "0") {  // zeros that fill the width are grouped too
      const auto width = static_cast<std::size_t>(std::max<std::int64_t>(0, spec.width)) -
                         std::min<std::size_t>(sign.size(), static_cast<std::size_t>(spec.width));
      std::size_t whole = std::min(digits.find('.'), digits.size()), since = std::min(digits.find(spec.group), whole);
      if (since == whole || digits.find(spec.group) == digits.npos)
        since = std::min(digits.find_first_not_of(every == 3 ? "0123456789" : "0123456789abcdefABCDEF"), digits.size());
      while (digits.size() < width) {
        if (since == every) {
          digits.insert(0, 1, spec.group);
          since = 0;
          if (digits.size() >= width) digits.insert(0, 1, '0'), since = 1;
        } else {
          digits.insert(0, 1, '0');
          ++since;
        }
      }
      return Text(sign + digits);
    }
  }
  const char align = spec.align ? spec.align : '>';
  if (align != '=')
    return padded(meter, Text(sign + digits), sign.size() + digits.size(), spec.width, spec.fill, align);
  Text out(sign);
  out.append(
      padded(meter, Text(digits), digits.size(), spec.width - static_cast<std::int64_t>(sign.size()), spec.fill, '>'));
  return out;
}

Text format_number(Meter& meter, const Value& v, Spec spec) {
  const bool real =
      v.is(Value::Kind::kFloat) || (spec.type && std::string_view("eEfFgG%").find(spec.type) != std::string_view::npos);
  if (spec.type == 'n') spec.type = real ? 'g' : 'd';
  if (real) {
    if (spec.type && std::string_view("eEfFgG%").find(spec.type) == std::string_view::npos) {
      fail(std::string("unknown format code '") + spec.type + "' for object of type 'float'");
    }
    const double x = v.number();
    const std::string digits = real_digits(x, spec);
    const bool zero = digits.find_first_not_of("0.%") == digits.npos;
    const bool minus = std::signbit(x) && !std::isnan(x) && !(zero && spec.no_minus_zero);
    return laid_out(meter, spec, minus ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign), digits, 3);
  }
  if (spec.no_minus_zero) fail("negative zero coercion (z) not allowed in integer format specifier");
  if (spec.precision >= 0) fail("precision not allowed in integer format specifier");
  if (spec.type == 'c') {
    if (v.integer < 0 || v.integer > 0x10FFFF || (v.integer >= 0xD800 && v.integer < 0xE000))
      fail("%c arg not a character");
    std::string c;
    append_utf8(c, static_cast<std::uint32_t>(v.integer));
    return padded(meter, Text(c), 1, spec.width, spec.fill, spec.align ? spec.align : '<');
  }
  if (spec.type && std::string_view("bdoxX").find(spec.type) == std::string_view::npos) {
    fail(std::string("unknown format code '") + spec.type + "' for object of type 'int'");
  }
  const bool decimal = spec.type == 0 || spec.type == 'd';
  if (spec.group == ',' && !decimal) fail(std::string("cannot specify ',' with '") + spec.type + "'");
  const auto magnitude =
      v.integer < 0 ? 0 - static_cast<std::uint64_t>(v.integer) : static_cast<std::uint64_t>(v.integer);
  std::string sign = v.integer < 0 ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign);
  if (spec.alternate && !decimal) sign += std::string("0") + spec.type;
  return laid_out(meter, spec, sign, whole_digits(magnitude, spec.type), decimal ? 3 : 4);
}

}  // namespace

Text repeated(Meter& meter, std::string_view s, std::int64_t times) {
  Text out;
  if (times <= 0) return out;
  meter.check_text(s.size(), static_cast<std::uint64_t>(times));
  for (std::int64_t i = 0; i < times; ++i) out.append(s);
  return out;
}

Text padded(Meter& meter, const Text& s, std::size_t characters, std::int64_t width, std::string_view fill,
            char align) {
  const std::int64_t missing = width - static_cast<std::int64_t>(characters);
  if (missing <= 0) return s;
  const std::int64_t left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  Text out = repeated(meter, fill, left);
  out.append(s);
  out.append(repeated(meter, fill, missing - left));
  return out;
}

Text format_value(Meter& meter, const Value& v, const Text& spec_text) {
  if (spec_text.empty()) return to_text(meter, v);
  if (!v.is_number() && !v.is_string()) {
    if (v.is_undefined()) return {};
    fail(std::string("unsupported format string passed to ") + type_name(v) + ".__format__");
  }
  const Spec spec = read_spec(spec_text.view(), v);
  if (!v.is_string()) {
    return format_number(meter, v, spec);
  }
  Text s = v.text();
  std::size_t n = v.characters();
  if (spec.precision >= 0 && static_cast<std::size_t>(spec.precision) < n) {
    n = static_cast<std::size_t>(spec.precision);
    s = s.part(0, offset_of(v, n));
  }
  return padded(meter, s, n, spec.width, spec.fill, spec.align ? spec.align : '<');
}

}  // namespace weft::jinja
