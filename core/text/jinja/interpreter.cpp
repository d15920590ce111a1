#include "core/text/jinja/interpreter.hpp"

#include <algorithm>
#include <ctime>

namespace weft::jinja {

/// Names of one block; what it does not have, its parent may.
struct Scope {
  std::map<std::string, Value, std::less<>> names;
  std::shared_ptr<Scope> parent;
};

namespace {

constexpr int kMaxDepth = 600;  // statements and expressions within each other, macros' included

enum class Flow { kNext, kBreak, kContinue };

class Interpreter {
 public:
  Interpreter(const Json& context, const TemplateLimits& limits)
      : meter_(limits.max_steps, limits.max_output_bytes), scope_(std::make_shared<Scope>()), globals_(scope_) {
    if (!context.is_object()) fail("the context is not an object");
    for (auto it = context.begin(); it != context.end(); ++it) {
      scope_->names[it.key()] = Value::from_json(meter_, it.value());
    }
  }
  ~Interpreter() {
    for (const auto& space : spaces_) space->names.clear();  // they may hold each other
  }
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  std::string run(const Node& root) {
    block(root.body);
    return std::move(out_);
  }
  int line() const { return line_; }

 private:
  struct Deeper {
    int& depth;
    explicit Deeper(int& d) : depth(d) {
      if (++depth > kMaxDepth) {
        --depth;
        fail("the template runs too deep");
      }
    }
    ~Deeper() { --depth; }
  };
  /// A scope for as long as this lives.
  struct Inner {
    Interpreter& in;
    std::shared_ptr<Scope> outer;
    Inner(Interpreter& interpreter, std::shared_ptr<Scope> parent)
        : in(interpreter), outer(std::move(interpreter.scope_)) {
      in.scope_ = std::make_shared<Scope>();
      in.scope_->parent = std::move(parent);
    }
    explicit Inner(Interpreter& interpreter) : Inner(interpreter, interpreter.scope_) {}
    ~Inner() { in.scope_ = std::move(outer); }
  };

  void step(const Node& n) {
    line_ = n.line;
    meter_.take(1);
  }
  void write(const std::string& text) {
    meter_.check_text(out_.size() + text.size());
    out_ += text;
  }
  Value text(std::string s) { return Value::text(meter_, std::move(s)); }

  Value* find_name(const std::string& name) {
    for (Scope* s = scope_.get(); s != nullptr; s = s->parent.get()) {
      if (const auto it = s->names.find(name); it != s->names.end()) return &it->second;
    }
    return nullptr;
  }

  // --- statements ---------------------------------------------------------------------------
  Flow block(const std::vector<NodePtr>& nodes) {
    for (const NodePtr& n : nodes) {
      if (const Flow flow = statement(*n); flow != Flow::kNext) return flow;
    }
    return Flow::kNext;
  }

  /// What the statements write, in a scope of their own.
  std::string captured(const std::vector<NodePtr>& nodes, const std::shared_ptr<Scope>& parent) {
    const Inner inner(*this, parent);
    return written(nodes);
  }
  std::string written(const std::vector<NodePtr>& nodes) {
    std::string text;
    std::swap(text, out_);
    block(nodes);
    std::swap(text, out_);
    return text;
  }

  Flow statement(const Node& n) {
    const Deeper deeper(depth_);
    step(n);
    switch (n.type) {
      case Type::kText: write(n.name); return Flow::kNext;
      case Type::kOutput: write(to_text(meter_, eval(*n.args[0]))); return Flow::kNext;
      case Type::kBlock: return block(n.body);
      case Type::kIf:
        for (std::size_t i = 0; i < n.args.size(); ++i) {
          if (truthy(eval(*n.args[i]))) return block(n.body[i]->body);
        }
        return block(n.other);
      case Type::kFor: return loop(n, elements_of(n), 1);
      case Type::kSet: assign(n.targets[0], eval(*n.args[0])); return Flow::kNext;
      case Type::kSetBlock: assign(n.targets[0], filtered(*n.args[0], text(captured(n.body, scope_)))); return Flow::kNext;
      case Type::kFilterBlock: write(to_text(meter_, filtered(*n.args[0], text(captured(n.body, scope_))))); return Flow::kNext;
      case Type::kWith: return with(n);
      case Type::kMacro: scope_->names[n.name] = Value::macro({&n, scope_}); return Flow::kNext;
      case Type::kCallBlock: {
        const Value caller = Value::macro({&n, scope_});
        write(to_text(meter_, call(*n.args[0], &caller)));
        return Flow::kNext;
      }
      case Type::kBreak: return Flow::kBreak;
      case Type::kContinue: return Flow::kContinue;
      default: fail("not a statement");
    }
  }

