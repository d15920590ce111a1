// Calls of macros, methods, globals and loops.
#include <algorithm>

#include "core/text/jinja/evaluator_guards.hpp"

namespace weft::jinja {

using Kind = Value::Kind;

Arguments Evaluator::arguments(const Node& n) {
  Arguments all;
  for (std::size_t i = 1; i < n.args.size(); ++i) all.list.push_back(eval(*n.args[i]));
  if (n.star) {
    for (Value& v : elements(meter_, eval(*n.star))) all.list.push_back(std::move(v));
  }
  for (const NamedNode& named : n.named) all.named.emplace_back(named.key, eval(*named.value));
  if (n.two_stars) {
    const Value more = eval(*n.two_stars);
    if (!more.is_dict()) fail("argument after ** must be a mapping");
    for (const auto& [key, value] : more.entries()) {
      if (!key.is_string()) fail("keywords must be strings");
      meter_.take_names(all.named.size());
      for (const auto& other : all.named) {
        if (other.first == key.view()) fail("got multiple values for keyword argument '" + other.first + "'");
      }
      all.named.emplace_back(key.text().bytes(), value);
    }
  }
  return all;
}

Value Evaluator::call(const Node& n, const Value* caller) {
  const Node& callee = *n.args[0];
  const auto given = [&] {
    Arguments args = arguments(n);
    if (caller) args.named.emplace_back("caller", *caller);
    return args;
  };
  if (callee.type != Type::kAttribute) {
    const Value f = eval(callee);
    return call_value(f, n, given());
  }
  const Value self = eval(*callee.args[0]);
  const std::string_view method = callee.literal.view();
  if (self.is(Kind::kLoop) && (method == "cycle" || method == "changed"))
    return call_loop(self.as<Loop>(), method, given());
  const Function* const f = self.is_string() ? callee.function : find_method(self, method);
  if (f) return jinja::call(meter_, *f, self, given());
  const Value found = attribute(meter_, self, callee.literal);
  return call_value(found, n, given());
}

Value Evaluator::call_value(const Value& f, const Node&, Arguments args) {
  switch (f.kind) {
    case Kind::kMacro: return call_macro(f.as<Macro>(), args);
    case Kind::kMethod: return jinja::call(meter_, f.method(), f.items()[0], args);
    case Kind::kLoop: return recurse(f.as<Loop>(), args);
    case Kind::kFunction: {
      Value v = jinja::call(meter_, global_functions()[static_cast<std::size_t>(f.integer)], f, args);
      if (v.is(Kind::kNamespace)) {
        spaces_.push_back(std::static_pointer_cast<Namespace>(std::const_pointer_cast<void>(v.data)));
      }
      return v;
    }
    case Kind::kJoiner: {
      std::size_t& used = f.position();
      return used++ == 0 ? Value::text(Text()) : f.items()[0];
    }
    case Kind::kUndefined: fail(f.message());
    default: fail(std::string("'") + type_name(f) + "' object is not callable");
  }
}

Value Evaluator::call_loop(Loop& loop, std::string_view method, const Arguments& args) {
  if (!args.named.empty()) fail("loop." + std::string(method) + " takes no keyword arguments");
  if (method == "cycle") {
    if (args.list.empty()) fail("no items for cycling given");
    return args.list[loop.at % args.list.size()];
  }
  if (!loop.runs) fail("loop.changed after the loop");
  Value now = Value::sequence(meter_, args.list, Kind::kTuple);
  const bool differs = loop.before.is(Kind::kMissing) || !equal(meter_, loop.before, now);
  loop.before = std::move(now);
  return Value::of(differs);
}

Value Evaluator::recurse(const Loop& loop, const Arguments& args) {
  if (!loop.node->flag) fail("the loop must have the 'recursive' marker to be called recursively");
  if (args.list.size() != 1 || !args.named.empty()) fail("loop() wants what to loop over");
  Text out;
  std::swap(out, out_);
  this->loop(*loop.node, args.list[0], loop.depth + 1, loop.parent);
  std::swap(out, out_);
  return text(std::move(out));
}

Value Evaluator::call_macro(const Macro& macro, const Arguments& args) {
  const Node& n = *macro.node;
  const Deeper deeper(depth_);
  const Inner inner(*this, macro.scope);
  bind(n, args, n.type == Type::kMacro ? "macro '" + n.name + "'" : "caller");
  Text out;
  std::swap(out, out_);
  block(n.body);
  std::swap(out, out_);
  return text(std::move(out));
}

/// Gives values to the parameters, and puts what is left into caller, kwargs and varargs.
void Evaluator::bind(const Node& n, const Arguments& args, const std::string& what) {
  std::vector<bool> used(args.named.size());
  const auto named = [&](std::string_view key) -> const Value* {
    meter_.take_names(used.size());
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (used[i] || args.named[i].first != key) continue;
      used[i] = true;
      return &args.named[i].second;
    }
    return nullptr;
  };
  const std::size_t count = n.parameters.size(), placed = std::min(count, args.list.size());
  for (std::size_t i = 0; i < placed; ++i) set_name(n.parameters[i], args.list[i]);
  std::vector<std::size_t> missing;
  for (std::size_t i = placed; i < count; ++i) {
    if (const Value* v = named(n.named[i].key)) set_name(n.parameters[i], *v);
    else missing.push_back(i);
  }
  if (n.takes_caller) {
    const Value* caller = named("caller");
    set_name(program_.caller, caller && !caller->is_none() ? *caller : Value::undefined("No caller defined"));
  }
  Entries rest;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) continue;
    const std::string& key = args.named[i].first;
    if (!n.takes_kwargs)
      fail(what + (key == "caller" ? " was called with a block but does not use 'caller'"
                                   : " takes no keyword argument '" + key + "'"));
    rest.emplace_back(Value::text(key), args.named[i].second);
  }
  if (n.takes_kwargs) set_name(program_.kwargs, Value::dict(meter_, std::move(rest)));
  if (n.takes_varargs) {
    List more(args.list.begin() + static_cast<std::ptrdiff_t>(placed), args.list.end());
    set_name(program_.varargs, Value::sequence(meter_, std::move(more), Kind::kTuple));
  } else if (args.list.size() > count) {
    fail(what + " takes not more than " + std::to_string(count) + " argument(s)");
  }
  for (const std::size_t i : missing) {
    const NodePtr& fallback = n.named[i].value;
    set_name(n.parameters[i], Value::undefined("parameter '" + n.named[i].key + "' was not provided"));
    if (fallback) set_name(n.parameters[i], eval(*fallback));
  }
}

