// Values of a template: JSON, undefined, namespaces and macros. Python's rules.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/base/json.hpp"

namespace weft::jinja {

struct Node;

/// What stops a rendering; never leaves ChatTemplate.
struct Failure {
  std::string message;
  int line = 0;
};
[[noreturn]] inline void fail(std::string message) { throw Failure{std::move(message), 0}; }

struct Value {
  enum class Kind { kUndefined, kJson, kNamespace, kMacro, kFunction } kind = Kind::kUndefined;
  std::shared_ptr<const Json> json;
  std::shared_ptr<std::map<std::string, Value>> space;  // kNamespace
  const Node* macro = nullptr;
  std::string function;  // kFunction: a global by name

  Value() = default;
  Value(Json j) : kind(Kind::kJson), json(std::make_shared<const Json>(std::move(j))) {}  // NOLINT
  /// A part of another value, sharing its storage.
  static Value part(const Value& whole, const Json& child) {
    Value v;
    v.kind = Kind::kJson;
    v.json = std::shared_ptr<const Json>(whole.json, &child);
    return v;
  }
  bool undefined() const { return kind == Kind::kUndefined; }
  bool is_json() const { return kind == Kind::kJson; }
  bool is_string() const { return is_json() && json->is_string(); }
  bool is_array() const { return is_json() && json->is_array(); }
  bool is_object() const { return is_json() && json->is_object(); }
  bool is_integer() const { return is_json() && json->is_number_integer(); }
  bool is_number() const { return is_json() && json->is_number(); }
  const std::string& text() const { return json->get_ref<const std::string&>(); }
};

bool truthy(const Value& v);
bool equal(const Value& a, const Value& b);
bool less(const Value& a, const Value& b);
std::string to_text(const Value& v);          // as {{ v }} prints it
std::string repr(const Json& j);              // Python's repr
std::string to_json(const Json& j, int indent, int depth = 0);  // json.dumps, not ASCII alone
Value attribute(const Value& v, const std::string& name);
Value item(const Value& v, const Value& index);
Value slice(const Value& v, const Value& start, const Value& stop, const Value& step);
Value arithmetic(const std::string& op, const Value& a, const Value& b);
bool contains(const Value& whole, const Value& part);
/// Code points of UTF-8 text, each as its bytes.
std::vector<std::string> characters(const std::string& text);
/// What a for loop goes over: elements, keys or characters.
std::vector<Value> elements(const Value& v);

using Arguments = std::vector<Value>;
using Named = std::map<std::string, Value>;
Value apply_filter(const std::string& name, const Value& v, const Arguments& args, const Named& named);
bool apply_test(const std::string& name, const Value& v, const Arguments& args);
Value call_method(const Value& self, const std::string& name, const Arguments& args, const Named& named);

}  // namespace weft::jinja
