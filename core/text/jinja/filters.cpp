// Filters, by what they work on: lists here, text and numbers in filters_text.cpp.
#include "core/text/jinja/filters.hpp"

#include <algorithm>

namespace weft::jinja {
namespace {

using Kind = Value::Kind;
using Key = std::pair<Value, Value>;  // sorted by, and what it stands for

/// "a.b.0" of a value; a whole number is an index.
Value path(Meter& meter, const Value& v, const Value& by) {
  if (by.is_whole()) return item(meter, v, by);
  const std::string dotted = to_text(meter, by);
  Value at = v;
  for (std::size_t i = 0; i <= dotted.size();) {
    const std::size_t end = std::min(dotted.find('.', i), dotted.size());
    const std::string part = dotted.substr(i, end - i);
    const bool number = !part.empty() && part.size() < 10 && part.find_first_not_of("0123456789") == part.npos;
    at = item(meter, at, number ? Value::of(std::int64_t{std::stol(part)}) : Value::text(part));
    i = end + 1;
  }
  return at;
}

Value lowered(const Value& v) { return v.is_string() ? Value::text(lower(v.string())) : v; }

bool given(const Value* v) { return v && truthy(*v); }

/// What is compared of `v`: an attribute or itself, without case unless `exact`.
Value key_of(Meter& meter, const Value& v, const Value* by, const Value* exact) {
  Value key = by && !by->is_none() ? path(meter, v, *by) : v;
  return given(exact) ? key : lowered(key);
}

Value generated(Meter& meter, List items) { return Value::sequence(meter, std::move(items), Kind::kGenerator); }

Arguments after(const Arguments& args, std::size_t n) {
  const auto skip = static_cast<std::ptrdiff_t>(std::min(n, args.list.size()));
  return {List(args.list.begin() + skip, args.list.end()), args.named};
}

Value select(Meter& meter, const std::string& name, const Value& v, const Arguments& args) {
  const bool by_attribute = name.ends_with("attr"), keep = name.starts_with("select");
  const std::size_t first = by_attribute ? 1 : 0;
  if (args.list.size() < first) fail(name + " wants an attribute");
  List kept;
  for (const Value& e : elements(meter, v)) {
    meter.take(1);
    const Value tested = by_attribute ? path(meter, e, args.list[0]) : e;
    const bool yes = args.list.size() > first
                         ? apply_test(meter, to_text(meter, args.list[first]), tested, after(args, first + 1))
                         : truthy(tested);
    if (yes == keep) kept.push_back(e);
  }
  return generated(meter, std::move(kept));
}

Value map(Meter& meter, const Value& v, const Arguments& args) {
  List out;
  const Value *by = args.get(SIZE_MAX, "attribute"), *fallback = args.get(SIZE_MAX, "default");
  if (!by && args.list.empty()) fail("map wants a filter or an attribute");
  for (const Value& e : elements(meter, v)) {
    meter.take(1);
    if (!by) {
      out.push_back(apply_filter(meter, to_text(meter, args.list[0]), e, after(args, 1)));
      continue;
    }
    Value found = path(meter, e, *by);
    out.push_back(found.is_undefined() && fallback ? *fallback : std::move(found));
  }
  return generated(meter, std::move(out));
}

void sort_keys(Meter& meter, std::vector<Key>& keys, bool reverse) {
  std::stable_sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    return reverse ? less(meter, b.first, a.first) : less(meter, a.first, b.first);
  });
}

List values_of(std::vector<Key> keys) {
  List out;
  for (Key& k : keys) out.push_back(std::move(k.second));
  return out;
}

Value sorted(Meter& meter, const Value& v, const Arguments& args) {
  const Value *exact = args.get(1, "case_sensitive"), *by = args.get(2, "attribute");
  std::vector<Key> keys;
  for (const Value& e : elements(meter, v)) {
    if (!by || !by->is_string() || by->string().find(',') == std::string::npos) {
      keys.emplace_back(key_of(meter, e, by, exact), e);
      continue;
    }
    List several;
    for (std::size_t i = 0; i <= by->string().size();) {
      const std::size_t end = std::min(by->string().find(',', i), by->string().size());
      const Value one = Value::text(by->string().substr(i, end - i));
      several.push_back(key_of(meter, e, &one, exact));
      i = end + 1;
    }
    keys.emplace_back(Value::sequence(meter, std::move(several)), e);
  }
  sort_keys(meter, keys, given(args.get(0, "reverse")));
  return Value::sequence(meter, values_of(std::move(keys)));
}

Value dict_sorted(Meter& meter, const Value& v, const Arguments& args) {
  if (!v.is_dict()) fail("dictsort wants a dict");
  const Value* by = args.get(1, "by");
  const bool by_value = by && to_text(meter, *by) == "value";
  std::vector<Key> keys;
  for (const auto& [key, value] : v.entries()) {
    keys.emplace_back(key_of(meter, by_value ? value : key, nullptr, args.get(0, "case_sensitive")),
                      Value::sequence(meter, {key, value}, Kind::kTuple));
  }
  sort_keys(meter, keys, given(args.get(2, "reverse")));
  return Value::sequence(meter, values_of(std::move(keys)));
}

