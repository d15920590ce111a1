#include "core/text/jinja/value.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/base/json.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;

struct String {
  Text text;
  std::size_t characters;
  bool safe;
};

struct Sequence {
  List items;
  int nesting = 0;
  const char* label = "";
  std::int64_t start = 0, stop = 0, step = 1;  // of a range
  std::size_t position = 0;
  const Function* method = nullptr;
  std::string error;
};

int nest(int inner) {
  if (inner >= kMaxNesting) fail("lists and dicts nest deeper than " + std::to_string(kMaxNesting));
  return inner + 1;
}

template <class T>
Value with_data(Kind kind, T&& data) {
  return Value::shared(kind, std::make_shared<std::decay_t<T>>(std::forward<T>(data)));
}

const Sequence& sequence_of(const Value& v) { return *static_cast<const Sequence*>(v.data.get()); }

Sequence sequence_of(Meter& meter, List items, const char* label) {
  meter.take(items.size());
  int inner = 0;
  for (const Value& v : items) inner = std::max(inner, v.nesting());
  Sequence out;
  out.nesting = nest(inner);
  out.items = std::move(items);
  out.label = label;
  return out;
}

// From this many entries on, a dict has an index; smaller: more memory; larger: slower look-ups.
constexpr std::size_t kIndexed = 8;

}  // namespace

struct Dict {
  Entries entries;
  int nesting = 0;
  std::unordered_multimap<std::size_t, std::size_t> index;  // by hash of a key: the index in entries

  template <class Same>
  std::size_t place(std::size_t key_hash, Same&& same) const {
    const auto [first, last] = index.equal_range(key_hash);
    for (auto it = first; it != last; ++it) {
      if (same(entries[it->second].first)) return it->second;
    }
    return entries.size();
  }
  void make_index(Meter& meter) {
    if (entries.size() < kIndexed || !index.empty()) return;
    for (std::size_t i = 0; i < entries.size(); ++i) index.emplace(hash(meter, entries[i].first), i);
  }
};

