// Truth, equality, order, membership and hashes, as Python has them.
#include <algorithm>
#include <cmath>
#include <functional>

#include "core/text/jinja/value.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;

/// A long double holds every 64-bit integer, so that integers and floats compare exactly.
long double exact(const Value& v) { return v.is(Kind::kFloat) ? v.real : static_cast<long double>(v.integer); }

bool is_set(const Value& v) {  // keys and items of dicts compare as sets
  return v.is(Kind::kView) && std::string_view(v.label()) != "dict_values";
}

bool all_within(Meter& meter, const List& some, const List& all) {
  return std::all_of(some.begin(), some.end(), [&](const Value& v) {
    return std::any_of(all.begin(), all.end(), [&](const Value& o) { return equal(meter, v, o); });
  });
}

bool ordered(Meter& meter, const Value& a, const Value& b, const char* op, bool or_equal) {
  meter.take(1);
  if (a.is_undefined() || b.is_undefined()) fail((a.is_undefined() ? a : b).message());
  if (a.is_number() && b.is_number()) return or_equal ? exact(a) <= exact(b) : exact(a) < exact(b);
  if (a.is_string() && b.is_string()) {
    meter.take(std::min(a.text().size(), b.text().size()) / 64);
    return or_equal ? a.view() <= b.view() : a.view() < b.view();
  }
  if ((a.is(Kind::kList) || a.is(Kind::kTuple)) && a.kind == b.kind) {
    const List &x = a.items(), &y = b.items();
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equal(meter, x[i], y[i])) return ordered(meter, x[i], y[i], op, or_equal);
    }
    return or_equal ? x.size() <= y.size() : x.size() < y.size();
  }
  if (is_set(a) && is_set(b)) {
    const List &x = a.items(), &y = b.items();
    return (or_equal ? x.size() <= y.size() : x.size() < y.size()) && all_within(meter, x, y);
  }
  fail(std::string("'") + op + "' is not supported between '" + type_name(a) + "' and '" + type_name(b) + "'");
}

}  // namespace

bool truthy(const Value& v) {
  switch (v.kind) {
    case Kind::kMissing:
    case Kind::kUndefined:
    case Kind::kNone: return false;
    case Kind::kBool:
    case Kind::kInteger: return v.integer != 0;
    case Kind::kFloat: return v.real != 0;
    case Kind::kString: return !v.text().empty();
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kRange:
    case Kind::kView: return !v.items().empty();
    case Kind::kDict: return !v.entries().empty();
    case Kind::kMacro:
    case Kind::kNamespace:
    case Kind::kLoop:
    default: return true;
  }
}

bool equal(Meter& meter, const Value& a, const Value& b) {
  meter.take(1);
  if (a.is_number() && b.is_number()) return exact(a) == exact(b);
  if (is_set(a) && is_set(b)) return a.items().size() == b.items().size() && all_within(meter, a.items(), b.items());
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::kUndefined:
    case Kind::kNone: return true;
    case Kind::kFunction: return a.integer == b.integer;
    case Kind::kString:
      meter.take(a.text().size() / 64);
      return a.view() == b.view();
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kRange:
      return std::equal(a.items().begin(), a.items().end(), b.items().begin(), b.items().end(),
                        [&](const Value& x, const Value& y) { return equal(meter, x, y); });
    case Kind::kMethod: return &a.method() == &b.method() && a.items()[0].data == b.items()[0].data;
    case Kind::kDict:
      if (a.entries().size() != b.entries().size()) return false;
      return std::all_of(a.entries().begin(), a.entries().end(), [&](const auto& e) {
        const Value* other = find(meter, b, e.first);
        return other && equal(meter, e.second, *other);
      });
    default: return a.data == b.data;
  }
}

bool less(Meter& meter, const Value& a, const Value& b, const char* op) { return ordered(meter, a, b, op, false); }
bool less_equal(Meter& meter, const Value& a, const Value& b, const char* op) { return ordered(meter, a, b, op, true); }

bool contains(Meter& meter, const Value& whole, const Value& part) {
  if (whole.is_string()) {
    if (!part.is_string()) fail(std::string("'in <string>' requires string as left operand, not ") + type_name(part));
    meter.take_search(whole.text().size(), part.text().size());
    return whole.view().find(part.view()) != std::string::npos;
  }
  if (whole.is_dict()) return find(meter, whole, part) != nullptr;
  const auto same = [&](const Value& e) { return equal(meter, e, part); };
  if (whole.is_indexed() || whole.is(Kind::kView)) return std::any_of(whole.items().begin(), whole.items().end(), same);
  const List all = elements(meter, whole);
  return std::any_of(all.begin(), all.end(), same);
}

std::size_t hash(Meter& meter, const Value& v) {
  meter.take(1);
  switch (v.kind) {
    case Kind::kString:
      meter.take(v.text().size() / 64);
      return std::hash<std::string_view>()(v.view());
    case Kind::kBool:
    case Kind::kInteger:
    case Kind::kFloat: return std::hash<double>()(v.number());  // numbers that are equal are equal as doubles
    case Kind::kList:
    case Kind::kDict: fail(std::string("unhashable type: '") + type_name(v) + "'");
    case Kind::kTuple: {
      std::size_t all = 7;
      for (const Value& e : v.items()) all = all * 31 + hash(meter, e);
      return all;
    }
    case Kind::kView:
      if (is_set(v)) fail(std::string("unhashable type: '") + type_name(v) + "'");
      [[fallthrough]];
    default: return static_cast<std::size_t>(v.kind);
  }
}

}  // namespace weft::jinja
