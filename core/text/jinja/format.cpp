// Python's two ways to put values into a text: "%s" % values, and "{}".format(values).
#include <cmath>
#include <cstdio>

#include "core/text/jinja/value.hpp"

namespace weft::jinja {
namespace {

constexpr int kMaxWidth = 10000;

/// [fill and align] of one replacement; '<' left, '>' right.
struct Layout {
  bool left = false, zero = false, plus = false, blank = false;
  int width = 0, precision = -1;
};

std::string laid_out(Meter& meter, const std::string& text, const Layout& layout, bool number) {
  const auto n = static_cast<int>(std::min<std::int64_t>(length(meter, Value::text(text)), kMaxWidth));
  if (n >= layout.width) return text;
  const auto missing = static_cast<std::size_t>(layout.width - n);
  if (layout.left) return text + std::string(missing, ' ');
  if (!layout.zero || !number) return std::string(missing, ' ') + text;
  const std::size_t sign = text.starts_with('-') || text.starts_with('+') || text.starts_with(' ') ? 1 : 0;
  return text.substr(0, sign) + std::string(missing, '0') + text.substr(sign);
}

std::string number_text(char kind, const Value& v, const Layout& layout) {
  if (!v.is_number()) fail(std::string("%") + kind + " wants a number");
  char buffer[512];
  std::string sign = layout.plus ? "+" : layout.blank ? " " : "";
  if (kind == 'd' || kind == 'i' || kind == 'x' || kind == 'X' || kind == 'o') {
    if (kind != 'd' && kind != 'i' && !v.is_whole()) fail(std::string("%") + kind + " wants an integer");
    if (!v.is_whole() && !(std::fabs(v.real) < 9e18)) fail("a number is too large");
    const std::int64_t i = v.is_whole() ? v.integer : static_cast<std::int64_t>(v.real);
    const auto size = i < 0 ? 0 - static_cast<unsigned long long>(i) : static_cast<unsigned long long>(i);
    const char* how = kind == 'x' ? "%llx" : kind == 'X' ? "%llX" : kind == 'o' ? "%llo" : "%llu";
    std::snprintf(buffer, sizeof buffer, how, size);
    return (i < 0 ? "-" : sign) + buffer;
  }
  const double d = v.number();
  const int precision = std::min(layout.precision < 0 ? 6 : layout.precision, 100);
  const char how[] = {'%', '.', '*', kind, 0};
  std::snprintf(buffer, sizeof buffer, how, precision, std::fabs(d));
  return (std::signbit(d) ? "-" : sign) + buffer;
}

int read_number(const std::string& s, std::size_t& i) {
  int n = 0;
  while (i < s.size() && s[i] >= '0' && s[i] <= '9') {
    n = n * 10 + (s[i++] - '0');
    if (n > kMaxWidth) fail("a width of more than " + std::to_string(kMaxWidth));
  }
  return n;
}

std::string cut(const std::string& text, int precision) {
  if (precision < 0) return text;
  std::string out;
  int n = 0;
  for (const std::string_view c : characters(text)) {
    if (n++ == precision) break;
    out += c;
  }
  return out;
}

}  // namespace

std::string format_percent(Meter& meter, const std::string& format, const Value& values) {
  std::string out;
  std::size_t used = 0;
  const bool many = values.is(Value::Kind::kTuple);
  for (std::size_t i = 0; i < format.size();) {
    if (format[i] != '%') {
      out += format[i++];
      continue;
    }
    meter.take(1);
    meter.check_text(out.size());
    if (++i < format.size() && format[i] == '%') {
      out += format[i++];
      continue;
    }
    const Value* value = nullptr;
    if (i < format.size() && format[i] == '(') {
      const std::size_t close = format.find(')', i);
      if (close == format.npos || !values.is_dict()) fail("%(name) wants a dict");
      value = find(meter, values, Value::text(format.substr(i + 1, close - i - 1)));
      if (!value) fail("no value for '" + format.substr(i + 1, close - i - 1) + "'");
      i = close + 1;
    }
    Layout layout;
    for (; i < format.size() && std::string_view("-0+ #").find(format[i]) != std::string_view::npos; ++i) {
      layout.left = layout.left || format[i] == '-';
      layout.zero = layout.zero || format[i] == '0';
      layout.plus = layout.plus || format[i] == '+';
      layout.blank = layout.blank || format[i] == ' ';
    }
    layout.width = read_number(format, i);
    if (i < format.size() && format[i] == '.') layout.precision = read_number(format, ++i);
    if (i >= format.size()) fail("an incomplete format");
    const char kind = format[i++];
    if (!value) {
      if (many ? used >= values.items().size() : used >= 1) fail("not enough values for the format");
      value = many ? &values.items()[used] : &values;
      ++used;
    }
    if (kind == 's' || kind == 'r') {
      const std::string text = kind == 's' ? to_text(meter, *value) : repr(meter, *value);
      out += laid_out(meter, cut(text, layout.precision), layout, false);
    } else if (std::string_view("dixXofeg").find(kind) != std::string_view::npos) {
      out += laid_out(meter, number_text(kind, *value, layout), layout, true);
    } else {
      fail(std::string("unknown format %") + kind);
    }
  }
  if (many ? used < values.items().size() : used == 0 && !values.is_dict()) fail("more values than the format takes");
  return out;
}

std::string format_braces(Meter& meter, const std::string& format, const Arguments& args) {
  std::string out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < format.size();) {
    const char c = format[i];
    if (c != '{' && c != '}') {
      out += format[i++];
      continue;
    }
    meter.take(1);
    meter.check_text(out.size());
    if (i + 1 < format.size() && format[i + 1] == c) {
      out += c;
      i += 2;
      continue;
    }
    const std::size_t close = format.find('}', i);
    if (c == '}' || close == format.npos) fail("a single brace in a format");
    std::string field = format.substr(i + 1, close - i - 1), spec;
    i = close + 1;
    if (const auto colon = field.find(':'); colon != field.npos) {
      spec = field.substr(colon + 1);
      field.resize(colon);
    }
    const bool place = field.find_first_not_of("0123456789") == field.npos;
    std::size_t at = 0;
    const std::size_t number = field.empty() ? next++ : static_cast<std::size_t>(place ? read_number(field, at) : -1);
    const Value* value = args.get(number, place ? std::string_view() : std::string_view(field));
    if (!value) fail("no value for '{" + field + "}'");
    Layout layout;
    at = 0;
    layout.left = !value->is_number();
    if (at < spec.size() && (spec[at] == '<' || spec[at] == '>')) layout.left = spec[at++] == '<';
    if (at < spec.size() && spec[at] == '0') layout.zero = true;
    layout.width = read_number(spec, at);
    if (at < spec.size() && spec[at] == '.') layout.precision = read_number(spec, ++at);
    const char kind = at < spec.size() ? spec[at++] : value->is_number() && layout.precision < 0 ? 'n' : 's';
    if (at != spec.size() || std::string_view("sndfxXoe").find(kind) == std::string_view::npos) {
      fail("the format '{:" + spec + "}' is not supported");
    }
    const bool text = kind == 's' || kind == 'n';
    out += laid_out(meter, text ? cut(to_text(meter, *value), layout.precision) : number_text(kind, *value, layout),
                    layout, value->is_number());
  }
  return out;
}

}  // namespace weft::jinja
