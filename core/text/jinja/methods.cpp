// The methods of dicts, lists, tuples, ranges and numbers, and which methods a value has.
#include <algorithm>
#include <cmath>

#include "core/text/jinja/functions.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;

Value mutator(Call&) { return {}; }
constexpr Function changes(std::string_view name) { return {name, mutator, 0, {}, Passing::kAny, true}; }

Value view(Call& c, const char* label) {
  List list;
  list.reserve(c.self.entries().size());
  const std::string_view name = label;
  for (const auto& [key, value] : c.self.entries()) {
    list.push_back(name == "dict_keys"     ? key
                   : name == "dict_values" ? value
                                           : Value::sequence(c.meter, {key, value}, Kind::kTuple));
  }
  return Value::sequence(c.meter, std::move(list), Kind::kView, label);
}

Value from_keys(Call& c) {
  Entries entries;
  for (const Value& key : elements(c.meter, *c[0])) entries.emplace_back(key, c[1] ? *c[1] : Value::none());
  return Value::dict(c.meter, std::move(entries));
}

constexpr Function kDictMethods[] = {
    {"get", [](Call& c) {
       const Value* found = find(c.meter, c.self, *c[0]);
       return found ? *found : c[1] ? *c[1] : Value::none();
     }, 1, {"key", "default"}, Passing::kByPlace},
    {"items", [](Call& c) { return view(c, "dict_items"); }},
    {"keys", [](Call& c) { return view(c, "dict_keys"); }},
    {"values", [](Call& c) { return view(c, "dict_values"); }},
    {"copy", [](Call& c) { return c.self; }},
    {"fromkeys", from_keys, 1, {"iterable", "value"}, Passing::kByPlace},
    changes("clear"), changes("pop"), changes("popitem"), changes("setdefault"), changes("update")};

Value index_of(Call& c) {
  const List& list = c.self.items();
  const auto n = static_cast<std::int64_t>(list.size());
  const auto bound = [&](std::size_t i, std::int64_t fallback) {
    const std::int64_t at = c.integer(i, fallback, "a bound");
    return at < 0 ? std::max<std::int64_t>(0, at + n) : std::min(at, n);
  };
  const std::int64_t end = bound(2, n);
  for (std::int64_t i = bound(1, 0); i < end; ++i) {
    if (equal(c.meter, list[static_cast<std::size_t>(i)], *c[0])) return Value::of(i);
  }
  fail("the value is not in the list");
}

Value count_of(Call& c) {
  std::int64_t n = 0;
  for (const Value& v : c.self.items()) n += equal(c.meter, v, *c[0]);
  return Value::of(n);
}

constexpr Function kTupleMethods[] = {{"index", index_of, 1, {"value", "start", "stop"}, Passing::kByPlace},
                                      {"count", count_of, 1, {"value"}, Passing::kByPlace}};
constexpr Function kListMethods[] = {
    kTupleMethods[0], kTupleMethods[1], {"copy", [](Call& c) { return c.self; }},
    changes("append"), changes("clear"), changes("extend"), changes("insert"), changes("pop"), changes("remove"),
    changes("reverse"), changes("sort")};

Value self_number(Call& c) { return c.self.is(Kind::kFloat) ? c.self : Value::of(c.self.integer); }

constexpr Function kWholeMethods[] = {
    {"bit_length",
     [](Call& c) {
       std::uint64_t n = c.self.integer < 0 ? 0 - static_cast<std::uint64_t>(c.self.integer)
                                            : static_cast<std::uint64_t>(c.self.integer);
       std::int64_t bits = 0;
       for (; n != 0; n >>= 1) ++bits;
       return Value::of(bits);
     }},
    {"bit_count",
     [](Call& c) {
       const std::uint64_t n = c.self.integer < 0 ? 0 - static_cast<std::uint64_t>(c.self.integer)
                                                  : static_cast<std::uint64_t>(c.self.integer);
       return Value::of(std::int64_t{__builtin_popcountll(n)});
     }},
    {"conjugate", self_number},
    {"as_integer_ratio", [](Call& c) {
       return Value::sequence(c.meter, {Value::of(c.self.integer), Value::of(std::int64_t{1})}, Kind::kTuple);
     }}};
constexpr Function kFloatMethods[] = {
    {"is_integer",
     [](Call& c) { return Value::of(std::isfinite(c.self.real) && std::floor(c.self.real) == c.self.real); }},
    {"conjugate", self_number}};

constexpr Function kCyclerMethods[] = {
    {"next", [](Call& c) {
       const List& all = c.self.items();
       std::size_t& at = c.self.position();
       const Value v = all[at];
       at = (at + 1) % all.size();
       return v;
     }},
    {"reset", [](Call& c) {
       c.self.position() = 0;
       return Value::none();
     }}};

}  // namespace

const Function* find_string_method(std::string_view name) {
  for (const auto group : {string_methods(), split_methods(), search_methods()}) {
    if (const Function* f = find_function(group, name)) return f;
  }
  return nullptr;
}

const Function* find_method(const Value& self, std::string_view name) {
  switch (self.kind) {
    case Kind::kString: return find_string_method(name);
    case Kind::kDict: return find_function(kDictMethods, name);
    case Kind::kList: return find_function(kListMethods, name);
    case Kind::kTuple:
    case Kind::kRange: return find_function(kTupleMethods, name);
    case Kind::kBool:
    case Kind::kInteger: return find_function(kWholeMethods, name);
    case Kind::kFloat: return find_function(kFloatMethods, name);
    case Kind::kCycler: return find_function(kCyclerMethods, name);
    default: return nullptr;
  }
}

}  // namespace weft::jinja