// --- attributes of loops and macros -------------------------------------------------------------
Value loop_attribute(Meter&, const Loop& loop, std::string_view name) {
  const auto at = static_cast<std::int64_t>(loop.at), n = static_cast<std::int64_t>(loop.items->size());
  if (name == "index") return Value::of(at + 1);
  if (name == "index0") return Value::of(at);
  if (name == "first") return Value::of(at == 0);
  if (name == "last") return Value::of(at + 1 >= n);
  if (name == "length") return Value::of(n);
  if (name == "revindex") return Value::of(n - at);
  if (name == "revindex0") return Value::of(n - at - 1);
  if (name == "depth") return Value::of(loop.depth);
  if (name == "depth0") return Value::of(loop.depth - 1);
  if (name == "previtem") return at > 0 ? (*loop.items)[loop.at - 1] : Value::undefined("there is no previous item");
  if (name == "nextitem") return at + 1 < n ? (*loop.items)[loop.at + 1] : Value::undefined("there is no next item");
  return {};
}

std::string loop_text(const Loop& loop) {
  return "<LoopContext " + std::to_string(loop.at + 1) + "/" + std::to_string(loop.items->size()) + ">";
}

Value macro_attribute(Meter& meter, const Macro& macro, std::string_view name) {
  const Node& n = *macro.node;
  if (name == "name") return Value::text(n.name);
  if (name == "catch_kwargs") return Value::of(n.takes_kwargs);
  if (name == "catch_varargs") return Value::of(n.takes_varargs);
  if (name == "caller") return Value::of(n.takes_caller);
  if (name != "arguments") return {};
  List names;
  for (const NamedNode& p : n.named) names.push_back(Value::text(p.key));
  return Value::sequence(meter, std::move(names), Kind::kTuple);
}

const std::string& macro_name(const Macro& macro) { return macro.node->name; }

}  // namespace weft::jinja
