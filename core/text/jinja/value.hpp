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
using Json = nlohmann::ordered_json;  // the same type as in core/base/json.hpp, whose include takes long to compile
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

/// Immutable, except for namespaces, generators and cyclers. Containers nest at most kMaxNesting deep, so that
/// recursion over them is safe.
struct Value {
  enum class Kind : std::uint8_t {
    kMissing,  // there is no value; templates never see it
    kUndefined, kNone, kBool, kInteger, kFloat, kString,
    kList, kTuple, kRange,
    kView,       // keys(), values() or items() of a dict
    kGenerator,  // its items are known, and are given once
    kDict, kNamespace, kLoop, kMacro,
    kFunction,  // a global function; `integer` says which
    kMethod,    // a method and the value it belongs to
    kCycler, kJoiner,
  };
  Kind kind = Kind::kMissing;
  union {
    std::int64_t integer = 0;  // kBool, kInteger, kFunction
    double real;               // kFloat
  };
  std::shared_ptr<const void> data;

  Value() = default;
  static Value undefined(std::string message);  // `message`: what an error would say
  static Value none();
  static Value of(bool b);
  static Value of(std::int64_t i);
  static Value of(double d);
  static Value text(Meter& meter, Text s, bool safe = false);
  static Value text(Text s, bool safe = false);  // uses no budget: for text of the template or the context
  static Value text(std::string s) { return text(Text(std::move(s))); }
  static Value sequence(Meter& meter, List items, Kind kind = Kind::kList, const char* label = "");
  /// A generator of the items that `produce` appends to a list. Where produce fails, taking further items fails.
  template <class F>
  static Value generator(Meter& meter, F&& produce) {
    List items;
    std::string error;
    try {
      produce(items);
    } catch (const Failure& f) {
      if (f.ends()) throw;
      error = f.message;
    }
    return generator_of(meter, std::move(items), std::move(error));
  }
  static Value range(Meter& meter, std::int64_t start, std::int64_t stop, std::int64_t step);
  static Value dict(Meter& meter, Entries entries);  // of equal keys the last value counts, at the first one's place
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
  bool is_items() const {
    return is_indexed() || is(Kind::kView) || is(Kind::kGenerator) || is(Kind::kMethod) || is(Kind::kCycler);
  }
  bool is_whole() const { return is(Kind::kInteger) || is(Kind::kBool); }
  bool is_number() const { return is_whole() || is(Kind::kFloat); }
  double number() const { return is(Kind::kFloat) ? real : static_cast<double>(integer); }

  const Text& text() const;         // kString
  std::string_view view() const { return text().view(); }
  std::size_t characters() const;   // kString: how many it has
  bool is_safe() const;             // a string that needs no HTML escapes, as the filters escape and safe give it
  const List& items() const;        // is_items()
  const char* label() const;        // is_items(): "dict_keys", "group"…
  void range_bounds(std::int64_t (&bounds)[3]) const;  // kRange
  const std::string& error() const; // kGenerator: the error that follows the items; empty: there is none
  std::size_t& position() const;    // kGenerator: how many items were taken; kCycler, kJoiner: how many calls
  const Entries& entries() const;   // kDict
  const std::string& message() const { return *static_cast<const std::string*>(data.get()); }  // kUndefined
  template <class T>
  T& as() const {  // kNamespace, kLoop, kMacro: these are made mutable
    return *static_cast<T*>(const_cast<void*>(data.get()));
  }
  const Function& method() const;     // kMethod; its self is items()[0]
  int nesting() const;

 private:
  static Value generator_of(Meter& meter, List items, std::string error);
};

struct Namespace {
  std::map<std::string, Value, std::less<>> names;
  std::vector<std::string> order;  // the names in the order in which they came
  void set(const std::string& name, Value v) {
    if (names.insert_or_assign(name, std::move(v)).second) order.push_back(name);
  }
};

constexpr int kMaxNesting = 200;  // of lists and dicts; larger: a small stack overflows when a value is walked

/// A value of the context. `user`: its strings came from the user. Uses the budget.
Value from_json(Meter& meter, const Json& json, bool user);

// --- Python's operators (compare.cpp, arithmetic.cpp) -------------------------------------------
bool truthy(const Value& v);
bool equal(Meter& meter, const Value& a, const Value& b);
bool less(Meter& meter, const Value& a, const Value& b, const char* op = "<");  // fails if the two have no order
bool less_equal(Meter& meter, const Value& a, const Value& b, const char* op = "<=");
bool contains(Meter& meter, const Value& whole, const Value& part);
std::size_t hash(Meter& meter, const Value& v);                        // fails for a value that cannot be a key
const Value* find(Meter& meter, const Value& dict, const Value& key);  // null: there is none
const Value* find(Meter& meter, const Value& dict, std::string_view key);

enum class Operator : std::uint8_t { kAdd, kSubtract, kMultiply, kDivide, kFloorDivide, kModulo, kPower };
Value arithmetic(Meter& meter, Operator op, const Value& a, const Value& b);
Value negative(const Value& v);
Value positive(const Value& v);

// --- access.cpp -------------------------------------------------------------------------------
const char* type_name(const Value& v);                             // Python's name
Value attribute(Meter& meter, const Value& v, const Value& name);  // v.name
Value item(Meter& meter, const Value& v, const Value& index);      // v[index]
Value slice(Meter& meter, const Value& v, const Value& start, const Value& stop, const Value& step);
/// What a for loop runs over: elements, keys or characters. A generator is used up.
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

/// An attribute of a template's `loop`; missing where it has none. Both are in the evaluator.
Value loop_attribute(Meter& meter, const Loop& loop, std::string_view name);
Value macro_attribute(Meter& meter, const Macro& macro, std::string_view name);
std::string loop_text(const Loop& loop);
const std::string& macro_name(const Macro& macro);

}  // namespace weft::jinja
