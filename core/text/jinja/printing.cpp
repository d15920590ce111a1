// Values as text: str(), repr() and json.dumps() of Python.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/error.hpp"
#include "core/text/jinja/value.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

std::string python_quoted(std::string_view s) {
  const bool single = s.find('\'') != s.npos, twice = s.find('"') != s.npos;
  const char quote = single && !twice ? '"' : '\'';
  std::string out(1, quote);
  for_each_character(s, [&](std::uint32_t c, std::string_view bytes) {
    if (c == static_cast<std::uint32_t>(quote) || c == '\\') {
      out += '\\';
      out += bytes;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (is_printable(c)) {
      out += bytes;
    } else if (c < 0x100) {
      out += fmt::format("\\x{:02x}", c);
    } else if (c < 0x10000) {
      out += fmt::format("\\u{:04x}", c);
    } else {
      out += fmt::format("\\U{:08x}", c);
    }
  });
  return out + quote;
}

std::string json_quoted(std::string_view s, bool ascii) {
  std::string out = "\"";
  for_each_character(s, [&](std::uint32_t c, std::string_view bytes) {
    static constexpr std::string_view kShort = "\"\\\n\r\t\f\b", kLetter = "\"\\nrtfb";
    const auto at = c < 0x80 ? kShort.find(static_cast<char>(c)) : kShort.npos;
    if (at != kShort.npos) {
      out += '\\';
      out += kLetter[at];
    } else if (c < 0x20 || (ascii && c > 0x7E && c < 0x10000)) {
      out += fmt::format("\\u{:04x}", c);
    } else if (ascii && c >= 0x10000) {
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((c - 0x10000) >> 10),
                         0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      out += bytes;
    }
  });
  return out + '"';
}

class JsonWriter {
 public:
  JsonWriter(Meter& meter, const JsonStyle& style) : meter_(meter), style_(style) {}

  void write(const Value& v, int depth) {
    meter_.take(1);
    meter_.check_text(out.size());
    switch (v.kind) {
      case Value::Kind::kNone: out += "null"; return;
      case Value::Kind::kBool: out += v.integer ? "true" : "false"; return;
      case Value::Kind::kInteger: out += std::to_string(v.integer); return;
      case Value::Kind::kFloat: out += number(v.real); return;
      case Value::Kind::kString: out += json_quoted(v.string(), style_.ascii); return;
      case Value::Kind::kList:
      case Value::Kind::kTuple: {
        if (v.items().empty()) return void(out += "[]");
        out += '[';
        for (std::size_t i = 0; i < v.items().size(); ++i) {
          begin(i, depth + 1);
          write(v.items()[i], depth + 1);
        }
        return end(']', depth);
      }
      case Value::Kind::kDict: return dict(v, depth);
      default: fail("tojson of a value that is not JSON");
    }
  }

  std::string out;

 private:
  static std::string number(double d) {
    if (std::isnan(d)) return "NaN";
    if (std::isinf(d)) return d < 0 ? "-Infinity" : "Infinity";
    return float_text(d);
  }

  void dict(const Value& v, int depth) {
    if (v.entries().empty()) return void(out += "{}");
    Entries entries = v.entries();
    if (style_.sort_keys) {
      std::stable_sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
        return less(meter_, a.first, b.first);
      });
    }
    out += '{';
    for (std::size_t i = 0; i < entries.size(); ++i) {
      begin(i, depth + 1);
      out += key(entries[i].first) + style_.key_separator;
      write(entries[i].second, depth + 1);
    }
    end('}', depth);
  }

  std::string key(const Value& k) {
    if (k.is_string()) return json_quoted(k.string(), style_.ascii);
    if (!k.is_number() && !k.is_none()) fail("a key that JSON does not know");
    JsonWriter plain(meter_, style_);
    plain.write(k, 0);
    return '"' + plain.out + '"';
  }

  void begin(std::size_t i, int depth) {
    if (i > 0) out += style_.item_separator;
    line(depth);
  }
  void end(char close, int depth) {
    line(depth);
    out += close;
  }
  void line(int depth) {
    if (style_.indent < 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(style_.indent * depth), ' ');
  }

  Meter& meter_;
  const JsonStyle& style_;
};

void append_repr(Meter& meter, const Value& v, std::string& out);

void append_list(Meter& meter, const List& items, std::string& out) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ", ";
    append_repr(meter, items[i], out);
  }
}

void append_repr(Meter& meter, const Value& v, std::string& out) {
  meter.take(1);
  meter.check_text(out.size());
  switch (v.kind) {
    case Value::Kind::kUndefined: out += "Undefined"; return;
    case Value::Kind::kNone: out += "None"; return;
    case Value::Kind::kBool: out += v.integer ? "True" : "False"; return;
    case Value::Kind::kInteger: out += std::to_string(v.integer); return;
    case Value::Kind::kFloat: out += float_text(v.real); return;
    case Value::Kind::kString: out += python_quoted(v.string()); return;
    case Value::Kind::kList:
      out += '[';
      append_list(meter, v.items(), out);
      out += ']';
      return;
    case Value::Kind::kTuple:
      out += '(';
      append_list(meter, v.items(), out);
      out += v.items().size() == 1 ? ",)" : ")";
      return;
    case Value::Kind::kDict: {
      out += '{';
      bool first = true;
      for (const auto& [key, value] : v.entries()) {
        if (!first) out += ", ";
        first = false;
        append_repr(meter, key, out);
        out += ": ";
        append_repr(meter, value, out);
      }
      out += '}';
      return;
    }
    case Value::Kind::kGenerator: out += "<generator>"; return;
    case Value::Kind::kNamespace: out += "<Namespace>"; return;
    case Value::Kind::kMacro: out += "<Macro>"; return;
    case Value::Kind::kFunction:
    case Value::Kind::kMethod: out += "<function>"; return;
  }
}

}  // namespace

// The shortest digits that read back as the same number; an exponent below -4 or from 16 on.
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

std::string repr(Meter& meter, const Value& v) {
  std::string out;
  append_repr(meter, v, out);
  return out;
}

std::string to_text(Meter& meter, const Value& v) {
  if (v.is_undefined()) return "";
  return v.is_string() ? v.string() : repr(meter, v);
}

std::string to_json(Meter& meter, const Value& v, const JsonStyle& style) {
  JsonWriter writer(meter, style);
  writer.write(v, 0);
  return std::move(writer.out);
}

}  // namespace weft::jinja
