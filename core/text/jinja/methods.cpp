// Methods of strings, dicts and lists, as Python has them.
#include <algorithm>

#include "core/text/jinja/value.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

constexpr std::string_view kStringMethods[] = {
    "capitalize", "count",   "endswith", "find",         "format",       "index",      "isalnum", "isalpha",
    "isdigit",    "islower", "isspace",  "isupper",      "join",         "ljust",      "lower",   "lstrip",
    "partition",  "replace", "rfind",    "rindex",       "removeprefix", "removesuffix", "rjust", "rpartition",
    "rsplit",     "rstrip",  "split",    "splitlines",   "startswith",   "strip",      "title",   "upper",
    "zfill"};
constexpr std::string_view kDictMethods[] = {"get", "items", "keys", "values", "copy"};
constexpr std::string_view kListMethods[] = {"index", "count"};

bool python_space(std::uint32_t c) { return is_space(c) || (c >= 0x1C && c <= 0x1F); }

const std::string& text_of(const Arguments& args, std::size_t i, const char* method) {
  if (i >= args.list.size() || !args.list[i].is_string()) fail(std::string(method) + " wants a string");
  return args.list[i].string();
}

Value texts(Meter& meter, const std::vector<std::string_view>& parts) {
  List list;
  for (const std::string_view part : parts) list.push_back(Value::text(meter, std::string(part)));
  return Value::sequence(meter, std::move(list));
}

/// Between runs of white space; the last part of a bounded split keeps what is left.
std::vector<std::string_view> split_at_space(std::string_view s, std::int64_t most, bool from_right) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::string trimmed = strip(s, nullptr, !from_right, from_right);
    s = from_right ? s.substr(0, trimmed.size()) : s.substr(s.size() - trimmed.size());
    if (s.empty()) break;
    if (most-- == 0) {
      const std::string rest = strip(s, nullptr, from_right, !from_right);
      parts.push_back(from_right ? s.substr(s.size() - rest.size()) : s.substr(0, rest.size()));
      break;
    }
    std::size_t begin = 0, at = 0, end = s.size();
    for_each_character(s, [&](std::uint32_t c, std::string_view bytes) {
      if (python_space(c)) {
        if (end == s.size()) end = at;
        begin = at + bytes.size();
      }
      at += bytes.size();
    });
    parts.push_back(from_right ? s.substr(begin) : s.substr(0, end));
    s = from_right ? s.substr(0, begin) : s.substr(end);
  }
  if (from_right) std::reverse(parts.begin(), parts.end());
  return parts;
}

Value split(Meter& meter, std::string_view s, const Arguments& args, bool from_right) {
  const Value *mark = args.get(0, "sep"), *limit = args.get(1, "maxsplit");
  std::int64_t most = limit ? integer_of(*limit, "maxsplit") : -1;
  if (!mark || mark->is_none()) {
    if (most < 0) from_right = false;  // the same, and linear from the left
    meter.take(s.size() / 16);
    if (most < 0) {
      std::vector<std::string_view> parts;
      std::size_t at = 0, begin = 0;
      for_each_character(s, [&](std::uint32_t c, std::string_view bytes) {
        if (python_space(c)) {
          if (at > begin) parts.push_back(s.substr(begin, at - begin));
          begin = at + bytes.size();
        }
        at += bytes.size();
      });
      if (at > begin) parts.push_back(s.substr(begin));
      return texts(meter, parts);
    }
    meter.take(s.size() * static_cast<std::uint64_t>(std::min<std::int64_t>(most, 1000)) / 16);
    return texts(meter, split_at_space(s, most, from_right));
  }
  if (!mark->is_string() || mark->string().empty()) fail("split wants a string that is not empty");
  std::vector<std::string_view> parts;
  while (most != 0) {
    const std::size_t at = from_right ? s.rfind(mark->string()) : s.find(mark->string());
    if (at == s.npos) break;
    const std::size_t after = at + mark->string().size();
    parts.push_back(from_right ? s.substr(after) : s.substr(0, at));
    s = from_right ? s.substr(0, at) : s.substr(after);
    --most;
  }
  parts.push_back(s);
  if (from_right) std::reverse(parts.begin(), parts.end());
  return texts(meter, parts);
}

