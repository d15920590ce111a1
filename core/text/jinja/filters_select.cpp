// Filters that pick elements or do something to each element.
#include <algorithm>

#include "core/text/jinja/functions.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;

Arguments after(const Arguments& args, std::size_t n) {
  const auto skip = static_cast<std::ptrdiff_t>(std::min(n, args.list.size()));
  return {List(args.list.begin() + skip, args.list.end()), args.named};
}

const Function& named(const Value& name, const Function* (*find)(std::string_view), const char* what) {
  const Function* f = name.is_string() ? find(name.view()) : nullptr;
  if (!f)
    fail(std::string("no ") + what + " named '" +
         (name.is_string() ? name.text().bytes() : std::string(type_name(name))) + "'");
  return *f;
}

Value select(Call& c, bool by_attribute, bool keep) {
  if (!truthy(c.self)) return Value::generator(c.meter, [](List&) {});
  const std::size_t first = by_attribute ? 1 : 0;
  return Value::generator(c.meter, [&](List& kept) {
    if (c.args.list.size() < first) fail("an attribute's name is missing");
    const bool tests = c.args.list.size() > first;
    const Arguments more = tests ? after(c.args, first + 1) : Arguments();
    const Function* test = nullptr;
    for (const Value& e : elements(c.meter, c.self)) {
      c.meter.take(1);
      if (tests && !test) test = &named(c.args.list[first], find_test, "test");
      const Value tested = by_attribute ? path(c.meter, e, c.args.list[0]) : e;
      const bool yes = test ? truthy(call(c.meter, *test, tested, more)) : truthy(tested);
      if (yes == keep) kept.push_back(e);
    }
  });
}

Value map(Call& c) {
  if (!truthy(c.self)) return Value::generator(c.meter, [](List&) {});
  return Value::generator(c.meter, [&](List& out) {
    const Value *by = nullptr, *fallback = nullptr;
    if (c.args.list.empty()) {
      for (const auto& [key, value] : c.args.named) {
        if (key == "attribute") by = &value;
        else if (key == "default") fallback = &value;
        else fail("map takes no keyword argument '" + key + "'");
      }
      if (!by) fail("map requires a filter argument");
    }
    const Arguments more = after(c.args, 1);
    const Function* filter = nullptr;
    for (const Value& e : elements(c.meter, c.self)) {
      c.meter.take(1);
      if (by) {
        out.push_back(by->is_none() ? e : path(c.meter, e, *by, fallback));
        continue;
      }
      if (!filter) filter = &named(c.args.list[0], find_filter, "filter");
      out.push_back(call(c.meter, *filter, e, more));
    }
  });
}

Value first(Call& c) {
  if (c.self.is(Kind::kGenerator)) {
    std::size_t& at = c.self.position();
    if (at < c.self.items().size()) return c.self.items()[at++];
    if (!c.self.error().empty()) fail(c.self.error());
  } else if (c.self.is_string() && !c.self.text().empty()) {
    return item(c.meter, Value::text(c.self.text()), Value::of(std::int64_t{0}));
  } else if (const List all = elements(c.meter, c.self); !all.empty()) {
    return all.front();
  }
  return Value::undefined("No first item, sequence was empty.");
}

Value last(Call& c) {
  if (c.self.is(Kind::kGenerator)) fail("'generator' object is not reversible");
  const List all = elements(c.meter, c.self);
  return all.empty() ? Value::undefined("No last item, sequence was empty.") : all.back();
}

Value reversed(Call& c) {
  if (c.self.is_string()) return slice(c.meter, c.self, Value::none(), Value::none(), Value::of(std::int64_t{-1}));
  if (!iterable(c.self)) fail("argument must be iterable");
  List all = elements(c.meter, c.self);
  std::reverse(all.begin(), all.end());
  if (c.self.is(Kind::kGenerator)) return Value::sequence(c.meter, std::move(all));
  return Value::generator(c.meter, [&](List& out) { out = std::move(all); });
}

Value items(Call& c) {
  return Value::generator(c.meter, [&](List& out) {
    if (c.self.is_undefined()) return;
    if (!c.self.is_dict()) fail("can only get item pairs from a mapping");
    for (const auto& [key, value] : c.self.entries())
      out.push_back(Value::sequence(c.meter, {key, value}, Kind::kTuple));
  });
}

Value attribute_of(Call& c) {
  const Value& name = c.string(0, "an attribute's name");
  if (c.self.is_undefined()) fail(c.self.message());
  if (!c.self.is_dict() || find_method(c.self, name.view())) return attribute(c.meter, c.self, name);
  return Value::undefined("'dict object' has no attribute '" + name.text().bytes() + "'");
}

Value or_default(Call& c) {
  if (!c.self.is_undefined() && !(c.flag(1) && !truthy(c.self))) return c.self;
  return c[0] ? *c[0] : Value::text(Text());
}

Value refuse_random(Call&) { fail("'random' is refused: the same conversation must always give the same text"); }

constexpr auto kAny = Passing::kAny;
constexpr Function kSelectFilters[] = {
    {"select", [](Call& c) { return select(c, false, true); }, 0, {}, kAny},
    {"reject", [](Call& c) { return select(c, false, false); }, 0, {}, kAny},
    {"selectattr", [](Call& c) { return select(c, true, true); }, 0, {}, kAny},
    {"rejectattr", [](Call& c) { return select(c, true, false); }, 0, {}, kAny},
    {"map", map, 0, {}, kAny},
    {"first", first},
    {"last", last},
    {"random", refuse_random},
    {"reverse", reversed},
    {"items", items},
    {"list", [](Call& c) { return Value::sequence(c.meter, elements(c.meter, c.self)); }},
    {"length", [](Call& c) { return Value::of(length(c.meter, c.self)); }},
    {"count", [](Call& c) { return Value::of(length(c.meter, c.self)); }},
    {"attr", attribute_of, 1, {"name"}},
    {"default", or_default, 0, {"default_value", "boolean"}},
    {"d", or_default, 0, {"default_value", "boolean"}}};

}  // namespace

std::span<const Function> select_filters() { return kSelectFilters; }

}  // namespace weft::jinja
