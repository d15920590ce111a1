#include "core/text/jinja/value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace weft::jinja {
namespace {

std::string number_text(const Json& j) {
  if (j.is_number_integer()) return j.dump();
  const double d = j.get<double>();
  if (std::isnan(d)) return "nan";
  if (std::isinf(d)) return d < 0 ? "-inf" : "inf";
  char buffer[40];
  std::string s(buffer, std::to_chars(buffer, buffer + sizeof buffer, d).ptr);
  return s.find_first_of(".en") == std::string::npos ? s + ".0" : s;
}

int64_t integer_of(const Value& v, const char* what) {
  if (v.is_json() && v.json->is_boolean()) return v.json->get<bool>();
  if (!v.is_integer()) fail(std::string(what) + " is not an integer");
  return v.json->get<int64_t>();
}
double double_of(const Json& j) { return j.is_boolean() ? (j.get<bool>() ? 1 : 0) : j.get<double>(); }
bool numeric(const Value& v) { return v.is_json() && (v.json->is_number() || v.json->is_boolean()); }

}  // namespace

bool truthy(const Value& v) {
  if (v.undefined()) return false;
  if (!v.is_json()) return true;
  const Json& j = *v.json;
  if (j.is_null()) return false;
  if (j.is_boolean()) return j.get<bool>();
  if (j.is_number()) return j.get<double>() != 0;
  if (j.is_string()) return !v.text().empty();
  return !j.empty();
}

bool equal(const Value& a, const Value& b) {
  if (a.undefined() || b.undefined()) return a.undefined() && b.undefined();
  if (!a.is_json() || !b.is_json()) return false;
  if (numeric(a) && numeric(b)) return double_of(*a.json) == double_of(*b.json);
  return *a.json == *b.json;
}

bool less(const Value& a, const Value& b) {
  if (numeric(a) && numeric(b)) return double_of(*a.json) < double_of(*b.json);
  if (a.is_string() && b.is_string()) return a.text() < b.text();
  if (a.is_array() && b.is_array()) return *a.json < *b.json;
  fail("values of these types have no order");
}

std::string repr(const Json& j) {
  if (j.is_null()) return "None";
  if (j.is_boolean()) return j.get<bool>() ? "True" : "False";
  if (j.is_number()) return number_text(j);
  if (j.is_string()) {
    const std::string& s = j.get_ref<const std::string&>();
    const char quote = s.find('\'') != std::string::npos && s.find('"') == std::string::npos ? '"' : '\'';
    std::string out(1, quote);
    for (char c : s) {
      if (c == quote || c == '\\') out += '\\', out += c;
      else if (c == '\n') out += "\\n";
      else if (c == '\t') out += "\\t";
      else if (c == '\r') out += "\\r";
      else out += c;
    }
    return out + quote;
  }
  std::string out;
  if (j.is_array()) {
    for (const Json& e : j) out += (out.empty() ? "" : ", ") + repr(e);
    return "[" + out + "]";
  }
  for (auto it = j.begin(); it != j.end(); ++it) out += (out.empty() ? "" : ", ") + repr(Json(it.key())) + ": " + repr(it.value());
  return "{" + out + "}";
}

std::string to_text(const Value& v) {
  if (v.undefined()) return "";
  if (!v.is_json()) return "<object>";
  return v.json->is_string() ? v.text() : repr(*v.json);
}

std::string to_json(const Json& j, int indent, int depth) {
  const std::string line = indent < 0 ? "" : "\n" + std::string(static_cast<std::size_t>(indent * (depth + 1)), ' ');
  const std::string last = indent < 0 ? "" : "\n" + std::string(static_cast<std::size_t>(indent * depth), ' ');
  const std::string comma = indent < 0 ? ", " : ",";
  if (j.is_number_float()) {
    const std::string s = number_text(j);
    return s == "nan" ? "NaN" : s == "inf" ? "Infinity" : s == "-inf" ? "-Infinity" : s;
  }
  if (!j.is_structured()) return j.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (j.empty()) return j.is_array() ? "[]" : "{}";
  std::string out;
  for (auto it = j.begin(); it != j.end(); ++it) {
    out += (out.empty() ? "" : comma) + line;
    if (j.is_object()) out += Json(it.key()).dump(-1, ' ', false, Json::error_handler_t::replace) + ": ";
    out += to_json(*it, indent, depth + 1);
  }
  return (j.is_array() ? "[" : "{") + out + last + (j.is_array() ? "]" : "}");
}

std::vector<std::string> characters(const std::string& text) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    n = std::min(n, text.size() - i);
    all.push_back(text.substr(i, n));
    i += n;
  }
  return all;
}

std::vector<Value> elements(const Value& v) {
  std::vector<Value> all;
  if (v.undefined()) return all;
  if (v.is_string()) {
    for (std::string& c : characters(v.text())) all.emplace_back(Json(std::move(c)));
  } else if (v.is_array()) {
    for (const Json& e : *v.json) all.push_back(Value::part(v, e));
  } else if (v.is_object()) {
    for (auto it = v.json->begin(); it != v.json->end(); ++it) all.emplace_back(Json(it.key()));
  } else {
    fail("this value cannot be looped over");
  }
  return all;
}