  Flow with(const Node& n) {
    std::vector<Value> values;
    for (const auto& variable : n.named) values.push_back(eval(*variable.second));
    const Inner inner(*this);
    for (std::size_t i = 0; i < values.size(); ++i) scope_->names[n.named[i].first] = std::move(values[i]);
    return block(n.body);
  }

  /// A chain of filters whose innermost operand is the nameless name that stands for `text`.
  Value filtered(const Node& chain, Value text) {
    const Value outer = std::exchange(block_text_, std::move(text));
    const Value out = eval(chain);
    block_text_ = outer;
    return out;
  }

  void assign(const Target& target, const Value& v) {
    if (!target.parts.empty()) {
      const List parts = elements(meter_, v);
      if (parts.size() != target.parts.size()) {
        fail("cannot unpack " + std::to_string(parts.size()) + " values into " + std::to_string(target.parts.size()) + " names");
      }
      for (std::size_t i = 0; i < parts.size(); ++i) assign(target.parts[i], parts[i]);
    } else if (target.attribute.empty()) {
      scope_->names[target.name] = v;
    } else {
      Value* space = find_name(target.name);
      if (!space || !space->is(Value::Kind::kNamespace) || space->names().loop) fail("'" + target.name + "' is not a namespace");
      space->names().names[target.attribute] = v;
    }
  }

  List elements_of(const Node& n) {
    const Value v = eval(*n.args[0]);
    return elements(meter_, v);
  }

  Flow loop(const Node& n, List items, std::int64_t depth) {
    if (n.args.size() > 1) {  // for ... if: filtered first, so that loop counts what is left
      const Inner inner(*this);
      List kept;
      for (const Value& v : items) {
        step(n);
        assign(n.targets[0], v);
        if (truthy(eval(*n.args[1]))) kept.push_back(v);
      }
      items = std::move(kept);
    }
    if (items.empty()) return block(n.other);
    const auto info = std::make_shared<Namespace>();
    info->loop = &n;
    spaces_.push_back(info);
    auto& l = info->names;
    const auto size = static_cast<std::int64_t>(items.size());
    l["length"] = Value::of(size);
    l["depth"] = Value::of(depth);
    l["depth0"] = Value::of(depth - 1);
    const Inner inner(*this);
    for (std::int64_t at = 0; at < size; ++at) {
      step(n);
      const auto i = static_cast<std::size_t>(at);
      scope_->names.clear();
      l["index"] = Value::of(at + 1);
      l["index0"] = Value::of(at);
      l["first"] = Value::of(at == 0);
      l["last"] = Value::of(at + 1 == size);
      l["revindex"] = Value::of(size - at);
      l["revindex0"] = Value::of(size - at - 1);
      l["previtem"] = at > 0 ? items[i - 1] : Value::undefined("loop.previtem");
      l["nextitem"] = at + 1 < size ? items[i + 1] : Value::undefined("loop.nextitem");
      scope_->names["loop"] = Value::space(info);
      assign(n.targets[0], items[i]);
      if (block(n.body) == Flow::kBreak) break;
    }
    l.clear();
    if (spaces_.back() == info) spaces_.pop_back();
    return Flow::kNext;
  }

