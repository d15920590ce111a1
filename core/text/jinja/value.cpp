#include "core/text/jinja/value.hpp"

#include <algorithm>
#include <cmath>

#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

struct Sequence {
  List items;
  int nesting;
};
struct Dict {
  Entries entries;
  int nesting;
};

int nesting(const Value& v) {
  if (v.is_items()) return static_cast<const Sequence*>(v.data.get())->nesting;
  return v.is_dict() ? static_cast<const Dict*>(v.data.get())->nesting : 0;
}

int nest(int inner) {
  if (inner >= kMaxNesting) fail("lists and dicts nest deeper than " + std::to_string(kMaxNesting));
  return inner + 1;
}

template <class T>
Value with_data(Value::Kind kind, T&& data) {
  Value v;
  v.kind = kind;
  v.data = std::make_shared<std::decay_t<T>>(std::forward<T>(data));
  return v;
}

bool hashable(const Value& key) {
  return !key.is(Value::Kind::kList) && !key.is_dict();
}

}  // namespace

Value Value::undefined(std::string name) { return with_data(Kind::kUndefined, std::move(name)); }
Value Value::none() {
  Value v;
  v.kind = Kind::kNone;
  return v;
}
Value Value::of(bool b) {
  Value v;
  v.kind = Kind::kBool;
  v.integer = b;
  return v;
}
Value Value::of(std::int64_t i) {
  Value v;
  v.kind = Kind::kInteger;
  v.integer = i;
  return v;
}
Value Value::of(double d) {
  Value v;
  v.kind = Kind::kFloat;
  v.real = d;
  return v;
}
Value Value::text(std::string s) { return with_data(Kind::kString, std::move(s)); }
Value Value::text(Meter& meter, std::string s) {
  meter.check_text(s.size());
  meter.take(s.size() / 64);
  return text(std::move(s));
}
Value Value::sequence(Meter& meter, List items, Kind kind) {
  meter.take(items.size());
  int inner = 0;
  for (const Value& v : items) inner = std::max(inner, nesting(v));
  return with_data(kind, Sequence{std::move(items), nest(inner)});
}
Value Value::dict(Meter& meter, Entries entries) {
  meter.take(entries.size());
  Dict out{{}, 0};
  int inner = 0;
  for (auto& [key, value] : entries) {
    if (!hashable(key)) fail("lists and dicts cannot be keys");
    inner = std::max({inner, nesting(key), nesting(value)});
    const auto same = std::find_if(out.entries.begin(), out.entries.end(),
                                   [&, &wanted = key](const auto& e) { return equal(meter, e.first, wanted); });
    if (same == out.entries.end()) {
      out.entries.emplace_back(std::move(key), std::move(value));
    } else {
      same->second = std::move(value);
    }
  }
  out.nesting = nest(inner);
  return with_data(Kind::kDict, std::move(out));
}
Value Value::space(std::shared_ptr<Namespace> space) {
  Value v;
  v.kind = Kind::kNamespace;
  v.data = std::move(space);
  return v;
}
Value Value::macro(Macro macro) { return with_data(Kind::kMacro, std::move(macro)); }
Value Value::function(std::string name) { return with_data(Kind::kFunction, std::move(name)); }
Value Value::method(Meter& meter, const Value& self, std::string name) {
  return sequence(meter, {self, text(std::move(name))}, Kind::kMethod);
}

Value Value::from_json(Meter& meter, const Json& j) {
  switch (j.type()) {
    case Json::value_t::null: return none();
    case Json::value_t::boolean: return of(j.get<bool>());
    case Json::value_t::number_integer: return of(j.get<std::int64_t>());
    case Json::value_t::number_unsigned: {
      const auto u = j.get<std::uint64_t>();
      if (u > INT64_MAX) return of(static_cast<double>(u));
      return of(static_cast<std::int64_t>(u));
    }
    case Json::value_t::number_float: return of(j.get<double>());
    case Json::value_t::string: return text(j.get_ref<const std::string&>());
    case Json::value_t::array: {
      List items;
      for (const Json& e : j) items.push_back(from_json(meter, e));
      return sequence(meter, std::move(items));
    }
    case Json::value_t::object: {  // its keys are unique already
      Dict out{{}, 0};
      int inner = 0;
      for (auto it = j.begin(); it != j.end(); ++it) {
        out.entries.emplace_back(text(it.key()), from_json(meter, it.value()));
        inner = std::max(inner, jinja::nesting(out.entries.back().second));
      }
      meter.take(out.entries.size());
      out.nesting = nest(inner);
      return with_data(Kind::kDict, std::move(out));
    }
    default: fail("the context holds what is not JSON");
  }
}