Value attribute(const Value& v, const std::string& name) {
  if (v.undefined()) fail("'" + name + "' of an undefined value");
  if (v.kind == Value::Kind::kNamespace) {
    auto it = v.space->find(name);
    return it == v.space->end() ? Value() : it->second;
  }
  if (v.is_object()) {
    if (auto it = v.json->find(name); it != v.json->end()) return Value::part(v, *it);
  }
  return {};
}

Value item(const Value& v, const Value& index) {
  if (v.undefined()) fail("an item of an undefined value");
  if (index.is_string()) return attribute(v, index.text());
  if (!index.is_integer()) return {};
  int64_t i = index.json->get<int64_t>();
  if (v.is_array()) {
    const auto n = static_cast<int64_t>(v.json->size());
    if (i < 0) i += n;
    return i >= 0 && i < n ? Value::part(v, (*v.json)[static_cast<std::size_t>(i)]) : Value();
  }
  if (v.is_string()) {
    const auto all = characters(v.text());
    const auto n = static_cast<int64_t>(all.size());
    if (i < 0) i += n;
    return i >= 0 && i < n ? Value(Json(all[static_cast<std::size_t>(i)])) : Value();
  }
  return {};
}

Value slice(const Value& v, const Value& start, const Value& stop, const Value& step) {
  if (!v.is_string() && !v.is_array()) fail("only strings and lists have slices");
  const std::vector<Value> all = elements(v);
  const auto n = static_cast<int64_t>(all.size());
  auto given = [](const Value& x) { return !x.undefined() && !(x.is_json() && x.json->is_null()); };
  const int64_t by = given(step) ? integer_of(step, "a slice's step") : 1;
  if (by == 0) fail("a slice's step is zero");
  auto bound = [&](const Value& x, int64_t fallback) {
    if (!given(x)) return fallback;
    int64_t i = integer_of(x, "a slice's bound");
    if (i < 0) i += n;
    return by > 0 ? std::clamp<int64_t>(i, 0, n) : std::clamp<int64_t>(i, -1, n - 1);
  };
  const int64_t first = bound(start, by > 0 ? 0 : n - 1), last = bound(stop, by > 0 ? n : -1);
  Json list = Json::array();
  std::string text;
  for (int64_t i = first; by > 0 ? i < last : i > last; i += by) {
    const Value& e = all[static_cast<std::size_t>(i)];
    if (v.is_string()) text += e.text();
    else list.push_back(*e.json);
  }
  return v.is_string() ? Value(Json(text)) : Value(std::move(list));
}

bool contains(const Value& whole, const Value& part) {
  if (whole.is_string()) return part.is_string() && whole.text().find(part.text()) != std::string::npos;
  if (whole.is_object()) return part.is_string() && whole.json->contains(part.text());
  if (whole.undefined()) return false;
  for (const Value& e : elements(whole)) {
    if (equal(e, part)) return true;
  }
  return false;
}

Value arithmetic(const std::string& op, const Value& a, const Value& b) {
  if (op == "~") return Json(to_text(a) + to_text(b));
  if (a.undefined() || b.undefined()) fail("'" + op + "' of an undefined value");
  if (op == "+" && a.is_string() && b.is_string()) return Json(a.text() + b.text());
  if (op == "+" && a.is_array() && b.is_array()) {
    Json all = *a.json;
    all.insert(all.end(), b.json->begin(), b.json->end());
    return all;
  }
  if (op == "*" && a.is_string() && b.is_integer()) {
    const int64_t n = b.json->get<int64_t>();
    if (n > 0 && a.text().size() > (std::size_t{16} << 20) / static_cast<std::size_t>(n)) fail("a repeated string is too long");
    std::string out;
    for (int64_t i = 0; i < n; ++i) out += a.text();
    return Json(out);
  }
  if (!numeric(a) || !numeric(b)) fail("'" + op + "' is not defined for these values");
  const double x = double_of(*a.json), y = double_of(*b.json);
  const bool whole = !a.json->is_number_float() && !b.json->is_number_float();
  if ((op == "/" || op == "//" || op == "%") && y == 0) fail("division by zero");
  if (op == "/") return Json(x / y);
  if (!whole || op == "**") {
    double r = op == "+" ? x + y : op == "-" ? x - y : op == "*" ? x * y : op == "//" ? std::floor(x / y) : op == "%" ? x - y * std::floor(x / y) : std::pow(x, y);
    if (whole && y >= 0 && std::fabs(r) < 9e15) return Json(static_cast<int64_t>(r));
    return Json(r);
  }
  const int64_t i = integer_of(a, "an operand"), j = integer_of(b, "an operand");
  int64_t r = 0;
  if ((op == "+" && __builtin_add_overflow(i, j, &r)) || (op == "-" && __builtin_sub_overflow(i, j, &r)) || (op == "*" && __builtin_mul_overflow(i, j, &r))) {
    fail("an integer overflows");
  }
  if (op == "//" || op == "%") {
    if (j == -1) return Json(op == "%" ? 0 : i == INT64_MIN ? INT64_MAX : -i);
    int64_t q = i / j, m = i % j;
    if (m != 0 && (m < 0) != (j < 0)) --q, m += j;
    r = op == "//" ? q : m;
  }
  return Json(r);
}

}  // namespace weft::jinja
