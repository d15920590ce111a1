// Filters that sort, group and fold lists.
#include <algorithm>

#include "core/text/jinja/functions.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;
using Key = std::pair<Value, Value>;  // what the element is sorted by, and the element

Value lowered(const Value& v) { return v.is_string() ? Value::text(to_case(v.text(), Case::kLower)) : v; }

/// The value that `v` is compared by: what is at the path `by` in it, or `v` itself; in lower case unless `exact`.
Value key_of(Meter& meter, const Value& v, const Value* by, bool exact, const Value* fallback = nullptr) {
  Value key = by && !by->is_none() ? path(meter, v, *by, fallback) : v;
  return exact ? key : lowered(key);
}

/// Sorts. `equal_is_no_order`: keys that are equal need no order, as inside of lists in Python.
void sort_keys(Meter& meter, std::vector<Key>& keys, bool reverse, bool equal_is_no_order = false) {
  meter.take(keys.size());
  std::stable_sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    if (equal_is_no_order && equal(meter, a.first, b.first)) return false;
    return reverse ? less(meter, b.first, a.first) : less(meter, a.first, b.first);
  });
}

List values_of(std::vector<Key> keys) {
  List out;
  out.reserve(keys.size());
  for (Key& k : keys) out.push_back(std::move(k.second));
  return out;
}

Value sorted(Call& c) {
  const bool exact = c.flag(1);
  const Value* by = c[2];
  const bool several = by && by->is_string() && by->view().find(',') != std::string_view::npos;
  std::vector<Key> keys;
  for (const Value& e : elements(c.meter, c.self)) {
    if (!several) {
      keys.emplace_back(key_of(c.meter, e, by, exact), e);
      continue;
    }
    List parts;
    const std::string_view names = by->view();
    for (std::size_t i = 0; i <= names.size();) {
      const std::size_t end = std::min(names.find(',', i), names.size());
      const Value one = Value::text(std::string(names.substr(i, end - i)));
      parts.push_back(key_of(c.meter, e, &one, exact));
      i = end + 1;
    }
    keys.emplace_back(Value::sequence(c.meter, std::move(parts)), e);
  }
  sort_keys(c.meter, keys, c.flag(0), true);
  return Value::sequence(c.meter, values_of(std::move(keys)));
}

Value dict_sorted(Call& c) {
  if (!c.self.is_dict()) fail(std::string("dictsort of a value of type '") + type_name(c.self) + "', expected a dict");
  const std::string_view by = c[1] && c[1]->is_string() ? c[1]->view() : c[1] ? "" : "key";
  if (by != "key" && by != "value") fail("you can only sort by either \"key\" or \"value\"");
  std::vector<Key> keys;
  for (const auto& [key, value] : c.self.entries()) {
    keys.emplace_back(key_of(c.meter, by == "value" ? value : key, nullptr, c.flag(0)),
                      Value::sequence(c.meter, {key, value}, Kind::kTuple));
  }
  sort_keys(c.meter, keys, c.flag(2));
  return Value::sequence(c.meter, values_of(std::move(keys)));
}

Value grouped(Call& c) {
  const bool exact = c.flag(2);
  std::vector<Key> keys;
  for (const Value& e : elements(c.meter, c.self)) keys.emplace_back(key_of(c.meter, e, c[0], exact, c[1]), e);
  sort_keys(c.meter, keys, false);
  List groups;
  for (std::size_t i = 0; i < keys.size();) {
    List group;
    const Value key = key_of(c.meter, keys[i].second, c[0], true, c[1]);
    std::size_t j = i;
    for (; j < keys.size() && equal(c.meter, keys[j].first, keys[i].first); ++j) group.push_back(keys[j].second);
    groups.push_back(
        Value::sequence(c.meter, {key, Value::sequence(c.meter, std::move(group))}, Kind::kTuple, "group"));
    i = j;
  }
  return Value::sequence(c.meter, std::move(groups));
}

Value unique(Call& c) {
  return Value::generator(c.meter, [&](List& out) {
    const List all = elements(c.meter, c.self);
    std::vector<std::pair<std::size_t, std::size_t>> order;  // hash of the key, index of the element
    List keys;
    for (const Value& e : all) {
      keys.push_back(key_of(c.meter, e, c[1], c.flag(0)));
      order.emplace_back(hash(c.meter, keys.back()), order.size());
    }
    std::sort(order.begin(), order.end());
    std::vector<bool> again(all.size());
    std::vector<std::size_t> others;  // indices of unequal keys with the same hash
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i == 0 || order[i].first != order[i - 1].first) others.clear();
      const Value& key = keys[order[i].second];
      again[order[i].second] =
          std::any_of(others.begin(), others.end(), [&](std::size_t o) { return equal(c.meter, keys[o], key); });
      if (!again[order[i].second]) others.push_back(order[i].second);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!again[i]) out.push_back(all[i]);
    }
  });
}