const List& Value::items() const { return static_cast<const Sequence*>(data.get())->items; }
const Entries& Value::entries() const { return static_cast<const Dict*>(data.get())->entries; }
Namespace& Value::names() const {
  return *static_cast<Namespace*>(const_cast<void*>(data.get()));  // made mutable by space()
}

bool truthy(const Value& v) {
  switch (v.kind) {
    case Value::Kind::kUndefined:
    case Value::Kind::kNone: return false;
    case Value::Kind::kBool:
    case Value::Kind::kInteger: return v.integer != 0;
    case Value::Kind::kFloat: return v.real != 0;
    case Value::Kind::kString: return !v.string().empty();
    case Value::Kind::kList:
    case Value::Kind::kTuple: return !v.items().empty();
    case Value::Kind::kDict: return !v.entries().empty();
    default: return true;
  }
}

const Value* find(Meter& meter, const Value& dict, const Value& key) {
  for (const auto& [k, v] : dict.entries()) {
    if (equal(meter, k, key)) return &v;
  }
  return nullptr;
}

bool equal(Meter& meter, const Value& a, const Value& b) {
  meter.take(1);
  if (a.is_number() && b.is_number()) {
    return a.is_whole() && b.is_whole() ? a.integer == b.integer : a.number() == b.number();
  }
  if (a.kind != b.kind) return false;
  if (a.is_undefined() || a.is_none()) return true;
  if (a.is_string() || a.is(Value::Kind::kFunction)) return a.string() == b.string();
  if (a.is_indexed() || a.is(Value::Kind::kMethod)) {
    return std::equal(a.items().begin(), a.items().end(), b.items().begin(), b.items().end(),
                      [&](const Value& x, const Value& y) { return equal(meter, x, y); });
  }
  if (a.is_dict()) {
    if (a.entries().size() != b.entries().size()) return false;
    return std::all_of(a.entries().begin(), a.entries().end(), [&](const auto& e) {
      const Value* other = find(meter, b, e.first);
      return other && equal(meter, e.second, *other);
    });
  }
  return a.data == b.data;
}

bool less(Meter& meter, const Value& a, const Value& b) {
  meter.take(1);
  if (a.is_number() && b.is_number()) {
    return a.is_whole() && b.is_whole() ? a.integer < b.integer : a.number() < b.number();
  }
  if (a.is_string() && b.is_string()) return a.string() < b.string();
  if (a.is_indexed() && a.kind == b.kind) {
    const List &x = a.items(), &y = b.items();
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equal(meter, x[i], y[i])) return less(meter, x[i], y[i]);
    }
    return x.size() < y.size();
  }
  fail("values of these types have no order");
}

std::int64_t integer_of(const Value& v, const char* what) {
  if (!v.is_whole()) fail(std::string(what) + " is not an integer");
  return v.integer;
}

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> all;
  for_each_character(text, [&](std::uint32_t, std::string_view c) { all.push_back(c); });
  return all;
}

List elements(Meter& meter, const Value& v) {
  if (v.is_undefined()) return {};
  List all;
  if (v.is_string()) {
    meter.take(v.string().size());
    for (const std::string_view c : characters(v.string())) all.push_back(Value::text(std::string(c)));
  } else if (v.is_items() && !v.is(Value::Kind::kMethod)) {
    meter.take(v.items().size());
    all = v.items();
  } else if (v.is_dict()) {
    meter.take(v.entries().size());
    for (const auto& entry : v.entries()) all.push_back(entry.first);
  } else {
    fail("this value cannot be looped over");
  }
  return all;
}

std::int64_t length(Meter& meter, const Value& v) {
  if (v.is_undefined()) return 0;
  if (v.is_string()) {
    meter.take(v.string().size() / 64);
    return static_cast<std::int64_t>(characters(v.string()).size());
  }
  if (v.is_indexed()) return static_cast<std::int64_t>(v.items().size());
  if (v.is_dict()) return static_cast<std::int64_t>(v.entries().size());
  fail("this value has no length");
}