  // --- expressions --------------------------------------------------------------------------
  Value eval(const Node& n) {
    const Deeper deeper(depth_);
    step(n);
    switch (n.type) {
      case Type::kLiteral: return n.literal;
      case Type::kName: return n.name.empty() ? block_text_ : name(n.name);
      case Type::kList:
      case Type::kTuple: {
        List items;
        for (const NodePtr& e : n.args) items.push_back(eval(*e));
        return Value::sequence(meter_, std::move(items), n.type == Type::kList ? Value::Kind::kList : Value::Kind::kTuple);
      }
      case Type::kDict: {
        Entries entries;
        for (std::size_t i = 0; i < n.args.size(); i += 2) {
          Value key = eval(*n.args[i]);
          entries.emplace_back(std::move(key), eval(*n.args[i + 1]));
        }
        return Value::dict(meter_, std::move(entries));
      }
      case Type::kAttribute: return attribute(meter_, eval(*n.args[0]), n.name);
      case Type::kItem: {
        const Value whole = eval(*n.args[0]);
        return item(meter_, whole, eval(*n.args[1]));
      }
      case Type::kSlice: {
        const Value whole = eval(*n.args[0]), start = eval(*n.args[1]), stop = eval(*n.args[2]);
        return slice(meter_, whole, start, stop, eval(*n.args[3]));
      }
      case Type::kCall: return call(n, nullptr);
      case Type::kFilter: {
        const Value v = eval(*n.args[0]);
        return apply_filter(meter_, n.name, v, arguments(n));
      }
      case Type::kTest: {
        const Value v = eval(*n.args[0]);
        return Value::of(apply_test(meter_, n.name, v, arguments(n)) != n.flag);
      }
      case Type::kUnary: {
        const Value v = eval(*n.args[0]);
        if (n.name == "not") return Value::of(!truthy(v));
        if (v.is(Value::Kind::kFloat)) return Value::of(n.name == "-" ? -v.real : v.real);
        return arithmetic(meter_, n.name, Value::of(std::int64_t{0}), v);
      }
      case Type::kAnd: {
        const Value v = eval(*n.args[0]);
        return truthy(v) ? eval(*n.args[1]) : v;
      }
      case Type::kOr: {
        const Value v = eval(*n.args[0]);
        return truthy(v) ? v : eval(*n.args[1]);
      }
      case Type::kCondition:
        if (truthy(eval(*n.args[0]))) return eval(*n.args[1]);
        return n.args.size() > 2 ? eval(*n.args[2]) : Value();
      case Type::kCompare: return compare(n);
      case Type::kBinary: {
        const Value a = eval(*n.args[0]), b = eval(*n.args[1]);
        if (n.name == "~") return text(to_text(meter_, a) + to_text(meter_, b));
        return arithmetic(meter_, n.name, a, b);
      }
      default: fail("not an expression");
    }
  }

  bool holds(const std::string& op, const Value& a, const Value& b) {
    if (op == "==") return equal(meter_, a, b);
    if (op == "!=") return !equal(meter_, a, b);
    if (op == "<") return less(meter_, a, b);
    if (op == ">") return less(meter_, b, a);
    if (op == "<=") return less(meter_, a, b) || equal(meter_, a, b);
    if (op == ">=") return less(meter_, b, a) || equal(meter_, a, b);
    return contains(meter_, b, a) == (op == "in");
  }

  Value compare(const Node& n) {
    Value left = eval(*n.args[0]);
    for (std::size_t i = 0; i < n.operators.size(); ++i) {
      Value right = eval(*n.args[i + 1]);
      if (!holds(n.operators[i], left, right)) return Value::of(false);
      left = std::move(right);
    }
    return Value::of(true);
  }

  Value name(const std::string& id) {
    if (const Value* v = find_name(id)) return *v;
    for (const char* global : {"raise_exception", "strftime_now", "namespace", "range", "dict"}) {
      if (id == global) return Value::function(id);
    }
    return Value::undefined(id);
  }

