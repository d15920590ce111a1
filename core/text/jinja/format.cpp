// Python's two ways to put values into a text: "%s" % values and "{}".format(values).
#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/text/jinja/functions.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;
constexpr std::string_view kDigits = "0123456789";

/// "%s" % values.
class Percent {
 public:
  Percent(Meter& meter, const Value& format, const Value& values)
      : meter_(meter),
        format_(format.text()),
        safe_(format.is_safe()),
        values_(values),
        many_(values.is(Kind::kTuple)) {}

  Text run() {
    const std::string_view s = format_.view();
    while (i_ < s.size()) {
      const std::size_t next = std::min(s.find('%', i_), s.size());
      out_.append(format_, i_, next);
      i_ = next;
      if (i_ < s.size()) directive(s);
    }
    const bool mapping = values_.is_dict() || values_.is(Kind::kList) || values_.is(Kind::kRange) ||
                         values_.is(Kind::kNamespace) || values_.is_undefined();
    if (many_ ? used_ < values_.items().size() : used_ == 0 && !named_ && !mapping) {
      fail("not all arguments converted during string formatting");
    }
    return std::move(out_);
  }

 private:
  const Value& next_value() {
    if (many_ ? used_ >= values_.items().size() : used_ >= 1) fail("not enough arguments for format string");
    return many_ ? values_.items()[used_++] : (++used_, values_);
  }
  char peek(std::string_view s) const { return i_ < s.size() ? s[i_] : '\0'; }
  std::int64_t number(std::string_view s) {
    if (peek(s) == '*') {
      ++i_;
      return integer_of(next_value(), "*");
    }
    std::int64_t n = 0;
    while (kDigits.find(peek(s)) != kDigits.npos && peek(s)) {
      n = n * 10 + (s[i_++] - '0');
      if (n > 100'000) fail("a width of more than 100000");
    }
    return n;
  }

  void directive(std::string_view s) {
    meter_.take(1);
    meter_.check_text(out_.size());
    ++i_;
    const Value* value = nullptr;
    if (peek(s) == '(') {
      std::size_t close = i_ + 1;
      for (int open = 1; open > 0; ++close) {
        if (close >= s.size()) fail("incomplete format key");
        open += s[close] == '(' ? 1 : s[close] == ')' ? -1 : 0;
      }
      if (!values_.is_dict()) fail("format requires a mapping");
      const std::string_view key = s.substr(i_ + 1, close - i_ - 2);
      value = find(meter_, values_, key);
      if (!value) fail("no value for the key '" + std::string(key) + "'");
      named_ = true;
      i_ = close;
    }
    bool left = false, zero = false, alternate = false;
    char sign = 0;
    for (; std::string_view("-0+ #").find(peek(s)) != std::string_view::npos && peek(s); ++i_) {
      left = left || s[i_] == '-', zero = zero || s[i_] == '0', alternate = alternate || s[i_] == '#';
      if (s[i_] == '+' || (s[i_] == ' ' && sign != '+')) sign = s[i_];
    }
    std::int64_t width = number(s), precision = -1;
    if (width < 0) left = true, width = -std::max<std::int64_t>(width, -100'000);
    width = std::min<std::int64_t>(width, 100'000);
    if (peek(s) == '.') {
      ++i_;
      precision = std::clamp<std::int64_t>(number(s), 0, 100'000);
    }
    while (peek(s) == 'l' || peek(s) == 'h' || peek(s) == 'L') ++i_;
    const char kind = peek(s);
    if (!kind) fail("incomplete format");
    ++i_;
    if (kind == '%') return out_.append("%");
    if (!value) value = &next_value();
    if (kind == 's' || kind == 'r' || kind == 'a') return text(*value, kind, width, precision, left);
    whole_or_real(*value, kind, width, precision, left, zero, alternate, sign);
  }

  void text(const Value& v, char kind, std::int64_t width, std::int64_t precision, bool left) {
    Text t;
    if (kind == 's') {
      t = safe_ ? escaped(meter_, v) : to_text(meter_, v);
    } else if (kind == 'a' && v.is_string()) {
      append_quoted(t, v.text(), true);
    } else {
      t = repr(meter_, v);
      if (safe_) t = escaped(meter_, Value::text(std::move(t)));
    }
    Value whole = Value::text(std::move(t));
    std::size_t n = whole.characters();
    if (precision >= 0) n = std::min(n, static_cast<std::size_t>(precision));
    out_.append(padded(meter_, whole.text().part(0, offset_of(whole, n)), n, width, " ", left ? '<' : '>'));
  }

  void whole_or_real(const Value& v, char kind, std::int64_t width, std::int64_t precision, bool left, bool zero,
                     bool alternate, char sign) {
    static constexpr std::string_view kWhole = "diuoxX", kReal = "eEfFgG";
    if (kind == 'c') {
      if (v.is_string() && v.characters() == 1)
        return out_.append(padded(meter_, v.text(), 1, width, " ", left ? '<' : '>'));
      const Value c = Value::of(integer_of(v, "%c"));
      return out_.append(padded(meter_, format_value(meter_, c, Text("c")), 1, width, " ", left ? '<' : '>'));
    }
    const bool whole = kWhole.find(kind) != kWhole.npos;
    if (!whole && kReal.find(kind) == kReal.npos) fail(std::string("unsupported format character '") + kind + "'");
    if (!v.is_number()) fail(std::string("%") + kind + " format: a number is required, not " + type_name(v));
    Value number = v.is(Kind::kBool) ? Value::of(v.integer) : v;
    std::string spec(1, sign ? sign : '-');
    if (alternate) spec += '#';
    if (whole) {
      if (v.is(Kind::kFloat)) {
        if (std::string_view("oxX").find(kind) != std::string_view::npos)
          fail(std::string("%") + kind + " format: an integer is required, not float");
        if (!std::isfinite(v.real) || std::fabs(v.real) >= 9.2e18) fail("%d of a float that fits no integer");
        number = Value::of(static_cast<std::int64_t>(v.real));
      }
      spec += kind == 'i' || kind == 'u' ? 'd' : kind;
    } else {
      if (precision >= 0) spec += '.' + std::to_string(precision);
      spec += kind;
    }
    std::string t = format_value(meter_, number, Text(spec)).take_bytes();
    const std::size_t prefix = (t[0] == '-' || t[0] == '+' || t[0] == ' ' ? 1u : 0u) +
                               (whole && alternate && kind != 'd' && kind != 'i' && kind != 'u' ? 2u : 0u);
    if (whole && precision >= 0) {
      meter_.check_text(static_cast<std::uint64_t>(precision));
      while (static_cast<std::int64_t>(t.size() - prefix) < precision)
        t.insert(prefix, static_cast<std::size_t>(precision) - (t.size() - prefix), '0');
    }
    if (zero && !left && static_cast<std::int64_t>(t.size()) < width) {
      t.insert(prefix, static_cast<std::size_t>(width) - t.size(), '0');
    }
    out_.append(padded(meter_, Text(t), t.size(), width, " ", left ? '<' : '>'));
  }

  Meter& meter_;
  const Text& format_;
  const bool safe_;
  const Value& values_;
  const bool many_;
  bool named_ = false;
  std::size_t i_ = 0, used_ = 0;
  Text out_;
};

/// "{}".format(values).
class Braces {
 public:
  Braces(Meter& meter, bool safe, const Arguments& args) : meter_(meter), safe_(safe), args_(args) {}

  Text run(const Text& format, int depth) {
    if (depth < 0) fail("max string recursion exceeded");
    const std::string_view s = format.view();
    Text out;
    for (std::size_t i = 0; i < s.size();) {
      const std::size_t next = std::min(s.find_first_of("{}", i), s.size());
      out.append(format, i, next);
      i = next;
      if (i >= s.size()) break;
      meter_.take(1);
      meter_.check_text(out.size());
      if (i + 1 < s.size() && s[i + 1] == s[i]) {
        out.append(format, i, i + 1);
        i += 2;
        continue;
      }
      if (s[i] == '}') fail("single '}' encountered in format string");
      const std::size_t begin = ++i;
      int open = 1;
      for (bool index = false; i < s.size() && open > 0; ++i) {
        if (s[i] == '[') index = true;
        if (s[i] == ']') index = false;
        if (!index && s[i] == '{') ++open;
        if (!index && s[i] == '}') --open;
      }
      if (open > 0) fail("expected '}' before end of string");
      field(format.part(begin, i - 1), depth, out);
    }
    return out;
  }

 private:
  void field(const Text& whole, int depth, Text& out) {
    const std::string_view s = whole.view();
    std::size_t end = 0;
    for (bool index = false; end < s.size() && (index || (s[end] != ':' && s[end] != '!')); ++end) {
      if (s[end] == '[') index = true;
      if (s[end] == ']') index = false;
    }
    Value v = value_of(s.substr(0, end));
    bool converted = false;
    if (end < s.size() && s[end] == '!') {
      const char how = end + 1 < s.size() ? s[end + 1] : '\0';
      end += 2;
      if (end < s.size() && s[end] != ':') fail("expected ':' after conversion specifier");
      converted = true;
      if (how == 's') v = as_string(meter_, v);
      else if (how == 'r') v = Value::text(meter_, repr(meter_, v));
      else if (how == 'a') v = Value::text(meter_, ascii_repr(v));
      else fail(std::string("unknown conversion specifier '") + how + "'");
    }
    Text spec = end < s.size() ? whole.part(end + 1) : Text();
    if (spec.bytes().find_first_of("{}") != std::string::npos) spec = run(spec, depth - 1);
    Text shown = format_value(meter_, v, spec);
    if (safe_ && !(v.is_safe() && !converted)) shown = escaped(meter_, Value::text(std::move(shown)));
    out.append(shown);
  }

  Text ascii_repr(const Value& v) {
    if (!v.is_string()) return repr(meter_, v);
    Text out;
    append_quoted(out, v.text(), true);
    return out;
  }

  Value value_of(std::string_view field) {
    const std::size_t end = std::min(field.find_first_of(".["), field.size());
    const std::string_view name = field.substr(0, end);
    const bool place = !name.empty() && name.size() < 10 && name.find_first_not_of(kDigits) == name.npos;
    if (name.empty() ? manual_ : place && automatic_) fail("cannot mix automatic and manual field numbering");
    (name.empty() ? automatic_ : manual_) |= name.empty() || place;
    const Value* found = nullptr;
    if (name.empty() || place) {
      const std::size_t at = place ? static_cast<std::size_t>(std::stoul(std::string(name))) : next_++;
      if (at < args_.list.size()) found = &args_.list[at];
    } else {
      for (const auto& [key, value] : args_.named) {
        if (key == name) found = &value;
      }
    }
    if (!found) fail("no value for '{" + std::string(field) + "}'");
    Value v = *found;
    for (std::size_t i = end; i < field.size();) {
      const bool index = field[i] == '[';
      if (!index && field[i] != '.') fail("only '.' or '[' may follow ']' in a format field");
      const std::size_t stop = index ? field.find(']', i) : std::min(field.find_first_of(".[", i + 1), field.size());
      if (stop == field.npos) fail("missing ']' in format string");
      const std::string key(field.substr(i + 1, stop - i - 1));
      if (key.empty()) fail("empty attribute in format string");
      const bool number = index && key.size() < 18 && key.find_first_not_of(kDigits) == key.npos;
      v = number ? item(meter_, v, Value::of(std::int64_t{std::stoll(key)}))
          : index ? item(meter_, v, Value::text(key)) : attribute(meter_, v, Value::text(key));
      i = index ? stop + 1 : stop;
    }
    return v;
  }

  Meter& meter_;
  const bool safe_;
  const Arguments& args_;
  std::size_t next_ = 0;
  bool automatic_ = false, manual_ = false;
};

}  // namespace

Text format_percent(Meter& meter, const Value& format, const Value& values) {
  return Percent(meter, format, values).run();
}

Text format_braces(Meter& meter, const Value& format, const Arguments& args) {
  return Braces(meter, format.is_safe(), args).run(format.text(), 2);
}

}  // namespace weft::jinja
