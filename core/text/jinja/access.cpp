// What lies inside a value: attributes, items, slices, elements.
#include <algorithm>

#include "core/text/jinja/functions.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;

std::string object_text(const Value& v) { return v.is_none() ? "None" : std::string(type_name(v)) + " object"; }

/// The undefined value that an access gives which finds nothing in `v`.
Value nothing(Meter& meter, const Value& v, const Value& name) {
  if (name.is_string())
    return Value::undefined("'" + object_text(v) + "' has no attribute '" + name.text().bytes() + "'");
  return Value::undefined(object_text(v) + " has no element " + repr(meter, name).take_bytes());
}

/// A string of one character. ASCII characters are shared, one value for the template's and one for the user's.
Value character(std::string_view c, bool user) {
  if (c.size() != 1 || static_cast<unsigned char>(c[0]) >= 0x80) return Value::text(Text(std::string(c), user));
  static const std::vector<Value> kAscii = [] {
    std::vector<Value> all;
    for (int i = 0; i < 256; ++i)
      all.push_back(Value::text(Text(std::string(1, static_cast<char>(i & 127)), i >= 128)));
    return all;
  }();
  return kAscii[static_cast<std::size_t>(c[0]) + (user ? 128 : 0)];
}

/// An attribute that is a value; missing where `v` has none of this name.
Value field(Meter& meter, const Value& v, std::string_view name) {
  switch (v.kind) {
    case Kind::kNamespace: {
      const auto& names = v.as<Namespace>().names;
      const auto it = names.find(name);
      return it == names.end() ? Value() : it->second;
    }
    case Kind::kLoop: return loop_attribute(meter, v.as<Loop>(), name);
    case Kind::kMacro: return macro_attribute(meter, v.as<Macro>(), name);
    case Kind::kTuple:
      if (std::string_view(v.label()) != "group") return {};
      return name == "grouper" ? v.items()[0] : name == "list" ? v.items()[1] : Value();
    case Kind::kRange: {
      std::int64_t bounds[3];
      v.range_bounds(bounds);
      if (name == "start") return Value::of(bounds[0]);
      if (name == "stop") return Value::of(bounds[1]);
      return name == "step" ? Value::of(bounds[2]) : Value();
    }
    case Kind::kBool:
    case Kind::kInteger:
      if (name == "real" || name == "numerator") return Value::of(v.integer);
      if (name == "imag") return Value::of(std::int64_t{0});
      return name == "denominator" ? Value::of(std::int64_t{1}) : Value();
    case Kind::kFloat:
      if (name == "real") return v;
      return name == "imag" ? Value::of(0.0) : Value();
    case Kind::kCycler:
      return name == "current" ? v.items()[v.position() % v.items().size()] : Value();
    default: return {};
  }
}

/// A method or a field: undefined where the sandbox forbids it, missing where there is none.
Value member(Meter& meter, const Value& v, std::string_view name) {
  if (name.starts_with("__") && !v.is(Kind::kNamespace)) {
    return Value::undefined("access to attribute '" + std::string(name) + "' of '" + object_text(v) + "' is unsafe");
  }
  if (const Function* m = find_method(v, name)) {
    if (m->mutates) {
      return Value::undefined("access to attribute '" + std::string(name) + "' of '" + object_text(v) +
                              "' is unsafe: it changes the value");
    }
    return Value::method(meter, v, *m);
  }
  return field(meter, v, name);
}

/// v[index] as in Python; missing where Python raises TypeError or LookupError.
Value plain_item(Meter& meter, const Value& v, const Value& index) {
  if (v.is_dict()) {
    if (index.is(Kind::kList) || index.is_dict()) return {};
    const Value* found = find(meter, v, index);
    return found ? *found : Value();
  }
  if ((!v.is_indexed() && !v.is_string()) || !index.is_whole()) return {};
  const std::int64_t n = length(meter, v), i = index.integer < 0 ? index.integer + n : index.integer;
  if (i < 0 || i >= n) return {};
  if (!v.is_string()) return v.items()[static_cast<std::size_t>(i)];
  const auto at = static_cast<std::size_t>(i);
  if (v.characters() != v.text().size()) meter.take(at / 64);
  const std::size_t begin = offset_of(v, at);
  std::size_t end = begin + 1;
  while (end < v.text().size() && (static_cast<unsigned char>(v.view()[end]) & 0xC0) == 0x80) ++end;
  return Value::text(v.text().part(begin, end), v.is_safe());
}

}  // namespace

const char* type_name(const Value& v) {
  switch (v.kind) {
    case Kind::kNone: return "NoneType";
    case Kind::kBool: return "bool";
    case Kind::kInteger: return "int";
    case Kind::kFloat: return "float";
    case Kind::kString: return v.is_safe() ? "Markup" : "str";
    case Kind::kList: return "list";
    case Kind::kTuple: return "tuple";
    case Kind::kRange: return "range";
    case Kind::kView: return v.label();
    case Kind::kGenerator: return "generator";
    case Kind::kDict: return "dict";
    case Kind::kNamespace: return "Namespace";
    case Kind::kLoop: return "LoopContext";
    case Kind::kMacro: return "Macro";
    case Kind::kFunction: return "function";
    case Kind::kMethod: return "builtin_function_or_method";
    case Kind::kCycler: return "Cycler";
    case Kind::kJoiner: return "Joiner";
    default: return "Undefined";
  }
}