Value Value::undefined(std::string message) { return with_data(Kind::kUndefined, std::move(message)); }
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
Value Value::function(std::int64_t which) {
  Value v = of(which);
  v.kind = Kind::kFunction;
  return v;
}
Value Value::text(Text s, bool safe) {
  std::size_t n = 0;
  for (const char c : s.bytes()) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return with_data(Kind::kString, String{std::move(s), n, safe});
}
Value Value::text(Meter& meter, Text s, bool safe) {
  meter.check_text(s.size());
  meter.take(s.size() / 64 + s.user().size() / 4);
  return text(std::move(s), safe);
}
Value Value::sequence(Meter& meter, List items, Kind kind, const char* label) {
  return with_data(kind, sequence_of(meter, std::move(items), label));
}
Value Value::range(Meter& meter, std::int64_t start, std::int64_t stop, std::int64_t step) {
  List list;
  for (std::int64_t i = start; step > 0 ? i < stop : i > stop;) {
    if (list.size() >= 100000) fail("range of more than 100000");  // the limit of Jinja's sandbox
    list.push_back(Value::of(i));
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  Sequence s = sequence_of(meter, std::move(list), "");
  s.start = start, s.stop = stop, s.step = step;
  return with_data(Kind::kRange, std::move(s));
}
Value Value::generator_of(Meter& meter, List items, std::string error) {
  Sequence s = sequence_of(meter, std::move(items), "");
  s.error = std::move(error);
  return with_data(Kind::kGenerator, std::move(s));
}
Value Value::method(Meter& meter, const Value& self, const Function& method) {
  Sequence s = sequence_of(meter, {self}, "");
  s.method = &method;
  return with_data(Kind::kMethod, std::move(s));
}

Value Value::dict(Meter& meter, Entries entries) {
  meter.take(entries.size());
  Dict out;
  int inner = 0;
  for (auto& [key, value] : entries) {
    const std::size_t key_hash = hash(meter, key);
    inner = std::max({inner, key.nesting(), value.nesting()});
    std::size_t at = out.entries.size();
    if (out.index.empty()) {
      for (std::size_t i = 0; i < out.entries.size() && at == out.entries.size(); ++i) {
        if (equal(meter, out.entries[i].first, key)) at = i;
      }
    } else {
      at = out.place(key_hash, [&, &wanted = key](const Value& k) { return equal(meter, k, wanted); });
    }
    if (at < out.entries.size()) {
      out.entries[at].second = std::move(value);
      continue;
    }
    if (!out.index.empty()) out.index.emplace(key_hash, at);
    out.entries.emplace_back(std::move(key), std::move(value));
    out.make_index(meter);
  }
  out.nesting = nest(inner);
  return with_data(Kind::kDict, std::move(out));
}

Value from_json(Meter& meter, const Json& j, bool user) {
  switch (j.type()) {
    case Json::value_t::null: return Value::none();
    case Json::value_t::boolean: return Value::of(j.get<bool>());
    case Json::value_t::number_integer: return Value::of(j.get<std::int64_t>());
    case Json::value_t::number_unsigned: {
      const auto u = j.get<std::uint64_t>();
      if (u > INT64_MAX)
        fail("the context holds the integer " + std::to_string(u) + ", expected at most 9223372036854775807");
      return Value::of(static_cast<std::int64_t>(u));
    }
    case Json::value_t::number_float: return Value::of(j.get<double>());
    case Json::value_t::string: return Value::text(Text(j.get_ref<const std::string&>(), user));
    case Json::value_t::array: {
      List items;
      items.reserve(j.size());
      for (const Json& e : j) items.push_back(from_json(meter, e, user));
      return Value::sequence(meter, std::move(items));
    }
    case Json::value_t::object: {  // its keys are unique already
      Dict out;
      int inner = 0;
      meter.take(j.size());
      for (auto it = j.begin(); it != j.end(); ++it) {
        out.entries.emplace_back(Value::text(Text(it.key(), user)), from_json(meter, it.value(), user));
        inner = std::max(inner, out.entries.back().second.nesting());
      }
      out.make_index(meter);
      out.nesting = nest(inner);
      return with_data(Kind::kDict, std::move(out));
    }
    default: fail("the context holds what is not JSON");
  }
}

const Text& Value::text() const { return static_cast<const String*>(data.get())->text; }
std::size_t Value::characters() const { return static_cast<const String*>(data.get())->characters; }
bool Value::is_safe() const { return is_string() && static_cast<const String*>(data.get())->safe; }
const List& Value::items() const { return sequence_of(*this).items; }
const char* Value::label() const { return sequence_of(*this).label; }
const Function& Value::method() const { return *sequence_of(*this).method; }
const std::string& Value::error() const { return sequence_of(*this).error; }
const Entries& Value::entries() const { return static_cast<const Dict*>(data.get())->entries; }
// Sequences are made mutable.
std::size_t& Value::position() const { return const_cast<Sequence&>(sequence_of(*this)).position; }
void Value::range_bounds(std::int64_t (&bounds)[3]) const {
  const Sequence& s = sequence_of(*this);
  bounds[0] = s.start, bounds[1] = s.stop, bounds[2] = s.step;
}
int Value::nesting() const {
  if (is_items() || is(Kind::kJoiner)) return sequence_of(*this).nesting;
  return is_dict() ? static_cast<const Dict*>(data.get())->nesting : 0;
}

const Value* find(Meter& meter, const Value& dict, const Value& key) {
  if (key.is_string()) return find(meter, dict, key.view());
  const auto& d = *static_cast<const Dict*>(dict.data.get());
  const std::size_t key_hash = hash(meter, key);
  std::size_t at = d.entries.size();
  if (d.index.empty()) {
    for (std::size_t i = 0; i < d.entries.size() && at == d.entries.size(); ++i) {
      if (equal(meter, d.entries[i].first, key)) at = i;
    }
  } else {
    at = d.place(key_hash, [&](const Value& k) { return equal(meter, k, key); });
  }
  return at < d.entries.size() ? &d.entries[at].second : nullptr;
}

const Value* find(Meter& meter, const Value& dict, std::string_view key) {
  const auto& d = *static_cast<const Dict*>(dict.data.get());
  meter.take(1 + key.size() / 64);
  const auto same = [&](const Value& k) { return k.is_string() && k.view() == key; };
  if (!d.index.empty()) {
    const std::size_t at = d.place(std::hash<std::string_view>()(key), same);
    return at < d.entries.size() ? &d.entries[at].second : nullptr;
  }
  for (const auto& [k, v] : d.entries) {
    if (same(k)) return &v;
  }
  return nullptr;
}

}  // namespace weft::jinja