  Arguments arguments(const Node& n) {
    Arguments all;
    for (std::size_t i = 1; i < n.args.size(); ++i) all.list.push_back(eval(*n.args[i]));
    for (const auto& [key, value] : n.named) all.named.emplace_back(key, eval(*value));
    return all;
  }

  Value call(const Node& n, const Value* caller) {
    const Node& callee = *n.args[0];
    if (callee.type == Type::kAttribute) {  // without a bound method in between
      const Value self = eval(*callee.args[0]);
      if (has_method(self, callee.name)) return call_method(meter_, self, callee.name, arguments(n));
      if (self.is(Value::Kind::kNamespace) && self.names().loop) {
        if (callee.name == "cycle") return cycle(self, arguments(n));
        if (callee.name == "changed") return changed(self, arguments(n));
      }
      return call_value(attribute(meter_, self, callee.name), n, caller, callee.name);
    }
    return call_value(eval(callee), n, caller, callee.name);
  }

  Value call_value(const Value& f, const Node& n, const Value* caller, const std::string& name) {
    switch (f.kind) {
      case Value::Kind::kMacro: return call_macro(f.macro(), arguments(n), caller);
      case Value::Kind::kFunction: return call_global(f.string(), arguments(n));
      case Value::Kind::kMethod: return call_method(meter_, f.items()[0], f.items()[1].string(), arguments(n));
      case Value::Kind::kNamespace:
        if (f.names().loop && f.names().loop->flag) return recurse(f.names(), arguments(n));
        break;
      case Value::Kind::kUndefined: fail("'" + (f.data ? f.string() : name) + "' is undefined");
      default: break;
    }
    fail("'" + name + "' cannot be called");
  }

  Value cycle(const Value& loop, const Arguments& args) {
    if (args.list.empty()) fail("cycle wants values");
    const auto at = static_cast<std::size_t>(loop.names().names["index0"].integer);
    return args.list[at % args.list.size()];
  }

  Value changed(const Value& loop, const Arguments& args) {
    Value now = Value::sequence(meter_, args.list, Value::Kind::kTuple);
    Value& before = loop.names().names["*changed"];
    const bool differs = before.is_undefined() || !equal(meter_, before, now);
    before = std::move(now);
    return Value::of(differs);
  }

  Value recurse(const Namespace& info, const Arguments& args) {
    if (args.list.size() != 1) fail("loop() wants what to loop over");
    const std::int64_t depth = info.names.find("depth")->second.integer;
    const Node& n = *info.loop;
    List items = elements(meter_, args.list[0]);
    std::string out;
    std::swap(out, out_);
    loop(n, std::move(items), depth + 1);
    std::swap(out, out_);
    return text(std::move(out));
  }

  Value call_macro(const Macro& macro, const Arguments& args, const Value* caller) {
    const Node& n = *macro.node;
    std::shared_ptr<Scope> parent = macro.scope.lock();
    const Inner inner(*this, parent ? parent : globals_);
    auto& names = scope_->names;
    const std::string what = n.type == Type::kMacro ? "macro '" + n.name + "'" : "caller";
    for (std::size_t i = 0; i < n.named.size(); ++i) {
      const auto& [parameter, fallback] = n.named[i];
      const Value* value = args.get(i, parameter);
      if (i < args.list.size() && args.get(SIZE_MAX, parameter)) fail(what + " got two values for '" + parameter + "'");
      names[parameter] = value ? *value : fallback ? eval(*fallback) : Value::undefined(parameter);
    }
    more_arguments(n, args, caller, what);
    return text(written(n.body));
  }

