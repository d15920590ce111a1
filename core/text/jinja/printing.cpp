// Values as text: Python's str() and repr().
#include <charconv>
#include <cmath>

#include "core/base/error.hpp"
#include "core/text/jinja/functions.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;

class Printer {
 public:
  explicit Printer(Meter& meter) : meter_(meter) {}
  Text out;

  void print(const Value& v) {
    meter_.take(1);
    meter_.check_text(out.size());
    if (++depth_ > kMaxNesting) fail("a value to print nests too deep");
    switch (v.kind) {
      case Kind::kNone: out.append("None"); break;
      case Kind::kBool: out.append(v.integer ? "True" : "False"); break;
      case Kind::kInteger: out.append(std::to_string(v.integer)); break;
      case Kind::kFloat: out.append(float_text(v.real)); break;
      case Kind::kString:
        if (v.is_safe()) out.append("Markup(");
        append_quoted(out, v.text(), false);
        if (v.is_safe()) out.append(")");
        break;
      case Kind::kList: items("[", v.items(), "]"); break;
      case Kind::kTuple: items("(", v.items(), v.items().size() == 1 ? ",)" : ")"); break;
      case Kind::kRange: range(v); break;
      case Kind::kView:
        out.append(v.label());
        items("([", v.items(), "])");
        break;
      case Kind::kDict: dict(v); break;
      case Kind::kNamespace: space(v.as<Namespace>()); break;
      case Kind::kLoop: out.append(loop_text(v.as<Loop>())); break;
      case Kind::kMacro: out.append("<Macro '" + macro_name(v.as<Macro>()) + "'>"); break;
      case Kind::kMissing:
      case Kind::kUndefined: out.append("Undefined"); break;
      default: out.append(std::string("<") + type_name(v) + " object>");
    }
    --depth_;
  }

 private:
  void items(std::string_view open, const List& list, std::string_view close) {
    out.append(open);
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out.append(", ");
      print(list[i]);
    }
    out.append(close);
  }

  void range(const Value& v) {
    std::int64_t b[3];
    v.range_bounds(b);
    out.append(b[2] == 1 ? fmt::format("range({}, {})", b[0], b[1])
                         : fmt::format("range({}, {}, {})", b[0], b[1], b[2]));
  }

  void dict(const Value& v) {
    out.append("{");
    bool first = true;
    for (const auto& [key, value] : v.entries()) {
      if (!first) out.append(", ");
      first = false;
      print(key);
      out.append(": ");
      print(value);
    }
    out.append("}");
  }

  void space(const Namespace& space) {
    out.append("<Namespace {");
    bool first = true;
    for (const auto& name : space.order) {
      if (!first) out.append(", ");
      first = false;
      append_quoted(out, Text(name), false);
      out.append(": ");
      print(space.names.find(name)->second);
    }
    out.append("}>");
  }

  Meter& meter_;
  int depth_ = 0;
};

}  // namespace

void append_quoted(Text& out, const Text& s, bool ascii) {
  const bool single = s.bytes().find('\'') != std::string::npos, twice = s.bytes().find('"') != std::string::npos;
  const char quote = single && !twice ? '"' : '\'';
  out.append(std::string_view(&quote, 1));
  UserCursor user(s);
  std::size_t at = 0;
  std::string shown;
  for_each_character(s.view(), [&](std::uint32_t c, std::string_view bytes) {
    shown = bytes;
    if (c == static_cast<std::uint32_t>(quote) || c == '\\') {
      shown = '\\' + shown;
    } else if (c == '\n') {
      shown = "\\n";
    } else if (c == '\t') {
      shown = "\\t";
    } else if (c == '\r') {
      shown = "\\r";
    } else if (!is_printable(c) || (ascii && c > 0x7E)) {
      shown = c < 0x100     ? fmt::format("\\x{:02x}", c)
              : c < 0x10000 ? fmt::format("\\u{:04x}", c)
                            : fmt::format("\\U{:08x}", c);
    }
    out.append(shown, user.at(at));
    at += bytes.size();
  });
  out.append(std::string_view(&quote, 1));
}

// The shortest digits that read back as the same number; with an exponent if it is below -4 or at least 16.
std::string float_text(double d) {
  if (std::isnan(d)) return "nan";
  if (std::isinf(d)) return d < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, d, std::chars_format::scientific).ptr;
  std::string_view all(buffer, static_cast<std::size_t>(end - buffer));
  std::string out;
  if (all.starts_with('-')) {
    out = "-";
    all.remove_prefix(1);
  }
  const auto e = all.find('e');
  const int exponent = std::stoi(std::string(all.substr(e + 1)));
  std::string digits(all.substr(0, e));
  std::erase(digits, '.');
  const auto n = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (n > 1) out += '.' + digits.substr(1);
    return out + fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  if (exponent < 0) return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  if (n <= exponent + 1) return out + digits + std::string(static_cast<std::size_t>(exponent + 1 - n), '0') + ".0";
  const auto point = static_cast<std::size_t>(exponent + 1);
  return out + digits.substr(0, point) + '.' + digits.substr(point);
}

Text repr(Meter& meter, const Value& v) {
  Printer printer(meter);
  printer.print(v);
  return std::move(printer.out);
}

Text to_text(Meter& meter, const Value& v) {
  if (v.is_undefined()) return {};
  return v.is_string() ? v.text() : repr(meter, v);
}

}  // namespace weft::jinja