Value grouped(Meter& meter, const Value& v, const Arguments& args) {
  const Value *by = args.get(0, "attribute"), *fallback = args.get(1, "default");
  if (!by) fail("groupby wants an attribute");
  std::vector<Key> keys;
  for (const Value& e : elements(meter, v)) {
    Value key = path(meter, e, *by);
    if (key.is_undefined() && fallback) key = *fallback;
    keys.emplace_back(given(args.get(2, "case_sensitive")) ? key : lowered(key), e);
  }
  sort_keys(meter, keys, false);
  List groups;
  for (std::size_t i = 0; i < keys.size();) {
    List group;
    const Value first = path(meter, keys[i].second, *by);
    const Value key = first.is_undefined() && fallback ? *fallback : first;
    std::size_t j = i;
    for (; j < keys.size() && equal(meter, keys[j].first, keys[i].first); ++j) group.push_back(keys[j].second);
    groups.push_back(Value::sequence(meter, {key, Value::sequence(meter, std::move(group))}, Kind::kTuple));
    i = j;
  }
  return Value::sequence(meter, std::move(groups));
}

Value unique(Meter& meter, const Value& v, const Arguments& args) {
  List out, seen;
  for (const Value& e : elements(meter, v)) {
    Value key = key_of(meter, e, args.get(1, "attribute"), args.get(0, "case_sensitive"));
    if (std::any_of(seen.begin(), seen.end(), [&](const Value& o) { return equal(meter, o, key); })) continue;
    seen.push_back(std::move(key));
    out.push_back(e);
  }
  return generated(meter, std::move(out));
}

Value extreme(Meter& meter, const Value& v, const Arguments& args, bool least) {
  Value best = Value::undefined("an element of an empty list"), best_key;
  bool any = false;
  for (const Value& e : elements(meter, v)) {
    const Value key = key_of(meter, e, args.get(1, "attribute"), args.get(0, "case_sensitive"));
    if (any && !(least ? less(meter, key, best_key) : less(meter, best_key, key))) continue;
    best = e;
    best_key = key;
    any = true;
  }
  return best;
}

Value batched(Meter& meter, const Value& v, const Arguments& args) {
  const Value *size = args.get(0, "linecount"), *fill = args.get(1, "fill_with");
  if (!size || integer_of(*size, "batch's size") <= 0) fail("batch wants a size of at least 1");
  const auto n = static_cast<std::size_t>(size->integer);
  List rows, row;
  for (const Value& e : elements(meter, v)) {
    if (row.size() == n) rows.push_back(Value::sequence(meter, std::exchange(row, {})));
    row.push_back(e);
  }
  if (!row.empty()) {
    if (fill && !fill->is_none()) {
      meter.take(n - row.size());
      row.resize(n, *fill);
    }
    rows.push_back(Value::sequence(meter, std::move(row)));
  }
  return generated(meter, std::move(rows));
}

Value joined(Meter& meter, const Value& v, const Arguments& args) {
  const Value *mark = args.get(0, "d"), *by = args.get(1, "attribute");
  const std::string between = mark ? to_text(meter, *mark) : "";
  std::string out;
  bool first = true;
  for (const Value& e : elements(meter, v)) {
    if (!first) out += between;
    out += to_text(meter, by ? path(meter, e, *by) : e);
    first = false;
    meter.check_text(out.size());
  }
  return Value::text(meter, std::move(out));
}

Value summed(Meter& meter, const Value& v, const Arguments& args) {
  const Value *by = args.get(0, "attribute"), *start = args.get(1, "start");
  Value sum = start ? *start : Value::of(std::int64_t{0});
  for (const Value& e : elements(meter, v)) {
    sum = arithmetic(meter, "+", sum, by && !by->is_none() ? path(meter, e, *by) : e);
  }
  return sum;
}

}  // namespace

std::optional<Value> list_filter(Meter& meter, const std::string& name, const Value& v, const Arguments& args) {
  if (name == "select" || name == "reject" || name == "selectattr" || name == "rejectattr") {
    return select(meter, name, v, args);
  }
  if (name == "map") return map(meter, v, args);
  if (name == "sort") return sorted(meter, v, args);
  if (name == "dictsort") return dict_sorted(meter, v, args);
  if (name == "groupby") return grouped(meter, v, args);
  if (name == "unique") return unique(meter, v, args);
  if (name == "min" || name == "max") return extreme(meter, v, args, name == "min");
  if (name == "batch") return batched(meter, v, args);
  if (name == "join") return joined(meter, v, args);
  if (name == "sum") return summed(meter, v, args);
  if (name == "length" || name == "count") return Value::of(length(meter, v));
  if (name == "list") return Value::sequence(meter, elements(meter, v));
  if (name == "items") {
    if (!v.is_undefined() && !v.is_dict()) fail("items wants a dict");
    if (v.is_undefined()) return generated(meter, {});
    return generated(meter, call_method(meter, v, "items", {}).items());
  }
  if (name == "first" || name == "last") {
    List all = elements(meter, v);
    if (all.empty()) return Value::undefined("an element of an empty list");
    return name == "first" ? all.front() : all.back();
  }
  if (name == "reverse") {
    List all = elements(meter, v);
    std::reverse(all.begin(), all.end());
    if (!v.is_string()) return generated(meter, std::move(all));
    return joined(meter, Value::sequence(meter, std::move(all)), {});
  }
  return std::nullopt;
}

Value apply_filter(Meter& meter, const std::string& name, const Value& v, const Arguments& args) {
  if (name == "default" || name == "d") {
    const Value* fallback = args.get(0, "default_value");
    const bool use = v.is_undefined() || (given(args.get(1, "boolean")) && !truthy(v));
    return use ? (fallback ? *fallback : Value::text("")) : v;
  }
  if (name == "attr") {
    if (args.list.empty()) fail("attr wants a name");
    return v.is_dict() ? Value::undefined(to_text(meter, args.list[0])) : attribute(meter, v, to_text(meter, args.list[0]));
  }
  for (const auto filter : {list_filter, number_filter, text_filter}) {
    if (auto out = filter(meter, name, v, args)) return std::move(*out);
  }
  fail("unknown filter '" + name + "'");
}

}  // namespace weft::jinja
