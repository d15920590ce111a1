// The tests of `x is name`.
#include <cmath>

#include "core/text/jinja/value.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;

bool cased(std::string_view s) { return lower(s) != upper(s); }

bool same(const Value& a, const Value& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::kUndefined: return false;
    case Kind::kNone: return true;
    case Kind::kBool:
    case Kind::kInteger: return a.integer == b.integer;
    case Kind::kFloat: return a.real == b.real;
    case Kind::kString: return a.string() == b.string();
    default: return a.data == b.data;
  }
}

std::int64_t remainder(const Value& v, const Value& by) {
  const std::int64_t i = integer_of(v, "the value tested"), j = integer_of(by, "the divisor");
  if (j == 0) fail("division by zero");
  return j == -1 ? 0 : i % j;
}

}  // namespace

bool apply_test(Meter& meter, const std::string& name, const Value& v, const Arguments& args) {
  if (name == "defined") return !v.is_undefined();
  if (name == "undefined") return v.is_undefined();
  if (name == "none") return v.is_none();
  if (name == "string") return v.is_string();
  if (name == "mapping") return v.is_dict();
  if (name == "iterable") return v.is_undefined() || v.is_string() || v.is_dict() || (v.is_items() && !v.is(Kind::kMethod));
  if (name == "sequence") return v.is_undefined() || v.is_string() || v.is_dict() || v.is_indexed();
  if (name == "number") return v.is_number();
  if (name == "integer") return v.is(Kind::kInteger);
  if (name == "float") return v.is(Kind::kFloat);
  if (name == "boolean") return v.is(Kind::kBool);
  if (name == "true") return v.is(Kind::kBool) && v.integer != 0;
  if (name == "false") return v.is(Kind::kBool) && v.integer == 0;
  if (name == "callable") return v.is(Kind::kMacro) || v.is(Kind::kFunction) || v.is(Kind::kMethod);
  if (name == "odd") return remainder(v, Value::of(std::int64_t{2})) != 0;
  if (name == "even") return remainder(v, Value::of(std::int64_t{2})) == 0;
  if (name == "lower" || name == "upper") {
    const std::string s = to_text(meter, v);
    return cased(s) && (name == "lower" ? lower(s) : upper(s)) == s;
  }
  if (name == "escaped") return false;
  if (name == "filter" || name == "test") fail("the test '" + name + "' is not supported");
  static constexpr std::string_view kWithArgument[] = {
      "equalto", "eq", "==", "sameas", "ne", "!=", "in", "lt", "lessthan", "<", "gt", "greaterthan", ">",
      "le", "<=", "ge", ">=", "divisibleby"};
  bool known = false;
  for (const std::string_view n : kWithArgument) known = known || n == name;
  if (!known) fail("unknown test '" + name + "'");
  if (args.list.size() != 1) fail("the test '" + name + "' wants one value");
  const Value& other = args.list[0];
  if (name == "equalto" || name == "eq" || name == "==") return equal(meter, v, other);
  if (name == "sameas") return same(v, other);
  if (name == "ne" || name == "!=") return !equal(meter, v, other);
  if (name == "in") return contains(meter, other, v);
  if (name == "lt" || name == "lessthan" || name == "<") return less(meter, v, other);
  if (name == "gt" || name == "greaterthan" || name == ">") return less(meter, other, v);
  if (name == "le" || name == "<=") return less(meter, v, other) || equal(meter, v, other);
  if (name == "ge" || name == ">=") return less(meter, other, v) || equal(meter, v, other);
  return remainder(v, other) == 0;
}

}  // namespace weft::jinja
