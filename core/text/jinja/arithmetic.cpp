// Python's operators on numbers, strings and lists.
#include <algorithm>
#include <cmath>

#include "core/text/jinja/functions.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;

const char* spelling(Operator op) {
  static constexpr const char* kSpellings[] = {"+", "-", "*", "/", "//", "%", "**"};
  return kSpellings[static_cast<int>(op)];
}

Value repeat(Meter& meter, const Value& v, std::int64_t n) {
  const auto times = static_cast<std::uint64_t>(std::max<std::int64_t>(n, 0));
  if (v.is_string()) {
    meter.check_text(v.text().size(), times);
    Text out;
    if (!v.text().empty()) {
      meter.take(times);
      out.reserve(v.text().size() * times);
      for (std::uint64_t i = 0; i < times; ++i) out.append(v.text());
    }
    return text_value(meter, std::move(out), v);
  }
  List out;
  for (std::uint64_t i = 0; !v.items().empty() && i < times; ++i) {
    meter.take(v.items().size());
    out.insert(out.end(), v.items().begin(), v.items().end());
  }
  return Value::sequence(meter, std::move(out), v.kind);
}

bool power(std::int64_t i, std::int64_t j, std::int64_t& r) {
  r = 1;
  for (; j > 0; j >>= 1) {
    if ((j & 1) && __builtin_mul_overflow(r, i, &r)) return false;
    if (j > 1 && __builtin_mul_overflow(i, i, &i)) return false;
  }
  return true;
}

Value whole_arithmetic(Operator op, std::int64_t i, std::int64_t j) {
  std::int64_t r = 0;
  bool fits = true;
  switch (op) {
    case Operator::kAdd: fits = !__builtin_add_overflow(i, j, &r); break;
    case Operator::kSubtract: fits = !__builtin_sub_overflow(i, j, &r); break;
    case Operator::kMultiply: fits = !__builtin_mul_overflow(i, j, &r); break;
    case Operator::kPower: fits = power(i, j, r); break;
    default: {
      if (j == -1) {
        fits = op == Operator::kModulo || !__builtin_sub_overflow(std::int64_t{0}, i, &r);
        break;
      }
      std::int64_t q = i / j, m = i % j;
      if (m != 0 && (m < 0) != (j < 0)) --q, m += j;
      r = op == Operator::kModulo ? m : q;
    }
  }
  if (!fits)
    fail(std::string("an integer overflows 64 bits: ") + std::to_string(i) + " " + spelling(op) + " " +
         std::to_string(j));
  return Value::of(r);
}

Value real_arithmetic(Operator op, double x, double y) {
  switch (op) {
    case Operator::kAdd: return Value::of(x + y);
    case Operator::kSubtract: return Value::of(x - y);
    case Operator::kMultiply: return Value::of(x * y);
    case Operator::kPower: {
      if (x < 0 && std::isfinite(x) && std::isfinite(y) && y != std::floor(y))
        fail("a negative number to a broken power is complex");
      const double r = std::pow(x, y);
      if (std::isinf(r) && std::isfinite(x) && std::isfinite(y)) fail("numerical result out of range");
      return Value::of(r);
    }
    default: break;
  }
  double m = std::fmod(x, y);  // as in Python, the result has the divisor's sign
  if (m != 0) {
    if ((m < 0) != (y < 0)) m += y;
  } else {
    m = std::copysign(0.0, y);
  }
  if (op == Operator::kModulo) return Value::of(m);
  double q = (x - m) / y;
  if (q == 0) return Value::of(std::copysign(0.0, x / y));
  const double whole = std::floor(q);
  return Value::of(q - whole > 0.5 ? whole + 1 : whole);
}

/// a + b of strings. Where one of them is safe, the other is escaped.
Value concatenated(Meter& meter, const Value& a, const Value& b) {
  const bool safe = a.is_safe() || b.is_safe();
  Text out = safe ? escaped(meter, a) : a.text();
  out.append(safe ? escaped(meter, b) : b.text());
  return Value::text(meter, std::move(out), safe);
}

bool repeats(const Value& v) { return v.is_string() || v.is(Kind::kList) || v.is(Kind::kTuple); }

}  // namespace

Value negative(const Value& v) {
  if (v.is_undefined()) fail(v.message());
  if (v.is(Kind::kFloat)) return Value::of(-v.real);
  if (!v.is_whole()) fail(std::string("bad operand type for unary -: '") + type_name(v) + "'");
  return whole_arithmetic(Operator::kSubtract, 0, v.integer);
}

Value positive(const Value& v) {
  if (v.is_undefined()) fail(v.message());
  if (v.is(Kind::kFloat)) return v;
  if (!v.is_whole()) fail(std::string("bad operand type for unary +: '") + type_name(v) + "'");
  return Value::of(v.integer);
}

Value arithmetic(Meter& meter, Operator op, const Value& a, const Value& b) {
  if (a.is_string() && op == Operator::kModulo) return text_value(meter, format_percent(meter, a, b), a);
  for (const Value* v : {&a, &b}) {
    if (v->is_undefined()) fail(v->message());
  }
  if (op == Operator::kAdd && a.is_string() && b.is_string()) return concatenated(meter, a, b);
  if (op == Operator::kAdd && (a.is(Kind::kList) || a.is(Kind::kTuple)) && a.kind == b.kind) {
    meter.take(a.items().size() + b.items().size());
    List all = a.items();
    all.insert(all.end(), b.items().begin(), b.items().end());
    return Value::sequence(meter, std::move(all), a.kind);
  }
  if (op == Operator::kMultiply) {
    if (repeats(a) && b.is_whole()) return repeat(meter, a, b.integer);
    if (repeats(b) && a.is_whole()) return repeat(meter, b, a.integer);
  }
  if (!a.is_number() || !b.is_number()) {
    fail(std::string("unsupported operand types for ") + spelling(op) + ": '" + type_name(a) + "' and '" +
         type_name(b) + "'");
  }
  const bool whole = a.is_whole() && b.is_whole();
  if (op == Operator::kPower && a.number() == 0 && b.number() < 0) fail("0.0 cannot be raised to a negative power");
  if (op == Operator::kDivide || op == Operator::kFloorDivide || op == Operator::kModulo) {
    if (b.number() == 0) fail("division by zero");
  }
  if (op == Operator::kDivide) {
    if (!whole) return Value::of(a.number() / b.number());
    return Value::of(static_cast<double>(static_cast<long double>(a.integer) / static_cast<long double>(b.integer)));
  }
  if (whole && !(op == Operator::kPower && b.integer < 0)) return whole_arithmetic(op, a.integer, b.integer);
  return real_arithmetic(op, a.number(), b.number());
}

}  // namespace weft::jinja