Value extreme(Call& c, bool least) {
  const List all = elements(c.meter, c.self);
  if (all.empty()) return Value::undefined("No aggregated item, sequence was empty.");
  const Value* best = nullptr;
  Value best_key;
  for (const Value& e : all) {
    Value key = key_of(c.meter, e, c[1], c.flag(0));
    if (best && !(least ? less(c.meter, key, best_key) : less(c.meter, best_key, key, ">"))) continue;
    best = &e;
    best_key = std::move(key);
  }
  return *best;
}

Value batched(Call& c) {
  const Value& size = *c[0];
  return Value::generator(c.meter, [&](List& rows) {
    const List all = elements(c.meter, c.self);
    List row;
    for (const Value& e : all) {
      if (equal(c.meter, size, Value::of(static_cast<std::int64_t>(row.size()))))
        rows.push_back(Value::sequence(c.meter, std::exchange(row, {})));
      row.push_back(e);
    }
    if (row.empty()) return;
    if (c.given(1)) {
      const std::int64_t missing = integer_of(size, "batch's size") - static_cast<std::int64_t>(row.size());
      if (missing > 0) {
        c.meter.take(static_cast<std::uint64_t>(missing));
        row.insert(row.end(), static_cast<std::size_t>(missing), *c[1]);
      }
    }
    rows.push_back(Value::sequence(c.meter, std::move(row)));
  });
}

Value sliced(Call& c) {
  const Value& wanted = *c[0];
  return Value::generator(c.meter, [&](List& slices) {
    const List all = elements(c.meter, c.self);
    const std::int64_t count = integer_of(wanted, "slice's number"), n = static_cast<std::int64_t>(all.size());
    if (count == 0) fail("integer division or modulo by zero");
    if (count < 0) return;
    c.meter.take(static_cast<std::uint64_t>(count));
    std::int64_t begin = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t end = begin + n / count + (i < n % count ? 1 : 0);
      List slice(all.begin() + begin, all.begin() + end);
      if (c.given(1) && i >= n % count) slice.push_back(*c[1]);
      slices.push_back(Value::sequence(c.meter, std::move(slice)));
      begin = end;
    }
  });
}

Value joined(Call& c) {
  const Text between = c[0] ? to_text(c.meter, *c[0]) : Text();
  Text out;
  bool first = true;
  for (const Value& e : elements(c.meter, c.self)) {
    if (!first) out.append(between);
    out.append(to_text(c.meter, c.given(1) ? path(c.meter, e, *c[1]) : e));
    first = false;
    c.meter.check_text(out.size());
  }
  return Value::text(c.meter, std::move(out));
}

Value summed(Call& c) {
  Value sum = c[1] ? *c[1] : Value::of(std::int64_t{0});
  if (sum.is_string()) fail("sum() can't sum strings");
  for (const Value& e : elements(c.meter, c.self)) {
    sum = arithmetic(c.meter, Operator::kAdd, sum, c.given(0) ? path(c.meter, e, *c[0]) : e);
  }
  return sum;
}

constexpr Function kListFilters[] = {
    {"sort", sorted, 0, {"reverse", "case_sensitive", "attribute"}},
    {"dictsort", dict_sorted, 0, {"case_sensitive", "by", "reverse"}},
    {"groupby", grouped, 1, {"attribute", "default", "case_sensitive"}},
    {"unique", unique, 0, {"case_sensitive", "attribute"}},
    {"min", [](Call& c) { return extreme(c, true); }, 0, {"case_sensitive", "attribute"}},
    {"max", [](Call& c) { return extreme(c, false); }, 0, {"case_sensitive", "attribute"}},
    {"batch", batched, 1, {"linecount", "fill_with"}},
    {"slice", sliced, 1, {"slices", "fill_with"}},
    {"join", joined, 0, {"d", "attribute"}},
    {"sum", summed, 0, {"attribute", "start"}}};

}  // namespace

std::span<const Function> list_filters() { return kListFilters; }

}  // namespace weft::jinja