Value attribute(Meter& meter, const Value& v, const Value& name) {
  if (v.is_undefined()) fail(v.message());
  if (Value found = member(meter, v, name.view()); !found.is(Kind::kMissing)) return found;
  if (Value found = plain_item(meter, v, name); !found.is(Kind::kMissing)) return found;
  return nothing(meter, v, name);
}

Value item(Meter& meter, const Value& v, const Value& index) {
  if (v.is_undefined()) fail(v.message());
  if (Value found = plain_item(meter, v, index); !found.is(Kind::kMissing)) return found;
  if (index.is_string()) {
    if (Value found = member(meter, v, index.view()); !found.is(Kind::kMissing)) return found;
  }
  return nothing(meter, v, index);
}

std::size_t offset_of(const Value& string, std::size_t n) {
  const std::string_view s = string.view();
  if (string.characters() == s.size()) return std::min(n, s.size());
  std::size_t at = 0;
  for (; at < s.size(); ++at) {
    if ((static_cast<unsigned char>(s[at]) & 0xC0) != 0x80 && n-- == 0) break;
  }
  return at;
}

Value slice(Meter& meter, const Value& v, const Value& start, const Value& stop, const Value& step) {
  if (v.is_undefined()) fail(v.message());
  if (!v.is_string() && !v.is_indexed()) fail(std::string("'") + type_name(v) + "' object has no slices");
  const auto whole = [](const Value& x, std::int64_t fallback) {
    if (x.is_none()) return fallback;
    if (!x.is_whole()) fail(x.is_undefined() ? x.message() : "slice indices must be integers or none");
    return x.integer;
  };
  const std::int64_t by = std::max<std::int64_t>(whole(step, 1), -INT64_MAX);
  if (by == 0) fail("slice step cannot be zero");
  const std::int64_t n = length(meter, v);
  const auto bound = [&](const Value& x, std::int64_t fallback) {
    std::int64_t i = whole(x, fallback);
    if (x.is_none()) return i;
    if (i < 0) i += n;
    return by > 0 ? std::clamp<std::int64_t>(i, 0, n) : std::clamp<std::int64_t>(i, -1, n - 1);
  };
  const std::int64_t first = bound(start, by > 0 ? 0 : n - 1), last = bound(stop, by > 0 ? n : -1);
  if (v.is(Kind::kRange)) {
    std::int64_t r[3];
    v.range_bounds(r);
    std::int64_t from, to, stride;
    if (__builtin_mul_overflow(by, r[2], &stride) || __builtin_mul_overflow(first, r[2], &from) ||
        __builtin_add_overflow(from, r[0], &from) || __builtin_mul_overflow(last, r[2], &to) ||
        __builtin_add_overflow(to, r[0], &to)) {
      fail("a range's bound overflows");
    }
    return Value::range(meter, from, to, stride);
  }
  if (v.is_string() && by == 1) {
    if (first >= last) return Value::text(Text(), v.is_safe());
    const std::size_t begin = offset_of(v, static_cast<std::size_t>(first));
    return Value::text(meter, v.text().part(begin, offset_of(v, static_cast<std::size_t>(last))), v.is_safe());
  }
  const List all = v.is_string() ? elements(meter, v) : List();
  const List& from = v.is_string() ? all : v.items();
  List items;
  for (std::int64_t i = first; by > 0 ? i < last : i > last;) {
    items.push_back(from[static_cast<std::size_t>(i)]);
    if (__builtin_add_overflow(i, by, &i)) break;
  }
  if (!v.is_string()) return Value::sequence(meter, std::move(items), v.kind);
  Text out;
  for (const Value& c : items) out.append(c.text());
  return Value::text(meter, std::move(out), v.is_safe());
}

bool iterable(const Value& v) {
  return v.is_undefined() || v.is_string() || v.is_dict() || v.is(Kind::kLoop) || v.is(Kind::kCycler) ||
         (v.is_items() && !v.is(Kind::kMethod));
}

List elements(Meter& meter, const Value& v) {
  List all;
  switch (v.kind) {
    case Kind::kUndefined: break;
    case Kind::kString: {
      meter.take(v.characters());
      all.reserve(v.characters());
      UserCursor user(v.text());
      std::size_t at = 0;
      for_each_character(v.view(), [&](std::uint32_t, std::string_view c) {
        all.push_back(character(c, user.at(at)));
        at += c.size();
      });
      break;
    }
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kRange:
    case Kind::kView:
      meter.take(v.items().size());
      all = v.items();
      break;
    case Kind::kGenerator:
      meter.take(v.items().size() - v.position());
      all.assign(v.items().begin() + static_cast<std::ptrdiff_t>(v.position()), v.items().end());
      v.position() = v.items().size();
      if (!v.error().empty()) fail(v.error());
      break;
    case Kind::kDict:
      meter.take(v.entries().size());
      all.reserve(v.entries().size());
      for (const auto& entry : v.entries()) all.push_back(entry.first);
      break;
    default: fail(std::string("'") + type_name(v) + "' object is not iterable");
  }
  return all;
}

std::int64_t length(Meter&, const Value& v) {
  switch (v.kind) {
    case Kind::kUndefined: return 0;
    case Kind::kString: return static_cast<std::int64_t>(v.characters());
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kRange:
    case Kind::kView: return static_cast<std::int64_t>(v.items().size());
    case Kind::kDict: return static_cast<std::int64_t>(v.entries().size());
    case Kind::kLoop: {
      Meter none(100, 100);
      return loop_attribute(none, v.as<Loop>(), "length").integer;
    }
    default: fail(std::string("object of type '") + type_name(v) + "' has no len()");
  }
}

}  // namespace weft::jinja
