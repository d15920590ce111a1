#include "core/text/jinja/functions.hpp"

#include <algorithm>

namespace weft::jinja {
namespace {

std::size_t count_parameters(const Function& f) {
  return static_cast<std::size_t>(std::find(f.parameters.begin(), f.parameters.end(), "") - f.parameters.begin());
}

void bind(const Function& f, Call& call) {
  const std::string name(f.name);
  const std::size_t n = count_parameters(f);
  if (call.args.list.size() > n) {
    fail(name + " takes at most " + std::to_string(n) + " arguments, got " + std::to_string(call.args.list.size()));
  }
  for (std::size_t i = 0; i < call.args.list.size(); ++i) call.bound[i] = &call.args.list[i];
  for (const auto& [key, value] : call.args.named) {
    const auto at =
        static_cast<std::size_t>(std::find(f.parameters.begin(), f.parameters.begin() + n, key) - f.parameters.begin());
    if (at == n || f.passing == Passing::kByPlace) fail(name + " takes no keyword argument '" + key + "'");
    if (call.bound[at]) fail(name + " got two values for '" + key + "'");
    call.bound[at] = &value;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(f.required); ++i) {
    if (!call.bound[i]) fail(name + " wants the argument '" + std::string(f.parameters[i]) + "'");
  }
}

}  // namespace

std::int64_t integer_of(const Value& v, const char* what) {
  if (v.is_undefined()) fail(v.message());
  if (!v.is_whole()) fail(std::string(what) + " is of type '" + type_name(v) + "', expected an integer");
  return v.integer;
}

std::int64_t Call::integer(std::size_t i, std::int64_t fallback, const char* what) const {
  return bound[i] ? integer_of(*bound[i], what) : fallback;
}

const Value& Call::string(std::size_t i, const char* what) const {
  if (!bound[i]->is_string()) fail(std::string(what) + " is of type '" + type_name(*bound[i]) + "', expected a string");
  return *bound[i];
}

Value call(Meter& meter, const Function& function, const Value& self, const Arguments& args) {
  Call c{meter, self, args, {}};
  if (function.mutates) fail(std::string(function.name) + " changes the value, which the sandbox forbids");
  if (function.passing != Passing::kAny) bind(function, c);
  if (self.is_string()) meter.take(self.text().size() / 64);
  return function.run(c);
}

const Function* find_function(std::span<const Function> functions, std::string_view name) {
  const auto it = std::find_if(functions.begin(), functions.end(), [&](const Function& f) { return f.name == name; });
  return it == functions.end() ? nullptr : &*it;
}

const Function* find_filter(std::string_view name) {
  for (const auto group : {list_filters(), select_filters(), text_filters(), html_filters(), number_filters()}) {
    if (const Function* f = find_function(group, name)) return f;
  }
  return nullptr;
}

Value path(Meter& meter, const Value& v, const Value& by, const Value* fallback) {
  Value at = v;
  const auto step = [&](const Value& index) {
    at = item(meter, at, index);
    if (at.is_undefined() && fallback && !fallback->is_none()) at = *fallback;
  };
  if (!by.is_string()) {
    step(by);
    return at;
  }
  const std::string_view dotted = by.view();
  for (std::size_t i = 0; i <= dotted.size();) {
    const std::size_t end = std::min(dotted.find('.', i), dotted.size());
    const std::string part(dotted.substr(i, end - i));
    const bool number = !part.empty() && part.size() < 18 && part.find_first_not_of("0123456789") == part.npos;
    step(number ? Value::of(std::int64_t{std::stoll(part)}) : Value::text(part));
    i = end + 1;
  }
  return at;
}

Value text_value(Meter& meter, Text text, const Value& like) {
  return Value::text(meter, std::move(text), like.is_safe());
}

Value as_string(Meter& meter, const Value& v) { return v.is_string() ? v : Value::text(meter, to_text(meter, v)); }

}  // namespace weft::jinja