Value attribute(Meter& meter, const Value& v, const std::string& name) {
  if (v.is_undefined()) {
    fail(v.data ? "'" + v.string() + "' is undefined" : "'" + name + "' of an undefined value");
  }
  if (v.is(Value::Kind::kNamespace)) {
    const auto it = v.names().names.find(name);
    return it == v.names().names.end() ? Value::undefined(name) : it->second;
  }
  if (has_method(v, name)) return Value::method(meter, v, name);
  if (v.is_dict()) {
    if (const Value* found = find(meter, v, Value::text(name))) return *found;
  }
  if (v.is(Value::Kind::kTuple) && v.items().size() == 2) {  // what groupby gives
    if (name == "grouper") return v.items()[0];
    if (name == "list") return v.items()[1];
  }
  return Value::undefined(name);
}

Value item(Meter& meter, const Value& v, const Value& index) {
  if (v.is_undefined()) {
    fail(v.data ? "'" + v.string() + "' is undefined" : "an item of an undefined value");
  }
  if (v.is_dict()) {
    const Value* found = hashable(index) ? find(meter, v, index) : nullptr;
    if (found) return *found;
  }
  if ((v.is_indexed() || v.is_string()) && index.is_whole()) {
    const std::int64_t n = length(meter, v);
    const std::int64_t i = index.integer < 0 ? index.integer + n : index.integer;
    if (i < 0 || i >= n) return Value::undefined(std::to_string(index.integer));
    if (v.is_indexed()) return v.items()[static_cast<std::size_t>(i)];
    return Value::text(std::string(characters(v.string())[static_cast<std::size_t>(i)]));
  }
  if (index.is_string()) {
    return v.is_dict() && !has_method(v, index.string()) ? Value::undefined(index.string())
                                                        : attribute(meter, v, index.string());
  }
  return Value::undefined(to_text(meter, index));
}

Value slice(Meter& meter, const Value& v, const Value& start, const Value& stop, const Value& step) {
  if (v.is_undefined() && v.data) fail("'" + v.string() + "' is undefined");
  if (!v.is_string() && !v.is_indexed()) fail("only strings and lists have slices");
  const auto given = [](const Value& x) { return !x.is_undefined() && !x.is_none(); };
  const std::int64_t by = given(step) ? integer_of(step, "a slice's step") : 1;
  if (by == 0) fail("a slice's step is zero");
  const List all = elements(meter, v);
  const auto n = static_cast<std::int64_t>(all.size());
  const auto bound = [&](const Value& x, std::int64_t fallback) {
    if (!given(x)) return fallback;
    std::int64_t i = integer_of(x, "a slice's bound");
    if (i < 0) i += n;
    return by > 0 ? std::clamp<std::int64_t>(i, 0, n) : std::clamp<std::int64_t>(i, -1, n - 1);
  };
  const std::int64_t first = bound(start, by > 0 ? 0 : n - 1), last = bound(stop, by > 0 ? n : -1);
  List items;
  for (std::int64_t i = first; by > 0 ? i < last : i > last;) {
    items.push_back(all[static_cast<std::size_t>(i)]);
    if (__builtin_add_overflow(i, by, &i)) break;
  }
  if (!v.is_string()) return Value::sequence(meter, std::move(items), v.kind);
  std::string text;
  for (const Value& c : items) text += c.string();
  return Value::text(meter, std::move(text));
}

bool contains(Meter& meter, const Value& whole, const Value& part) {
  if (whole.is_string()) {
    if (!part.is_string()) fail("'in' of a string wants a string");
    meter.take(whole.string().size() / 64);
    return whole.string().find(part.string()) != std::string::npos;
  }
  if (whole.is_dict()) {
    if (!hashable(part)) fail("lists and dicts cannot be keys");
    return find(meter, whole, part) != nullptr;
  }
  const List all = elements(meter, whole);
  return std::any_of(all.begin(), all.end(), [&](const Value& e) { return equal(meter, e, part); });
}

