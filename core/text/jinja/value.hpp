// Values of a template, with Python's rules.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text/jinja/meter.hpp"
#include "core/text/jinja/text.hpp"

namespace weft {
using Json = nlohmann::ordered_json;  // as core/base/json.hpp, which takes long to compile
}

namespace weft::jinja {

struct Node;
struct Scope;
struct Function;
struct Value;

using List = std::vector<Value>;
using Entries = std::vector<std::pair<Value, Value>>;
using Named = std::vector<std::pair<std::string, Value>>;  // keyword arguments, in order

struct Namespace;
struct Macro;
struct Loop;
struct Dict;

/// Immutable but for namespaces, generators and cyclers. Containers nest at most kMaxNesting deep,
/// so recursion over them is safe.
struct Value {
  enum class Kind : std::uint8_t {
    kMissing,  // no value at all: what templates never see
    kUndefined, kNone, kBool, kInteger, kFloat, kString,
    kList, kTuple, kRange,
    kView,       // keys(), values() or items() of a dict
    kGenerator,  // its items are known; they are given once
    kDict, kNamespace, kLoop, kMacro,
    kFunction,  // a global; `integer` says which
    kMethod,    // bound
    kCycler, kJoiner,
  };
  Kind kind = Kind::kMissing;
  union {
    std::int64_t integer = 0;  // kBool, kInteger, kFunction
    double real;               // kFloat
  };
  std::shared_ptr<const void> data;

  Value() = default;
  static Value undefined(std::string message);  // what an error would say
  static Value none();
  static Value of(bool b);
  static Value of(std::int64_t i);
  static Value of(double d);
  static Value text(Meter& meter, Text s, bool safe = false);
  static Value text(Text s, bool safe = false);  // not drawn on a budget: of the template or the context
  static Value text(std::string s) { return text(Text(std::move(s))); }
  static Value sequence(Meter& meter, List items, Kind kind = Kind::kList, const char* label = "");
  /// A generator of what `produce` puts into a list; where that fails, so does taking what follows.
  template <class F>
  static Value generator(Meter& meter, F&& produce) {
    List items;
    std::string error;
    try {
      produce(items);
    } catch (const Failure& f) {
      if (f.limit) throw;
      error = f.message;
    }
    return generator_of(meter, std::move(items), std::move(error));
  }
  static Value range(Meter& meter, std::int64_t start, std::int64_t stop, std::int64_t step);
  static Value dict(Meter& meter, Entries entries);  // a later equal key wins, at the earlier place
  static Value method(Meter& meter, const Value& self, const Function& function);
  static Value function(std::int64_t which);
  template <class T>
  static Value shared(Kind kind, std::shared_ptr<T> data) {
    Value v;
    v.kind = kind;
    v.data = std::move(data);
    return v;
  }

  bool is(Kind k) const { return kind == k; }
  bool is_undefined() const { return is(Kind::kUndefined); }
  bool is_none() const { return is(Kind::kNone); }
  bool is_string() const { return is(Kind::kString); }
  bool is_dict() const { return is(Kind::kDict); }
  bool is_indexed() const { return is(Kind::kList) || is(Kind::kTuple) || is(Kind::kRange); }
  bool is_items() const { return is_indexed() || is(Kind::kView) || is(Kind::kGenerator) || is(Kind::kMethod) || is(Kind::kCycler); }
  bool is_whole() const { return is(Kind::kInteger) || is(Kind::kBool); }
  bool is_number() const { return is_whole() || is(Kind::kFloat); }
  double number() const { return is(Kind::kFloat) ? real : static_cast<double>(integer); }

  const Text& text() const;         // kString
  std::string_view view() const { return text().view(); }
  std::size_t characters() const;   // kString: how many
  bool is_safe() const;             // a string that needs no HTML escapes, which escape and safe give
  const List& items() const;        // is_items()
  const char* label() const;        // is_items(): "dict_keys", "group"…
  void range_bounds(std::int64_t (&bounds)[3]) const;  // kRange
  const std::string& error() const; // kGenerator: what comes after the items; empty: nothing
  std::size_t& position() const;    // kGenerator: items given so far; kCycler, kJoiner: calls
  const Entries& entries() const;   // kDict
  const std::string& message() const { return *static_cast<const std::string*>(data.get()); }  // kUndefined
  template <class T>
  T& as() const {  // kNamespace, kLoop, kMacro: made mutable
    return *static_cast<T*>(const_cast<void*>(data.get()));
  }
  const Function& method() const;     // kMethod; its self is items()[0]
  int nesting() const;

 private:
  static Value generator_of(Meter& meter, List items, std::string error);
};

struct Namespace {
  std::map<std::string, Value, std::less<>> names;
  std::vector<std::string> order;  // of the names, as they came
  void set(const std::string& name, Value v) {
    if (names.insert_or_assign(name, std::move(v)).second) order.push_back(name);
  }
};

constexpr int kMaxNesting = 200;

/// The context's value; `user`: its strings are the user's. Draws on the budget.
Value from_json(Meter& meter, const Json& json, bool user);

// --- Python's operators (compare.cpp, arithmetic.cpp) -------------------------------------------
bool truthy(const Value& v);
bool equal(Meter& meter, const Value& a, const Value& b);
bool less(Meter& meter, const Value& a, const Value& b, const char* op = "<");  // fails without an order
bool less_equal(Meter& meter, const Value& a, const Value& b, const char* op = "<=");
bool contains(Meter& meter, const Value& whole, const Value& part);
std::size_t hash(Meter& meter, const Value& v);                        // fails for what cannot be a key
const Value* find(Meter& meter, const Value& dict, const Value& key);  // null: none
const Value* find(Meter& meter, const Value& dict, std::string_view key);

enum class Operator : std::uint8_t { kAdd, kSubtract, kMultiply, kDivide, kFloorDivide, kModulo, kPower };
Value arithmetic(Meter& meter, Operator op, const Value& a, const Value& b);
Value negative(const Value& v);
Value positive(const Value& v);

// --- access.cpp -------------------------------------------------------------------------------
const char* type_name(const Value& v);  // Python's
Value attribute(Meter& meter, const Value& v, const Value& name);  // v.name
Value item(Meter& meter, const Value& v, const Value& index);      // v[index]
Value slice(Meter& meter, const Value& v, const Value& start, const Value& stop, const Value& step);
/// What a for loop goes over: elements, keys or characters. A generator is used up.
List elements(Meter& meter, const Value& v);
bool iterable(const Value& v);
std::int64_t length(Meter& meter, const Value& v);
/// The byte at which character n begins.
std::size_t offset_of(const Value& string, std::size_t n);

// --- texts (printing.cpp, json.cpp) -----------------------------------------------------------
Text to_text(Meter& meter, const Value& v);  // as {{ v }} prints it
Text repr(Meter& meter, const Value& v);     // Python's
std::string float_text(double d);            // Python's repr
void append_quoted(Text& out, const Text& s, bool ascii);  // Python's repr of a string
struct JsonStyle {
  bool lines = false;
  std::string indent;
  Text item_separator{", "}, key_separator{": "};
  bool ascii = false, sort_keys = false;
};
Text to_json(Meter& meter, const Value& v, const JsonStyle& style);  // json.dumps

/// What an attribute may find in a loop's `loop`; missing where it has none (evaluator).
Value loop_attribute(Meter& meter, const Loop& loop, std::string_view name);
Value macro_attribute(Meter& meter, const Macro& macro, std::string_view name);
std::string loop_text(const Loop& loop);
const std::string& macro_name(const Macro& macro);

}  // namespace weft::jinja