Value split_lines(Meter& meter, std::string_view s, const Arguments& args) {
  const Value* keep = args.get(0, "keepends");
  std::vector<std::string_view> parts;
  std::size_t begin = 0, at = 0;
  bool after_return = false;
  for_each_character(s, [&](std::uint32_t c, std::string_view bytes) {
    const std::size_t end = at;
    at += bytes.size();
    if (after_return && c == '\n') {  // of \r\n: already cut
      begin = at;
      if (keep && truthy(*keep)) parts.back() = {parts.back().data(), parts.back().size() + 1};
      after_return = false;
      return;
    }
    after_return = c == '\r';
    const bool cut = (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
    if (!cut) return;
    parts.push_back(s.substr(begin, (keep && truthy(*keep) ? at : end) - begin));
    begin = at;
  });
  if (begin < s.size()) parts.push_back(s.substr(begin));
  return texts(meter, parts);
}

bool any_affix(const Arguments& args, const char* method, const auto& matches) {
  if (args.list.empty()) fail(std::string(method) + " wants a string");
  if (args.list[0].is(Value::Kind::kTuple)) {
    const List& all = args.list[0].items();
    return std::any_of(all.begin(), all.end(), [&](const Value& v) { return v.is_string() && matches(v.string()); });
  }
  return matches(text_of(args, 0, method));
}

Value find_text(const std::string& name, const std::string& s, const Arguments& args) {
  const std::string& wanted = text_of(args, 0, name.c_str());
  const std::vector<std::string_view> all = characters(s);
  const auto n = static_cast<std::int64_t>(all.size());
  const auto bound = [&](std::size_t i, std::int64_t fallback) {
    if (i >= args.list.size() || args.list[i].is_none()) return fallback;
    const std::int64_t at = integer_of(args.list[i], "a bound");
    return at < 0 ? std::max<std::int64_t>(0, at + n) : at;
  };
  const std::int64_t begin = bound(1, 0), end = std::min(n, bound(2, n));
  const auto offset = [&](std::int64_t i) {
    return i >= n ? s.size() : static_cast<std::size_t>(all[static_cast<std::size_t>(i)].data() - s.data());
  };
  std::int64_t found = -1;
  if (begin <= end) {
    const std::string_view part = std::string_view(s).substr(offset(begin), offset(end) - offset(begin));
    const std::size_t at = name.starts_with("r") ? part.rfind(wanted) : part.find(wanted);
    if (at != part.npos) found = begin + static_cast<std::int64_t>(characters(part.substr(0, at)).size());
  }
  if (found < 0 && name.ends_with("index")) fail("the text is not in the string");
  return Value::of(found);
}

Value partition(Meter& meter, const std::string& s, const Arguments& args, bool from_right) {
  const std::string& mark = text_of(args, 0, "partition");
  if (mark.empty()) fail("partition wants a string that is not empty");
  const std::size_t at = from_right ? s.rfind(mark) : s.find(mark);
  const bool found = at != s.npos;
  const std::string none;
  const std::string parts[] = {found ? s.substr(0, at) : from_right ? none : s, found ? mark : none,
                               found ? s.substr(at + mark.size()) : from_right ? s : none};
  List list;
  for (const std::string& part : parts) list.push_back(Value::text(meter, part));
  return Value::sequence(meter, std::move(list), Value::Kind::kTuple);
}

Value padded(Meter& meter, const std::string& name, const std::string& s, const Arguments& args) {
  if (args.list.empty()) fail(name + " wants a width");
  const std::int64_t width = integer_of(args.list[0], "a width"), n = length(meter, Value::text(s));
  if (width <= n) return Value::text(meter, s);
  meter.check_text(static_cast<std::uint64_t>(width));
  const auto missing = static_cast<std::size_t>(width - n);
  if (name == "zfill") {
    const std::size_t sign = s.starts_with('-') || s.starts_with('+') ? 1 : 0;
    return Value::text(meter, s.substr(0, sign) + std::string(missing, '0') + s.substr(sign));
  }
  std::string fill;
  const std::string one = args.list.size() > 1 ? text_of(args, 1, "a fill") : " ";
  for (std::size_t i = 0; i < missing; ++i) fill += one;
  return Value::text(meter, name == "ljust" ? s + fill : fill + s);
}

bool all_characters(const std::string& s, bool (*matches)(std::uint32_t)) {
  bool all = !s.empty();
  for_each_character(s, [&](std::uint32_t c, std::string_view) { all = all && matches(c); });
  return all;
}

Value string_method(Meter& meter, const Value& self, const std::string& name, const Arguments& args) {
  const std::string& s = self.string();
  if (name == "strip" || name == "lstrip" || name == "rstrip") {
    return Value::text(meter, strip(s, args.get(0, "chars"), name != "rstrip", name != "lstrip"));
  }
  if (name == "split" || name == "rsplit") return split(meter, s, args, name == "rsplit");
  if (name == "splitlines") return split_lines(meter, s, args);
  if (name == "startswith") {
    return Value::of(any_affix(args, "startswith", [&](const std::string& p) { return s.starts_with(p); }));
  }
  if (name == "endswith") {
    return Value::of(any_affix(args, "endswith", [&](const std::string& p) { return s.ends_with(p); }));
  }
  if (name == "upper" || name == "lower" || name == "title" || name == "capitalize") {
    return apply_filter(meter, name == "title" ? "python title" : name, self, {});
  }
  if (name == "replace") {
    const Value* most = args.get(2, "count");
    return Value::text(meter, replace(meter, s, text_of(args, 0, "replace"), text_of(args, 1, "replace"),
                                      most ? integer_of(*most, "count") : -1));
  }
  if (name == "format") return Value::text(meter, format_braces(meter, s, args));
  if (name.ends_with("find") || name.ends_with("index")) return find_text(name, s, args);
  if (name == "count") {
    const std::string& wanted = text_of(args, 0, "count");
    if (wanted.empty()) return Value::of(length(meter, self) + 1);
    std::int64_t n = 0;
    for (std::size_t i = 0; (i = s.find(wanted, i)) != s.npos; i += wanted.size()) ++n;
    return Value::of(n);
  }
  if (name == "join") {
    if (args.list.empty()) fail("join wants a list");
    std::string out;
    bool first = true;
    for (const Value& e : elements(meter, args.list[0])) {
      if (!e.is_string()) fail("join wants strings");
      if (!first) out += s;
      out += e.string();
      first = false;
      meter.check_text(out.size());
    }
    return Value::text(meter, std::move(out));
  }
  if (name == "partition" || name == "rpartition") return partition(meter, s, args, name == "rpartition");
  if (name == "zfill" || name == "ljust" || name == "rjust") return padded(meter, name, s, args);
  if (name == "isdigit") return Value::of(all_characters(s, is_decimal));
  if (name == "isalpha") return Value::of(all_characters(s, is_letter));
  if (name == "isalnum") {
    return Value::of(all_characters(s, [](std::uint32_t c) { return is_letter(c) || is_numeric(c); }));
  }
  if (name == "isspace") return Value::of(all_characters(s, python_space));
  if (name == "isupper" || name == "islower") return Value::of(apply_test(meter, name.substr(2), self, {}));
  if (name == "removeprefix") {
    const std::string& affix = text_of(args, 0, "removeprefix");
    return s.starts_with(affix) ? Value::text(meter, s.substr(affix.size())) : self;
  }
  const std::string& affix = text_of(args, 0, "removesuffix");
  return s.ends_with(affix) ? Value::text(meter, s.substr(0, s.size() - affix.size())) : self;
}

Value dict_method(Meter& meter, const Value& self, const std::string& name, const Arguments& args) {
  if (name == "get") {
    if (args.list.empty()) fail("get wants a key");
    const Value* found = find(meter, self, args.list[0]);
    const Value* fallback = args.get(1, "default");
    return found ? *found : fallback ? *fallback : Value::none();
  }
  if (name == "copy") return self;
  List list;
  for (const auto& [key, value] : self.entries()) {
    list.push_back(name == "keys"     ? key
                   : name == "values" ? value
                                      : Value::sequence(meter, {key, value}, Value::Kind::kTuple));
  }
  return Value::sequence(meter, std::move(list));
}

}  // namespace

bool has_method(const Value& self, const std::string& name) {
  const auto in = [&](const auto& names) { return std::find(std::begin(names), std::end(names), name) != std::end(names); };
  return self.is_string() ? in(kStringMethods) : self.is_dict() ? in(kDictMethods) : self.is_indexed() && in(kListMethods);
}

Value call_method(Meter& meter, const Value& self, const std::string& name, const Arguments& args) {
  if (!has_method(self, name)) fail("this value has no method '" + name + "'");
  if (self.is_string()) {
    meter.take(self.string().size() / 64);
    return string_method(meter, self, name, args);
  }
  if (self.is_dict()) return dict_method(meter, self, name, args);
  if (args.list.empty()) fail(name + " wants a value");
  std::int64_t n = 0, at = -1;
  for (std::size_t i = 0; i < self.items().size(); ++i) {
    if (!equal(meter, self.items()[i], args.list[0])) continue;
    if (at < 0) at = static_cast<std::int64_t>(i);
    ++n;
  }
  if (name == "index" && at < 0) fail("the value is not in the list");
  return Value::of(name == "index" ? at : n);
}

}  // namespace weft::jinja
