#include <algorithm>
#include <cmath>

#include "core/text/jinja/value.hpp"

namespace weft::jinja {
namespace {

const Value* argument(const Arguments& args, const Named& named, std::size_t i, const char* name) {
  if (i < args.size()) return &args[i];
  auto it = named.find(name);
  return it == named.end() ? nullptr : &it->second;
}

/// "a.b" of a value.
Value path(const Value& v, const std::string& dotted) {
  Value at = v;
  for (std::size_t i = 0; i <= dotted.size();) {
    const std::size_t end = std::min(dotted.find('.', i), dotted.size());
    at = attribute(at, dotted.substr(i, end - i));
    i = end + 1;
  }
  return at;
}

Json list_of(const std::vector<Value>& values) {
  Json list = Json::array();
  for (const Value& v : values) list.push_back(v.is_json() ? *v.json : Json(nullptr));
  return list;
}

Value select(const std::string& name, const Value& v, const Arguments& args) {
  const bool by_attribute = name.ends_with("attr"), keep = name.starts_with("select");
  if (by_attribute && args.empty()) fail(name + " wants an attribute");
  std::vector<Value> kept;
  for (const Value& e : elements(v)) {
    const Value tested = by_attribute ? path(e, to_text(args[0])) : e;
    const std::size_t first = by_attribute ? 1 : 0;
    const bool yes = args.size() > first ? apply_test(to_text(args[first]), tested, Arguments(args.begin() + static_cast<std::ptrdiff_t>(first) + 1, args.end())) : truthy(tested);
    if (yes == keep) kept.push_back(e);
  }
  return list_of(kept);
}

Value map(const Value& v, const Arguments& args, const Named& named) {
  std::vector<Value> out;
  for (const Value& e : elements(v)) {
    if (auto it = named.find("attribute"); it != named.end()) {
      Value found = path(e, to_text(it->second));
      if (auto d = named.find("default"); found.undefined() && d != named.end()) found = d->second;
      out.push_back(found);
    } else {
      if (args.empty()) fail("map wants a filter or an attribute");
      out.push_back(apply_filter(to_text(args[0]), e, Arguments(args.begin() + 1, args.end()), named));
    }
  }
  return list_of(out);
}

Value sorted(const Value& v, const Arguments& args, const Named& named) {
  std::vector<Value> all = elements(v);
  const Value *reverse = argument(args, named, 0, "reverse"), *by = argument(args, named, 2, "attribute");
  auto key = [&](const Value& e) {
    Value k = by ? path(e, to_text(*by)) : e;
    return k.is_string() ? apply_filter("lower", k, {}, {}) : k;
  };
  std::stable_sort(all.begin(), all.end(), [&](const Value& a, const Value& b) { return less(key(a), key(b)); });
  if (reverse && truthy(*reverse)) std::reverse(all.begin(), all.end());
  return list_of(all);
}

std::string map_ascii(std::string s, bool upper) {
  for (char& c : s) {
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (!upper && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return s;
}

std::string replace(const std::string& s, const std::string& from, const std::string& to) {
  std::string out;
  std::size_t i = 0;
  while (!from.empty()) {
    const std::size_t at = s.find(from, i);
    if (at == std::string::npos) break;
    out.append(s, i, at - i).append(to);
    i = at + from.size();
    if (out.size() > (std::size_t{64} << 20)) fail("a replaced string is too long");
  }
  return out.append(s, i, std::string::npos);
}

std::string indent(const std::string& s, const Arguments& args, const Named& named) {
  const Value *width = argument(args, named, 0, "width"), *first = argument(args, named, 1, "first");
  const std::string pad = width && width->is_string() ? width->text() : std::string(width && width->is_integer() ? static_cast<std::size_t>(std::clamp<int64_t>(width->json->get<int64_t>(), 0, 1000)) : 4, ' ');
  std::string out = first && truthy(*first) ? pad : "";
  for (std::size_t i = 0; i < s.size(); ++i) {
    out += s[i];
    if (s[i] == '\n' && i + 1 < s.size() && s[i + 1] != '\n') out += pad;
  }
  return out;
}

Value string_filter(const std::string& name, const std::string& s, const Arguments& args, const Named& named, bool* known) {
  if (name == "trim") return call_method(Json(s), "strip", args, {});
  if (name == "upper" || name == "lower") return Json(map_ascii(s, name == "upper"));
  if (name == "capitalize") return Json(s.empty() ? s : map_ascii(s.substr(0, 1), true) + map_ascii(s.substr(1), false));
  if (name == "title") {
    std::string out;
    for (char c : s) out += map_ascii(std::string(1, c), out.empty() || !std::isalpha(static_cast<unsigned char>(out.back())));
    return Json(out);
  }
  if (name == "replace") {
    if (args.size() < 2) fail("replace wants two strings");
    return Json(replace(s, to_text(args[0]), to_text(args[1])));
  }
  if (name == "indent") return Json(indent(s, args, named));
  if (name == "escape" || name == "e") return Json(replace(replace(replace(replace(replace(s, "&", "&amp;"), "<", "&lt;"), ">", "&gt;"), "'", "&#39;"), "\"", "&#34;"));
  if (name == "safe" || name == "string") return Json(s);
  *known = false;
  return {};
}

}  // namespace

Value apply_filter(const std::string& name, const Value& v, const Arguments& args, const Named& named) {
  if (name == "default" || name == "d") {
    const Value* fallback = argument(args, named, 0, "default_value");
    const Value* falsy = argument(args, named, 1, "boolean");
    const bool use = v.undefined() || (falsy && truthy(*falsy) && !truthy(v));
    return use ? (fallback ? *fallback : Value(Json(""))) : v;
  }
  if (name == "tojson") {
    if (!v.is_json()) fail("tojson of a value that is not JSON");
    const Value* width = argument(args, named, 0, "indent");
    return Json(to_json(*v.json, width && width->is_integer() ? static_cast<int>(std::clamp<int64_t>(width->json->get<int64_t>(), 0, 64)) : -1));
  }
  if (name == "length" || name == "count") return Json(v.is_string() ? characters(v.text()).size() : v.is_json() && v.json->is_structured() ? v.json->size() : v.undefined() ? std::size_t{0} : (fail("this value has no length"), std::size_t{0}));
  if (name == "select" || name == "reject" || name == "selectattr" || name == "rejectattr") return select(name, v, args);
  if (name == "map") return map(v, args, named);
  if (name == "sort") return sorted(v, args, named);
  if (name == "list") return list_of(elements(v));
  if (name == "items") return call_method(v.undefined() ? Value(Json::object()) : v, "items", {}, {});
  if (name == "dictsort") {
    Value items = call_method(v, "items", {}, {});
    return sorted(items, {}, {});
  }
  if (name == "join") {
    std::string out;
    const Value *mark = argument(args, named, 0, "d"), *by = argument(args, named, 1, "attribute");
    bool first = true;
    for (const Value& e : elements(v)) {
      if (!first && mark) out += to_text(*mark);
      out += to_text(by ? path(e, to_text(*by)) : e);
      first = false;
    }
    return Json(out);
  }
  if (name == "first" || name == "last") return item(v, Json(name == "first" ? 0 : -1));
  if (name == "reverse") return slice(v, {}, {}, Json(-1));
  if (name == "unique") {
    std::vector<Value> all;
    for (const Value& e : elements(v)) {
      if (std::none_of(all.begin(), all.end(), [&](const Value& o) { return equal(o, e); })) all.push_back(e);
    }
    return list_of(all);
  }
  if (name == "min" || name == "max") {
    std::vector<Value> all = elements(v);
    if (all.empty()) return {};
    return name == "min" ? *std::min_element(all.begin(), all.end(), less) : *std::max_element(all.begin(), all.end(), less);
  }
  if (name == "sum") {
    Value sum = Json(0);
    for (const Value& e : elements(v)) sum = arithmetic("+", sum, e);
    return sum;
  }
  if (name == "abs" && v.is_number()) return less(v, Json(0)) ? arithmetic("-", Json(0), v) : v;
  if (name == "int" || name == "float") {
    double d = 0;
    if (v.is_number()) d = v.json->get<double>();
    else if (v.is_json() && v.json->is_boolean()) d = v.json->get<bool>();
    else if (v.is_string()) d = std::strtod(v.text().c_str(), nullptr);
    if (name == "float") return Json(d);
    if (v.is_integer()) return v;
    return Json(std::isfinite(d) && std::fabs(d) < 9e18 ? static_cast<int64_t>(d) : int64_t{0});
  }
  if (name == "round" && v.is_number()) {
    const int64_t digits = !args.empty() && args[0].is_integer() ? args[0].json->get<int64_t>() : 0;
    const double scale = std::pow(10.0, static_cast<double>(digits));
    return Json(std::nearbyint(v.json->get<double>() * scale) / scale);
  }
  bool known = true;
  Value result = string_filter(name, to_text(v), args, named, &known);
  if (!known) fail("unknown filter '" + name + "'");
  return result;
}

bool apply_test(const std::string& name, const Value& v, const Arguments& args) {
  if (name == "defined") return !v.undefined();
  if (name == "undefined") return v.undefined();
  if (name == "none") return v.is_json() && v.json->is_null();
  if (name == "string") return v.is_string();
  if (name == "mapping") return v.is_object();
  if (name == "sequence" || name == "iterable") return v.is_string() || v.is_array() || v.is_object();
  if (name == "number") return v.is_number() || (v.is_json() && v.json->is_boolean());
  if (name == "integer") return v.is_integer();
  if (name == "float") return v.is_json() && v.json->is_number_float();
  if (name == "boolean") return v.is_json() && v.json->is_boolean();
  if (name == "true") return v.is_json() && v.json->is_boolean() && v.json->get<bool>();
  if (name == "false") return v.is_json() && v.json->is_boolean() && !v.json->get<bool>();
  if (name == "callable") return v.kind == Value::Kind::kMacro || v.kind == Value::Kind::kFunction;
  if (name == "odd" || name == "even") return v.is_integer() && (v.json->get<int64_t>() % 2 != 0) == (name == "odd");
  if (name == "lower") return v.is_string() && apply_filter("lower", v, {}, {}).text() == v.text();
  if (name == "upper") return v.is_string() && apply_filter("upper", v, {}, {}).text() == v.text();
  if (!args.empty()) {
    if (name == "equalto" || name == "eq" || name == "==" || name == "sameas") return equal(v, args[0]);
    if (name == "ne" || name == "!=") return !equal(v, args[0]);
    if (name == "in") return contains(args[0], v);
    if (name == "lt" || name == "lessthan") return less(v, args[0]);
    if (name == "gt" || name == "greaterthan") return less(args[0], v);
    if (name == "le") return !less(args[0], v);
    if (name == "ge") return !less(v, args[0]);
    if (name == "divisibleby") return v.is_integer() && args[0].is_integer() && args[0].json->get<int64_t>() != 0 && v.json->get<int64_t>() % args[0].json->get<int64_t>() == 0;
  }
  fail("unknown test '" + name + "'");
}

}  // namespace weft::jinja