namespace {

Value repeat(Meter& meter, const Value& v, std::int64_t n) {
  if (n <= 0) n = 0;
  const auto times = static_cast<std::uint64_t>(n);
  if (v.is_string()) {
    const std::uint64_t size = v.string().size();
    if (size > 0) meter.check_text(times > UINT32_MAX ? UINT64_MAX : size * times);
    std::string out;
    for (std::uint64_t i = 0; size > 0 && i < times; ++i) out += v.string();
    return Value::text(meter, std::move(out));
  }
  List out;
  for (std::uint64_t i = 0; !v.items().empty() && i < times; ++i) {
    meter.take(v.items().size());
    out.insert(out.end(), v.items().begin(), v.items().end());
  }
  return Value::sequence(meter, std::move(out), v.kind);
}

Value whole_arithmetic(const std::string& op, std::int64_t i, std::int64_t j) {
  std::int64_t r = 0;
  bool over = false;
  if (op == "+") over = __builtin_add_overflow(i, j, &r);
  if (op == "-") over = __builtin_sub_overflow(i, j, &r);
  if (op == "*") over = __builtin_mul_overflow(i, j, &r);
  if (op == "//" || op == "%") {
    if (j == -1) {
      over = op == "//" && __builtin_sub_overflow(std::int64_t{0}, i, &r);
    } else {
      std::int64_t q = i / j, m = i % j;
      if (m != 0 && (m < 0) != (j < 0)) --q, m += j;
      r = op == "//" ? q : m;
    }
  }
  if (op == "**") {
    r = 1;
    for (std::int64_t k = 0; k < j && !over && r != 0; ++k) {
      if (i == 1 || (i == -1 && k >= 2)) {  // no need to go on
        r = i == 1 || j % 2 == 0 ? 1 : -1;
        break;
      }
      over = __builtin_mul_overflow(r, i, &r);
    }
  }
  if (over) fail("an integer overflows");
  return Value::of(r);
}

}  // namespace

Value arithmetic(Meter& meter, const std::string& op, const Value& a, const Value& b) {
  for (const Value* v : {&a, &b}) {
    if (v->is_undefined()) fail(v->data ? "'" + v->string() + "' is undefined" : "'" + op + "' of an undefined value");
  }
  if (op == "%" && a.is_string()) return Value::text(meter, format_percent(meter, a.string(), b));
  if (op == "+" && a.is_string() && b.is_string()) return Value::text(meter, a.string() + b.string());
  if (op == "+" && a.is_indexed() && a.kind == b.kind) {
    meter.take(a.items().size() + b.items().size());
    List all = a.items();
    all.insert(all.end(), b.items().begin(), b.items().end());
    return Value::sequence(meter, std::move(all), a.kind);
  }
  if (op == "*") {
    if ((a.is_string() || a.is_indexed()) && b.is_whole()) return repeat(meter, a, b.integer);
    if ((b.is_string() || b.is_indexed()) && a.is_whole()) return repeat(meter, b, a.integer);
  }
  if (!a.is_number() || !b.is_number()) fail("'" + op + "' is not defined for these values");
  const double x = a.number(), y = b.number();
  if ((op == "/" || op == "//" || op == "%") && y == 0) fail("division by zero");
  if (op == "**" && x == 0 && y < 0) fail("zero to a negative power");
  if (op == "/") return Value::of(x / y);
  if (a.is_whole() && b.is_whole() && !(op == "**" && b.integer < 0)) {
    return whole_arithmetic(op, a.integer, b.integer);
  }
  if (op == "+") return Value::of(x + y);
  if (op == "-") return Value::of(x - y);
  if (op == "*") return Value::of(x * y);
  if (op == "**") {
    if (x < 0 && y != std::floor(y)) fail("a negative number to a broken power");
    return Value::of(std::pow(x, y));
  }
  double m = std::fmod(x, y);  // Python: the sign of the divisor
  if (m != 0 && (m < 0) != (y < 0)) m += y;
  if (m == 0) m = std::copysign(0.0, y);
  if (op == "%") return Value::of(m);
  const double q = (x - m) / y, whole = std::floor(q);
  if (q == 0) return Value::of(std::copysign(0.0, x / y));
  return Value::of(q - whole > 0.5 ? whole + 1 : whole);
}

}  // namespace weft::jinja
