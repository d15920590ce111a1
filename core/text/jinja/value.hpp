// Values of a template, with Python's rules, and the budget that every operation draws on.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/json.hpp"

namespace weft::jinja {

struct Node;
struct Scope;
struct Value;

/// What stops a rendering; never leaves ChatTemplate.
struct Failure {
  std::string message;
  int line = 0;
};
[[noreturn]] inline void fail(std::string message) { throw Failure{std::move(message), 0}; }

/// What a rendering may still use. Work counts one step an element or 64 bytes, so that steps
/// bound memory too.
class Meter {
 public:
  Meter(std::uint64_t steps, std::uint64_t bytes) : all_(steps), left_(steps), bytes_(bytes) {}
  void take(std::uint64_t steps) {
    if (steps > left_) fail("the template takes more than " + std::to_string(all_) + " steps");
    left_ -= steps;
  }
  /// Before a text of `size` bytes is made, or while it grows.
  void check_text(std::uint64_t size) const {
    if (size > bytes_) fail("a text exceeds " + std::to_string(bytes_) + " bytes");
  }

 private:
  std::uint64_t all_, left_, bytes_;
};

using List = std::vector<Value>;
using Entries = std::vector<std::pair<Value, Value>>;
using Named = std::vector<std::pair<std::string, Value>>;  // keyword arguments, in order

struct Namespace {
  std::map<std::string, Value, std::less<>> names;
  const Node* loop = nullptr;  // of the loop whose `loop` this is
};

/// A macro, or the body of a call block. The scope it was made in is alive unless that ended.
struct Macro {
  const Node* node;
  std::weak_ptr<Scope> scope;
};

/// Immutable but for namespaces. Containers nest at most kMaxNesting deep, so recursion over them
/// is safe.
struct Value {
  enum class Kind : std::uint8_t {
    kUndefined, kNone, kBool, kInteger, kFloat, kString,
    kList, kTuple, kGenerator,  // a generator's items are known; it has no length or truth of its own
    kDict, kNamespace, kMacro,
    kFunction,  // a global by name
    kMethod,    // of items()[0], by name items()[1]
  };
  Kind kind = Kind::kUndefined;
  union {
    std::int64_t integer = 0;  // kBool, kInteger
    double real;               // kFloat
  };
  std::shared_ptr<const void> data;

  Value() = default;
  static Value undefined(std::string name);  // errors name it
  static Value none();
  static Value of(bool b);
  static Value of(std::int64_t i);
  static Value of(double d);
  static Value text(Meter& meter, std::string s);
  static Value text(std::string s);  // not drawn on a budget: of the template or the context
  static Value sequence(Meter& meter, List items, Kind kind = Kind::kList);
  static Value dict(Meter& meter, Entries entries);  // a later equal key wins, at the earlier place
  static Value space(std::shared_ptr<Namespace> space);
  static Value macro(Macro macro);
  static Value function(std::string name);
  static Value method(Meter& meter, const Value& self, std::string name);
  static Value from_json(Meter& meter, const Json& json);

  bool is(Kind k) const { return kind == k; }
  bool is_undefined() const { return is(Kind::kUndefined); }
  bool is_none() const { return is(Kind::kNone); }
  bool is_string() const { return is(Kind::kString); }
  bool is_dict() const { return is(Kind::kDict); }
  bool is_indexed() const { return is(Kind::kList) || is(Kind::kTuple); }
  bool is_items() const { return is_indexed() || is(Kind::kGenerator) || is(Kind::kMethod); }
  bool is_whole() const { return is(Kind::kInteger) || is(Kind::kBool); }
  bool is_number() const { return is_whole() || is(Kind::kFloat); }
  double number() const { return is(Kind::kFloat) ? real : static_cast<double>(integer); }

  const std::string& string() const { return *static_cast<const std::string*>(data.get()); }
  const List& items() const;       // is_items()
  const Entries& entries() const;  // kDict
  Namespace& names() const;        // kNamespace
  const Macro& macro() const { return *static_cast<const Macro*>(data.get()); }
};

constexpr int kMaxNesting = 200;

bool truthy(const Value& v);
bool equal(Meter& meter, const Value& a, const Value& b);
bool less(Meter& meter, const Value& a, const Value& b);  // fails for types without an order
const Value* find(Meter& meter, const Value& dict, const Value& key);  // null: none

std::string to_text(Meter& meter, const Value& v);  // as {{ v }} prints it
std::string repr(Meter& meter, const Value& v);     // Python's
std::string float_text(double d);                   // Python's repr
struct JsonStyle {
  int indent = -1;  // -1: one line
  std::string item_separator = ", ", key_separator = ": ";
  bool ascii = false, sort_keys = false;
};
std::string to_json(Meter& meter, const Value& v, const JsonStyle& style);  // json.dumps

Value attribute(Meter& meter, const Value& v, const std::string& name);  // v.name
Value item(Meter& meter, const Value& v, const Value& index);            // v[index]
Value slice(Meter& meter, const Value& v, const Value& start, const Value& stop, const Value& step);
Value arithmetic(Meter& meter, const std::string& op, const Value& a, const Value& b);
bool contains(Meter& meter, const Value& whole, const Value& part);
/// What a for loop goes over: elements, keys or characters.
List elements(Meter& meter, const Value& v);
std::int64_t length(Meter& meter, const Value& v);

/// Arguments of a filter, test, method or global.
struct Arguments {
  List list;
  Named named;
  /// By place or by name; null when neither is given.
  const Value* get(std::size_t place, std::string_view name) const;
};
Value apply_filter(Meter& meter, const std::string& name, const Value& v, const Arguments& args);
bool apply_test(Meter& meter, const std::string& name, const Value& v, const Arguments& args);
bool has_method(const Value& self, const std::string& name);
Value call_method(Meter& meter, const Value& self, const std::string& name, const Arguments& args);
/// Python's text % values, and text.format().
std::string format_percent(Meter& meter, const std::string& format, const Value& values);
std::string format_braces(Meter& meter, const std::string& format, const Arguments& args);

/// Texts by character.
std::vector<std::string_view> characters(std::string_view text);
std::string lower(std::string_view text);
std::string upper(std::string_view text);
std::string strip(std::string_view text, const Value* set, bool left, bool right);
std::string replace(Meter& meter, std::string_view text, std::string_view from, std::string_view to,
                    std::int64_t most = -1);
std::int64_t integer_of(const Value& v, const char* what);

}  // namespace weft::jinja
