// Python's json.dumps, as transformers' tojson calls it.
#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/text/jinja/value.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;

class JsonWriter {
 public:
  JsonWriter(Meter& meter, const JsonStyle& style) : meter_(meter), style_(style) {}
  Text out;

  void write(const Value& v, std::size_t depth) {
    meter_.take(1);
    meter_.check_text(out.size());
    switch (v.kind) {
      case Kind::kList:
      case Kind::kTuple: return list(v.items(), depth);
      case Kind::kDict: return dict(v, depth);
      case Kind::kString: return quoted(v.text());
      default:
        if (!v.is_none() && !v.is_number())
          fail(std::string("an object of type ") + type_name(v) + " is not JSON serializable");
        out.append(scalar(v));
    }
  }

 private:
  static std::string scalar(const Value& v) {
    if (v.is_none()) return "null";
    if (v.is(Kind::kBool)) return v.integer ? "true" : "false";
    if (v.is_whole()) return std::to_string(v.integer);
    if (std::isnan(v.real)) return "NaN";
    if (std::isinf(v.real)) return v.real < 0 ? "-Infinity" : "Infinity";
    return float_text(v.real);
  }

  void quoted(const Text& s) {
    static constexpr std::string_view kShort = "\"\\\n\r\t\f\b", kLetter = "\"\\nrtfb";
    out.append("\"");
    std::size_t plain = 0, at = 0;  // characters that need no escape are copied in runs
    UserCursor user(s);
    for_each_character(s.view(), [&](std::uint32_t c, std::string_view bytes) {
      const std::size_t here = at;
      at += bytes.size();
      if (c >= 0x20 && c != '"' && c != '\\' && (!style_.ascii || c <= 0x7E)) return;
      out.append(s, plain, here);
      plain = at;
      const auto special = c < 0x80 ? kShort.find(static_cast<char>(c)) : kShort.npos;
      const std::string shown = special != kShort.npos ? std::string("\\") + kLetter[special]
                                : c < 0x10000          ? fmt::format("\\u{:04x}", c)
                                              : fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((c - 0x10000) >> 10),
                                                            0xDC00 + ((c - 0x10000) & 0x3FF));
      out.append(shown, user.at(here));
    });
    out.append(s, plain, at);
    out.append("\"");
  }

  void list(const List& items, std::size_t depth) {
    out.append("[");
    for (std::size_t i = 0; i < items.size(); ++i) {
      begin(i, depth + 1);
      write(items[i], depth + 1);
    }
    end(items.empty(), "]", depth);
  }

  void dict(const Value& v, std::size_t depth) {
    Entries sorted;
    if (style_.sort_keys) {
      sorted = v.entries();
      std::stable_sort(sorted.begin(), sorted.end(),
                       [&](const auto& a, const auto& b) { return less(meter_, a.first, b.first); });
    }
    const Entries& entries = style_.sort_keys ? sorted : v.entries();
    out.append("{");
    for (std::size_t i = 0; i < entries.size(); ++i) {
      begin(i, depth + 1);
      const Value& key = entries[i].first;
      if (!key.is_string() && !key.is_number() && !key.is_none()) {
        fail(std::string("keys must be str, int, float, bool or None, not ") + type_name(key));
      }
      if (key.is_string()) {
        quoted(key.text());
      } else {
        out.append('"' + scalar(key) + '"');
      }
      out.append(style_.key_separator);
      write(entries[i].second, depth + 1);
    }
    end(entries.empty(), "}", depth);
  }

  void begin(std::size_t i, std::size_t depth) {
    if (i > 0) out.append(style_.item_separator);
    line(depth);
  }
  void end(bool empty, std::string_view close, std::size_t depth) {
    if (!empty) line(depth);
    out.append(close);
  }
  void line(std::size_t depth) {
    if (!style_.lines) return;
    out.append("\n");
    meter_.check_text(style_.indent.size(), depth);
    for (std::size_t i = 0; i < depth; ++i) out.append(style_.indent);
  }

  Meter& meter_;
  const JsonStyle& style_;
};

}  // namespace

Text to_json(Meter& meter, const Value& v, const JsonStyle& style) {
  JsonWriter writer(meter, style);
  writer.write(v, 0);
  return std::move(writer.out);
}

}  // namespace weft::jinja
