#include "core/text/jinja/interpreter.hpp"

#include <ctime>

namespace weft::jinja {
namespace {

constexpr int kMaxCalls = 100;

enum class Flow { kNext, kBreak, kContinue };

class Interpreter {
 public:
  Interpreter(const Json& context, const TemplateLimits& limits) : limits_(limits) {
    scopes_.emplace_back();
    for (auto it = context.begin(); it != context.end(); ++it) scopes_.back()[it.key()] = Value(it.value());
  }

  std::string run(const Node& root) {
    block(root.body);
    return std::move(out_);
  }
  int line() const { return line_; }

 private:
  void step(const Node& n) {
    line_ = n.line;
    if (++steps_ > limits_.max_steps) fail("the template takes more than " + std::to_string(limits_.max_steps) + " steps");
  }
  void write(const std::string& text) {
    if (out_.size() + text.size() > limits_.max_output_bytes) fail("the output exceeds " + std::to_string(limits_.max_output_bytes) + " bytes");
    out_ += text;
  }

  Value* find(const std::string& name) {
    for (auto it = scopes_.rbegin(); it != scopes_.rend(); ++it) {
      if (auto found = it->find(name); found != it->end()) return &found->second;
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

  Flow statement(const Node& n) {
    step(n);
    switch (n.type) {
      case Type::kText: write(n.name); return Flow::kNext;
      case Type::kOutput: write(to_text(eval(*n.args[0]))); return Flow::kNext;
      case Type::kBlock: return block(n.body);
      case Type::kIf: return truthy(eval(*n.args[0])) ? block(n.body) : block(n.other);
      case Type::kFor: return loop(n);
      case Type::kSet: set(n, eval(*n.args[0])); return Flow::kNext;
      case Type::kSetBlock: {
        std::string outer = std::move(out_);
        out_.clear();
        block(n.body);
        std::swap(outer, out_);
        set(n, Json(outer));
        return Flow::kNext;
      }
      case Type::kMacro: {
        Value v;
        v.kind = Value::Kind::kMacro;
        v.macro = &n;
        scopes_.back()[n.name] = v;
        return Flow::kNext;
      }
      case Type::kBreak: return Flow::kBreak;
      case Type::kContinue: return Flow::kContinue;
      default: fail("not a statement");
    }
  }

  void set(const Node& n, const Value& v) {
    if (!n.name.empty()) {
      Value* space = find(n.targets[0]);
      if (space == nullptr || space->kind != Value::Kind::kNamespace) fail("'" + n.targets[0] + "' is not a namespace");
      (*space->space)[n.name] = v;
      return;
    }
    assign(n.targets, v, scopes_.back());
  }

  static void assign(const std::vector<std::string>& targets, const Value& v, Named& scope) {
    if (targets.size() == 1) {
      scope[targets[0]] = v;
      return;
    }
    const std::vector<Value> parts = elements(v);
    if (parts.size() != targets.size()) fail("cannot unpack " + std::to_string(parts.size()) + " values into " + std::to_string(targets.size()) + " names");
    for (std::size_t i = 0; i < parts.size(); ++i) scope[targets[i]] = parts[i];
  }

  Flow loop(const Node& n) {
    std::vector<Value> items = elements(eval(*n.args[0]));
    scopes_.emplace_back();
    if (n.args.size() > 1) {  // for ... if: filtered first, so that loop counts what is left
      std::vector<Value> kept;
      for (const Value& v : items) {
        step(n);
        assign(n.targets, v, scopes_.back());
        if (truthy(eval(*n.args[1]))) kept.push_back(v);
      }
      items = std::move(kept);
    }
    Flow result = Flow::kNext;
    for (std::size_t i = 0; i < items.size(); ++i) {
      step(n);
      scopes_.back().clear();
      assign(n.targets, items[i], scopes_.back());
      Value info;
      info.kind = Value::Kind::kNamespace;
      info.space = std::make_shared<Named>();
      auto& l = *info.space;
      const auto at = static_cast<int64_t>(i), size = static_cast<int64_t>(items.size());
      l["index"] = Json(at + 1), l["index0"] = Json(at), l["first"] = Json(i == 0), l["last"] = Json(at + 1 == size);
      l["length"] = Json(size), l["revindex"] = Json(size - at), l["revindex0"] = Json(size - at - 1);
      if (i > 0) l["previtem"] = items[i - 1];
      if (at + 1 < size) l["nextitem"] = items[i + 1];
      scopes_.back()["loop"] = info;
      const Flow flow = block(n.body);
      if (flow == Flow::kBreak) break;
    }
    scopes_.pop_back();
    if (items.empty()) result = block(n.other);
    return result;
  }

  // --- expressions --------------------------------------------------------------------------
  Value eval_or_absent(const NodePtr& n) { return n ? eval(*n) : Value(); }

  Value eval(const Node& n) {
    step(n);
    switch (n.type) {
      case Type::kLiteral: return n.literal;
      case Type::kName: return name(n.name);
      case Type::kList: {
        Json list = Json::array();
        for (const NodePtr& e : n.args) list.push_back(as_json(eval(*e)));
        return list;
      }
      case Type::kDict: {
        Json object = Json::object();
        for (std::size_t i = 0; i < n.args.size(); i += 2) object[to_text(eval(*n.args[i]))] = as_json(eval(*n.args[i + 1]));
        return object;
      }
      case Type::kAttribute: return attribute(eval(*n.args[0]), n.name);
      case Type::kItem: {
        const Value whole = eval(*n.args[0]);
        return item(whole, eval(*n.args[1]));
      }
      case Type::kSlice: {
        const Value whole = eval(*n.args[0]);
        return slice(whole, eval_or_absent(n.args[1]), eval_or_absent(n.args[2]), eval_or_absent(n.args[3]));
      }
      case Type::kCall: return call(n);
      case Type::kFilter: {
        const Value v = eval(*n.args[0]);
        return apply_filter(n.name, v, arguments(n), named(n));
      }
      case Type::kTest: {
        const Value v = eval(*n.args[0]);
        return Json(apply_test(n.name, v, arguments(n)) != n.negated);
      }
      case Type::kUnary: {
        const Value v = eval(*n.args[0]);
        if (n.name == "not") return Json(!truthy(v));
        return arithmetic(n.name, Json(0), v);
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
      case Type::kBinary: return binary(n);
      default: fail("not an expression");
    }
  }

  static Json as_json(const Value& v) {
    if (v.is_json()) return *v.json;
    if (v.undefined()) return Json(nullptr);
    fail("a macro or namespace cannot stand in a list or dict");
  }

  Value binary(const Node& n) {
    const Value a = eval(*n.args[0]), b = eval(*n.args[1]);
    if (n.name == "==") return Json(equal(a, b));
    if (n.name == "!=") return Json(!equal(a, b));
    if (n.name == "<") return Json(less(a, b));
    if (n.name == ">") return Json(less(b, a));
    if (n.name == "<=") return Json(!less(b, a));
    if (n.name == ">=") return Json(!less(a, b));
    if (n.name == "in") return Json(contains(b, a));
    if (n.name == "not in") return Json(!contains(b, a));
    return arithmetic(n.name, a, b);
  }

  Value name(const std::string& id) {
    if (const Value* v = find(id)) return *v;
    for (const char* global : {"raise_exception", "strftime_now", "namespace", "range", "dict"}) {
      if (id != global) continue;
      Value v;
      v.kind = Value::Kind::kFunction;
      v.function = id;
      return v;
    }
    return {};
  }

  Arguments arguments(const Node& n) {
    Arguments all;
    for (std::size_t i = 1; i < n.args.size(); ++i) all.push_back(eval(*n.args[i]));
    return all;
  }
  Named named(const Node& n) {
    Named all;
    for (const auto& [key, value] : n.named) all[key] = eval(*value);
    return all;
  }

  Value call(const Node& n) {
    const Node& callee = *n.args[0];
    if (callee.type == Type::kAttribute) {
      const Value self = eval(*callee.args[0]);
      if (self.is_json()) return call_method(self, callee.name, arguments(n), named(n));
    }
    const Value f = eval(callee);
    if (f.kind == Value::Kind::kMacro) return call_macro(*f.macro, arguments(n), named(n));
    if (f.kind == Value::Kind::kFunction) return call_global(f.function, arguments(n), named(n));
    fail("'" + callee.name + "' cannot be called");
  }

  Value call_macro(const Node& macro, const Arguments& args, const Named& named_args) {
    if (++calls_ > kMaxCalls) fail("macros call each other too deep");
    Named scope;
    for (std::size_t i = 0; i < macro.named.size(); ++i) {
      const auto& [parameter, fallback] = macro.named[i];
      auto it = named_args.find(parameter);
      scope[parameter] = i < args.size() ? args[i] : it != named_args.end() ? it->second : eval_or_absent(fallback);
    }
    if (args.size() > macro.named.size()) fail("macro " + macro.name + " takes " + std::to_string(macro.named.size()) + " arguments");
    // A macro sees its parameters and the globals, not the caller's scopes.
    std::vector<Named> outer;
    while (scopes_.size() > 1) {
      outer.push_back(std::move(scopes_.back()));
      scopes_.pop_back();
    }
    scopes_.push_back(std::move(scope));
    std::string text;
    std::swap(text, out_);
    block(macro.body);
    std::swap(text, out_);
    scopes_.pop_back();
    for (auto it = outer.rbegin(); it != outer.rend(); ++it) scopes_.push_back(std::move(*it));
    --calls_;
    return Json(text);
  }

  Value call_global(const std::string& function, const Arguments& args, const Named& named_args) {
    if (function == "raise_exception") fail(args.empty() ? "the template raised an exception" : to_text(args[0]));
    if (function == "namespace") {
      Value v;
      v.kind = Value::Kind::kNamespace;
      v.space = std::make_shared<Named>(named_args);
      return v;
    }
    if (function == "dict") {
      Json object = Json::object();
      for (const auto& [key, value] : named_args) object[key] = as_json(value);
      return object;
    }
    if (function == "strftime_now") {
      const std::time_t now = std::time(nullptr);
      std::tm local{};
      localtime_r(&now, &local);
      char text[256];
      const std::string format = args.empty() ? "%Y-%m-%d" : to_text(args[0]);
      return Json(std::string(text, std::strftime(text, sizeof text, format.c_str(), &local)));
    }
    int64_t bounds[3] = {0, 0, 1};
    for (std::size_t i = 0; i < args.size() && i < 3; ++i) {
      if (!args[i].is_integer()) fail("range wants integers");
      bounds[args.size() == 1 ? 1 : i] = args[i].json->get<int64_t>();
    }
    if (bounds[2] == 0) fail("range by zero");
    Json list = Json::array();
    for (int64_t i = bounds[0]; bounds[2] > 0 ? i < bounds[1] : i > bounds[1]; i += bounds[2]) {
      if (list.size() >= 1000000) fail("range of more than 1000000");
      if (++steps_ > limits_.max_steps) fail("the template takes more than " + std::to_string(limits_.max_steps) + " steps");
      list.push_back(i);
    }
    return list;
  }

  TemplateLimits limits_;
  std::vector<Named> scopes_;
  std::string out_;
  uint64_t steps_ = 0;
  int line_ = 0, calls_ = 0;
};

}  // namespace

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
