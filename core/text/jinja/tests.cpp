// The tests in `x is name`.
#include "core/text/jinja/functions.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;

bool same(const Value& a, const Value& b) {  // Python's `is`, where its result is certain
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::kNone: return true;
    case Kind::kBool:
    case Kind::kInteger: return a.integer == b.integer;
    case Kind::kFloat: return a.real == b.real;
    case Kind::kString: return a.view() == b.view();
    default: return a.data == b.data;
  }
}

Value divisible(Call& c, const Value& by) {
  const Value rest = arithmetic(c.meter, Operator::kModulo, c.self, by);
  return Value::of(equal(c.meter, rest, Value::of(std::int64_t{0})));
}

Value parity(Call& c, std::int64_t wanted) {
  if (c.self.is_string()) fail("not all arguments converted during string formatting");
  const Value rest = arithmetic(c.meter, Operator::kModulo, c.self, Value::of(std::int64_t{2}));
  return Value::of(equal(c.meter, rest, Value::of(wanted)));
}

Value is_kind(Call& c, Kind kind) { return Value::of(c.self.is(kind)); }
Value is_equal(Call& c) { return Value::of(equal(c.meter, c.self, *c[0])); }
Value is_unequal(Call& c) { return Value::of(!equal(c.meter, c.self, *c[0])); }
Value is_less(Call& c) { return Value::of(less(c.meter, c.self, *c[0])); }
Value is_less_equal(Call& c) { return Value::of(less_equal(c.meter, c.self, *c[0])); }
Value is_greater(Call& c) { return Value::of(less(c.meter, *c[0], c.self, ">")); }
Value is_greater_equal(Call& c) { return Value::of(less_equal(c.meter, *c[0], c.self, ">=")); }

Value is_callable(Call& c) {
  static constexpr Kind kKinds[] = {Kind::kMacro, Kind::kFunction, Kind::kMethod,
                                    Kind::kLoop,  Kind::kJoiner,   Kind::kUndefined};
  bool yes = false;
  for (const Kind k : kKinds) yes = yes || c.self.is(k);
  return Value::of(yes);
}

Value is_sequence(Call& c) {
  return Value::of(c.self.is_undefined() || c.self.is_string() || c.self.is_dict() || c.self.is_indexed());
}

Value known(Call& c, const Function* (*find)(std::string_view)) {
  hash(c.meter, c.self);
  return Value::of(c.self.is_string() && find(c.self.view()) != nullptr);
}

Value has_case(Call& c, bool upper) { return Value::of(is_case(as_string(c.meter, c.self).view(), upper)); }

constexpr Function kTests[] = {
    {"defined", [](Call& c) { return Value::of(!c.self.is_undefined()); }},
    {"undefined", [](Call& c) { return Value::of(c.self.is_undefined()); }},
    {"none", [](Call& c) { return is_kind(c, Kind::kNone); }},
    {"string", [](Call& c) { return is_kind(c, Kind::kString); }},
    {"mapping", [](Call& c) { return is_kind(c, Kind::kDict); }},
    {"iterable", [](Call& c) { return Value::of(iterable(c.self)); }},
    {"sequence", is_sequence},
    {"number", [](Call& c) { return Value::of(c.self.is_number()); }},
    {"integer", [](Call& c) { return is_kind(c, Kind::kInteger); }},
    {"float", [](Call& c) { return is_kind(c, Kind::kFloat); }},
    {"boolean", [](Call& c) { return is_kind(c, Kind::kBool); }},
    {"true", [](Call& c) { return Value::of(c.self.is(Kind::kBool) && c.self.integer != 0); }},
    {"false", [](Call& c) { return Value::of(c.self.is(Kind::kBool) && c.self.integer == 0); }},
    {"callable", is_callable},
    {"odd", [](Call& c) { return parity(c, 1); }},
    {"even", [](Call& c) { return parity(c, 0); }},
    {"divisibleby", [](Call& c) { return divisible(c, *c[0]); }, 1, {"num"}},
    {"lower", [](Call& c) { return has_case(c, false); }},
    {"upper", [](Call& c) { return has_case(c, true); }},
    {"escaped", [](Call& c) { return Value::of(c.self.is_safe()); }},
    {"filter", [](Call& c) { return known(c, find_filter); }},
    {"test", [](Call& c) { return known(c, find_test); }},
    {"sameas", [](Call& c) { return Value::of(same(c.self, *c[0])); }, 1, {"other"}},
    {"in", [](Call& c) { return Value::of(contains(c.meter, *c[0], c.self)); }, 1, {"seq"}},
    {"equalto", is_equal, 1, {"b"}, Passing::kByPlace}, {"eq", is_equal, 1, {"b"}, Passing::kByPlace},
    {"==", is_equal, 1, {"b"}, Passing::kByPlace}, {"ne", is_unequal, 1, {"b"}, Passing::kByPlace},
    {"!=", is_unequal, 1, {"b"}, Passing::kByPlace}, {"lt", is_less, 1, {"b"}, Passing::kByPlace},
    {"lessthan", is_less, 1, {"b"}, Passing::kByPlace}, {"<", is_less, 1, {"b"}, Passing::kByPlace},
    {"gt", is_greater, 1, {"b"}, Passing::kByPlace}, {"greaterthan", is_greater, 1, {"b"}, Passing::kByPlace},
    {">", is_greater, 1, {"b"}, Passing::kByPlace}, {"le", is_less_equal, 1, {"b"}, Passing::kByPlace},
    {"<=", is_less_equal, 1, {"b"}, Passing::kByPlace}, {"ge", is_greater_equal, 1, {"b"}, Passing::kByPlace},
    {">=", is_greater_equal, 1, {"b"}, Passing::kByPlace}};

}  // namespace

const Function* find_test(std::string_view name) { return find_function(kTests, name); }

}  // namespace weft::jinja
