#include <algorithm>

#include "core/text/jinja/value.hpp"

namespace weft::jinja {
namespace {

std::string text_at(const Arguments& args, std::size_t i, const std::string& fallback) {
  if (i >= args.size() || !args[i].is_string()) return fallback;
  return args[i].text();
}

std::string strip(const std::string& s, const std::string& set, bool left, bool right) {
  std::size_t begin = 0, end = s.size();
  while (left && begin < end && set.find(s[begin]) != std::string::npos) ++begin;
  while (right && end > begin && set.find(s[end - 1]) != std::string::npos) --end;
  return s.substr(begin, end - begin);
}

Json split(const std::string& s, const Arguments& args, bool from_right) {
  Json parts = Json::array();
  int64_t most = args.size() > 1 && args[1].is_integer() ? args[1].json->get<int64_t>() : -1;
  if (args.empty() || !args[0].is_string()) {  // runs of white space
    std::size_t i = 0;
    while (true) {
      i = s.find_first_not_of(" \t\n\r\v\f", i);
      if (i == std::string::npos) return parts;
      const std::size_t end = std::min(s.find_first_of(" \t\n\r\v\f", i), s.size());
      parts.push_back(s.substr(i, end - i));
      i = end;
    }
  }
  const std::string& mark = args[0].text();
  if (mark.empty()) fail("split by an empty string");
  std::vector<std::string> all;
  std::string rest = s;
  while (most != 0) {
    const std::size_t at = from_right ? rest.rfind(mark) : rest.find(mark);
    if (at == std::string::npos) break;
    all.push_back(from_right ? rest.substr(at + mark.size()) : rest.substr(0, at));
    rest = from_right ? rest.substr(0, at) : rest.substr(at + mark.size());
    --most;
  }
  all.push_back(rest);
  if (from_right) std::reverse(all.begin(), all.end());
  for (std::string& part : all) parts.push_back(std::move(part));
  return parts;
}

bool any_affix(const Arguments& args, const auto& matches) {
  if (args.empty()) return false;
  for (const Value& v : args[0].is_array() ? elements(args[0]) : std::vector<Value>{args[0]}) {
    if (v.is_string() && matches(v.text())) return true;
  }
  return false;
}

Value string_method(const std::string& s, const std::string& name, const Arguments& args, const Value& self) {
  const std::string blanks = " \t\n\r\v\f";
  if (name == "strip" || name == "lstrip" || name == "rstrip") return Json(strip(s, text_at(args, 0, blanks), name != "rstrip", name != "lstrip"));
  if (name == "split" || name == "rsplit") return split(s, args, name == "rsplit");
  if (name == "splitlines") return split(s, {Value(Json("\n"))}, false);
  if (name == "startswith") return Json(any_affix(args, [&](const std::string& p) { return s.starts_with(p); }));
  if (name == "endswith") return Json(any_affix(args, [&](const std::string& p) { return s.ends_with(p); }));
  if (name == "upper" || name == "lower" || name == "title" || name == "capitalize" || name == "replace") return apply_filter(name, self, args, {});
  if (name == "find") {
    const std::size_t at = s.find(text_at(args, 0, ""));
    return Json(at == std::string::npos ? int64_t{-1} : static_cast<int64_t>(characters(s.substr(0, at)).size()));
  }
  if (name == "count") {
    const std::string mark = text_at(args, 0, "");
    int64_t n = 0;
    for (std::size_t i = 0; !mark.empty() && (i = s.find(mark, i)) != std::string::npos; i += mark.size()) ++n;
    return Json(n);
  }
  if (name == "join") return apply_filter("join", args.empty() ? Value() : args[0], {self}, {});
  if (name == "isdigit") return Json(!s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; }));
  if (name == "removeprefix" || name == "removesuffix") {
    const std::string affix = text_at(args, 0, "");
    if (name == "removeprefix" && s.starts_with(affix)) return Json(s.substr(affix.size()));
    if (name == "removesuffix" && s.ends_with(affix)) return Json(s.substr(0, s.size() - affix.size()));
    return self;
  }
  fail("strings have no method '" + name + "'");
}

}  // namespace

Value call_method(const Value& self, const std::string& name, const Arguments& args, const Named&) {
  if (self.is_string()) return string_method(self.text(), name, args, self);
  if (self.is_object()) {
    const Json& j = *self.json;
    if (name == "get") {
      if (args.empty()) fail("get wants a key");
      const Value found = item(self, args[0]);
      return !found.undefined() ? found : args.size() > 1 ? args[1] : Value(Json(nullptr));
    }
    Json list = Json::array();
    for (auto it = j.begin(); it != j.end(); ++it) {
      if (name == "keys") list.push_back(it.key());
      else if (name == "values") list.push_back(it.value());
      else if (name == "items") list.push_back(Json::array({it.key(), it.value()}));
      else fail("dicts have no method '" + name + "'");
    }
    if (name != "keys" && name != "values" && name != "items") fail("dicts have no method '" + name + "'");
    return list;
  }
  if (self.is_array() && (name == "index" || name == "count")) {
    int64_t n = 0, at = -1, i = 0;
    for (const Value& e : elements(self)) {
      if (!args.empty() && equal(e, args[0])) at = at < 0 ? i : at, ++n;
      ++i;
    }
    if (name == "index" && at < 0) fail("the value is not in the list");
    return Json(name == "index" ? at : n);
  }
  fail("this value has no method '" + name + "'");
}

}  // namespace weft::jinja