  /// What a call gives beyond the parameters is only for a body that names it.
  void more_arguments(const Node& n, const Arguments& args, const Value* caller, const std::string& what) {
    Entries named;
    const Value* given = caller;
    for (const auto& [key, value] : args.named) {
      const bool known = std::any_of(n.named.begin(), n.named.end(), [&name = key](const auto& p) { return p.first == name; });
      if (known) continue;
      if (key == "caller") {
        given = &value;
      } else {
        named.emplace_back(Value::text(key), value);
      }
    }
    const std::size_t known = std::min(n.named.size(), args.list.size());
    List rest(args.list.begin() + static_cast<std::ptrdiff_t>(known), args.list.end());
    if (!n.flag && !named.empty()) fail(what + " takes no argument '" + named[0].first.string() + "'");
    if (!n.flag && !rest.empty()) fail(what + " takes not more than " + std::to_string(n.named.size()) + " arguments");
    if (!n.flag && given) fail(what + " was called with a call block but does not use 'caller'");
    if (!n.flag) return;
    scope_->names["varargs"] = Value::sequence(meter_, std::move(rest), Value::Kind::kTuple);
    scope_->names["kwargs"] = Value::dict(meter_, std::move(named));
    if (n.type == Type::kMacro) scope_->names["caller"] = given ? *given : Value::undefined("caller");
  }

  Value call_global(const std::string& function, const Arguments& args) {
    if (function == "raise_exception") {
      fail(args.list.empty() ? "the template raised an exception" : to_text(meter_, args.list[0]));
    }
    if (function == "namespace") {
      const auto space = std::make_shared<Namespace>();
      meter_.take(10);
      spaces_.push_back(space);
      for (const Value& v : args.list) {
        if (!v.is_dict()) fail("namespace wants dicts and names");
        for (const auto& [key, value] : v.entries()) space->names[to_text(meter_, key)] = value;
      }
      for (const auto& [key, value] : args.named) space->names[key] = value;
      return Value::space(space);
    }
    if (function == "dict") {
      Entries entries;
      if (!args.list.empty() && args.list[0].is_dict()) entries = args.list[0].entries();
      for (const Value& pair : !args.list.empty() && args.list[0].is_items() ? elements(meter_, args.list[0]) : List()) {
        const List two = elements(meter_, pair);
        if (two.size() != 2) fail("dict wants pairs");
        entries.emplace_back(two[0], two[1]);
      }
      for (const auto& [key, value] : args.named) entries.emplace_back(Value::text(key), value);
      return Value::dict(meter_, std::move(entries));
    }
    return function == "strftime_now" ? time_text(args) : range(args);
  }

  Value time_text(const Arguments& args) {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    char buffer[256];
    const std::string format = args.list.empty() ? "%Y-%m-%d" : to_text(meter_, args.list[0]);
    return text(std::string(buffer, std::strftime(buffer, sizeof buffer, format.c_str(), &local)));
  }

  Value range(const Arguments& args) {
    if (args.list.empty() || args.list.size() > 3) fail("range wants one to three integers");
    std::int64_t bounds[3] = {0, 0, 1};
    for (std::size_t i = 0; i < args.list.size(); ++i) {
      bounds[args.list.size() == 1 ? 1 : i] = integer_of(args.list[i], "a bound of range");
    }
    const auto [from, to, by] = bounds;
    if (by == 0) fail("range by zero");
    List list;
    for (std::int64_t i = from; by > 0 ? i < to : i > to;) {
      if (list.size() >= 100000) fail("range of more than 100000");  // as Jinja's sandbox
      list.push_back(Value::of(i));
      if (__builtin_add_overflow(i, by, &i)) break;
    }
    return Value::sequence(meter_, std::move(list));
  }

  Meter meter_;
  std::shared_ptr<Scope> scope_, globals_;
  std::vector<std::shared_ptr<Namespace>> spaces_;
  std::string out_;
  Value block_text_;
  int line_ = 0, depth_ = 0;
};

}  // namespace

const Value* Arguments::get(std::size_t place, std::string_view name) const {
  if (place < list.size()) return &list[place];
  const auto it = std::find_if(named.begin(), named.end(), [&](const auto& n) { return n.first == name; });
  return it == named.end() ? nullptr : &it->second;
}

std::string run(const Node& root, const Json& context, const TemplateLimits& limits) {
  Interpreter interpreter(context, limits);
  try {
    return interpreter.run(root);
  } catch (Failure& f) {
    if (f.line == 0) f.line = interpreter.line();
    throw;
  }
}

}  // namespace weft::jinja
