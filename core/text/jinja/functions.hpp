// Filters, tests, methods and globals: tables of functions whose arguments are bound before they run.
#pragma once

#include <array>
#include <span>

#include "core/text/jinja/value.hpp"

namespace weft::jinja {

struct Arguments {
  List list;
  Named named;
};

/// One call, with the arguments bound to the function's parameters.
struct Call {
  Meter& meter;
  const Value& self;
  const Arguments& args;
  std::array<const Value*, 7> bound{};  // null: the argument was not given

  const Value* operator[](std::size_t i) const { return bound[i]; }
  bool given(std::size_t i) const { return bound[i] && !bound[i]->is_none(); }
  bool flag(std::size_t i, bool fallback = false) const { return bound[i] ? truthy(*bound[i]) : fallback; }
  std::int64_t integer(std::size_t i, std::int64_t fallback, const char* what) const;
  /// Argument i, which must be a string; the error names `what`.
  const Value& string(std::size_t i, const char* what) const;
};

enum class Passing : std::uint8_t {
  kByName,   // by name or by position
  kByPlace,  // by position only
  kAny,      // the function reads the arguments itself
};

struct Function {
  std::string_view name;
  Value (*run)(Call& call);
  int required = 0;
  std::array<std::string_view, 7> parameters{};
  Passing passing = Passing::kByName;
  bool mutates = false;  // Python has the method, but the sandbox forbids it
};

/// Binds the arguments and runs the function.
Value call(Meter& meter, const Function& function, const Value& self, const Arguments& args);

/// Each returns null where there is no function of this name.
const Function* find_filter(std::string_view name);
const Function* find_test(std::string_view name);  // gives a bool
const Function* find_method(const Value& self, std::string_view name);
const Function* find_string_method(std::string_view name);
const Function* find_function(std::span<const Function> functions, std::string_view name);
std::span<const Function> global_functions();

/// The groups of filters and methods; each is a file.
std::span<const Function> list_filters();
std::span<const Function> select_filters();
std::span<const Function> text_filters();
std::span<const Function> html_filters();
std::span<const Function> number_filters();
std::span<const Function> string_methods();
std::span<const Function> search_methods();  // of strings
std::span<const Function> split_methods();   // of strings

// --- shared by several files -------------------------------------------------------------------
/// What is at a path such as "a.b.0" in a value; a whole number is an index. Where a step is undefined, `fallback` is
/// used, unless it is null.
Value path(Meter& meter, const Value& v, const Value& by, const Value* fallback = nullptr);
Value text_value(Meter& meter, Text text, const Value& like);  // as safe as `like`
/// Jinja's soft_str: a string stays, another value becomes the text it prints as.
Value as_string(Meter& meter, const Value& v);
std::int64_t integer_of(const Value& v, const char* what);
/// Python's int(text, base) and float(text); false where Python raises ValueError.
bool read_integer(std::string_view text, std::int64_t base, std::int64_t& out);
bool read_float(std::string_view text, double& out);

/// Python's text % values and text.format(). `safe`: values are escaped.
Text format_percent(Meter& meter, const Value& format, const Value& values);
Text format_braces(Meter& meter, const Value& format, const Arguments& args);
/// format(value, spec).
Text format_value(Meter& meter, const Value& v, const Text& spec);
Text padded(Meter& meter, const Text& s, std::size_t characters, std::int64_t width, std::string_view fill, char align);
Text repeated(Meter& meter, std::string_view s, std::int64_t times);

Text escaped(Meter& meter, const Value& v);  // escaped for HTML, unless v is safe
Text stripped(const Text& text, const Value* set, bool left, bool right);
Text replaced(Meter& meter, const Text& text, const Text& from, const Text& to, std::int64_t most = -1);
std::vector<std::string_view> characters(std::string_view text);
std::size_t count_characters(std::string_view text);

// --- characters (letters.cpp) ----------------------------------------------------------------
bool python_space(std::uint32_t c);
enum class Case { kLower, kUpper, kCapital, kTitle, kSwapped, kFolded };
Text to_case(const Text& text, Case how);
bool is_case(std::string_view text, bool upper);  // Python's islower or isupper
bool is_title(std::string_view text);
bool is_identifier(std::string_view text);

}  // namespace weft::jinja
