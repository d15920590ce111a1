// Evaluates expressions.
#include "core/text/jinja/evaluator_guards.hpp"

namespace weft::jinja {

using Kind = Value::Kind;

Value Evaluator::eval(const Node& n) {
  try {
    const Deeper deeper(depth_);
    meter_.take(1);
    return evaluate(n);
  } catch (Failure& f) {
    if (f.line == 0) f.line = n.line, f.column = n.column;
    throw;
  }
}

Value Evaluator::evaluate(const Node& n) {
  switch (n.type) {
    case Type::kLiteral: return n.literal;
    case Type::kName: return name(n.id);
    case Type::kHole: return hole_;
    case Type::kList:
    case Type::kTuple: return list(n);
    case Type::kDict: return dict(n);
    case Type::kAttribute: return attribute(meter_, eval(*n.args[0]), n.literal);
    case Type::kItem: {
      const Value whole = eval(*n.args[0]);
      return item(meter_, whole, eval(*n.args[1]));
    }
    case Type::kSlice: {
      const Value whole = eval(*n.args[0]), start = eval(*n.args[1]), stop = eval(*n.args[2]);
      return slice(meter_, whole, start, stop, eval(*n.args[3]));
    }
    case Type::kCall: return call(n, nullptr);
    case Type::kFilter: return applied(n);
    case Type::kTest: return test(n);
    case Type::kNot: return Value::of(!truthy(eval(*n.args[0])));
    case Type::kNegative: return negative(eval(*n.args[0]));
    case Type::kPositive: return positive(eval(*n.args[0]));
    case Type::kAnd: {
      Value v = eval(*n.args[0]);
      return truthy(v) ? eval(*n.args[1]) : v;
    }
    case Type::kOr: {
      Value v = eval(*n.args[0]);
      return truthy(v) ? v : eval(*n.args[1]);
    }
    case Type::kCondition:
      if (truthy(eval(*n.args[0]))) return eval(*n.args[1]);
      if (n.args.size() > 2) return eval(*n.args[2]);
      return Value::undefined("the inline if-expression on line " + std::to_string(n.line) +
                              " evaluated to false and no else section was defined.");
    case Type::kCompare: return compare(n);
    case Type::kConcatenation: return concatenation(n);
    case Type::kArithmetic: {
      const Value a = eval(*n.args[0]);
      return arithmetic(meter_, n.op, a, eval(*n.args[1]));
    }
    default: fail("not an expression");
  }
}

Value Evaluator::name(Id id) {
  if (const Value* v = find_name(id)) return *v;
  const auto globals = global_functions();
  if (const Function* f = find_function(globals, program_.names[id])) return Value::function(f - globals.data());
  if (program_.names[id] == "self") fail("'self' is not supported: blocks are rendered where they are");
  return Value::undefined("'" + program_.names[id] + "' is undefined");
}

Value Evaluator::list(const Node& n) {
  List items;
  items.reserve(n.args.size());
  for (const NodePtr& e : n.args) items.push_back(eval(*e));
  return Value::sequence(meter_, std::move(items), n.type == Type::kList ? Kind::kList : Kind::kTuple);
}

Value Evaluator::dict(const Node& n) {
  Entries entries;
  entries.reserve(n.args.size() / 2);
  for (std::size_t i = 0; i < n.args.size(); i += 2) {
    Value key = eval(*n.args[i]);
    entries.emplace_back(std::move(key), eval(*n.args[i + 1]));
  }
  return Value::dict(meter_, std::move(entries));
}

Value Evaluator::concatenation(const Node& n) {
  Text out;
  for (const NodePtr& part : n.args) {
    const Value v = eval(*part);
    if (v.is_string()) out.append(v.text());
    else out.append(to_text(meter_, v));
    meter_.check_text(out.size());
  }
  return text(std::move(out));
}

bool Evaluator::holds(Comparison op, const Value& a, const Value& b) {
  switch (op) {
    case Comparison::kEqual: return equal(meter_, a, b);
    case Comparison::kUnequal: return !equal(meter_, a, b);
    case Comparison::kLess: return less(meter_, a, b);
    case Comparison::kLessEqual: return less_equal(meter_, a, b);
    case Comparison::kGreater: return less(meter_, b, a, ">");
    case Comparison::kGreaterEqual: return less_equal(meter_, b, a, ">=");
    case Comparison::kIn: return contains(meter_, b, a);
    case Comparison::kNotIn: return !contains(meter_, b, a);
  }
  return false;
}

Value Evaluator::compare(const Node& n) {
  Value left = eval(*n.args[0]);
  for (std::size_t i = 0; i < n.comparisons.size(); ++i) {
    Value right = eval(*n.args[i + 1]);
    if (!holds(n.comparisons[i], left, right)) return Value::of(false);
    left = std::move(right);
  }
  return Value::of(true);
}

Value Evaluator::applied(const Node& n) {
  if (!n.function) fail("no filter named '" + n.name + "'");
  const Value v = eval(*n.args[0]);
  return jinja::call(meter_, *n.function, v, arguments(n));
}

Value Evaluator::test(const Node& n) {
  if (!n.function) fail("no test named '" + n.name + "'");
  const Value v = eval(*n.args[0]);
  return Value::of(truthy(jinja::call(meter_, *n.function, v, arguments(n))) != n.flag);
}

}  // namespace weft::jinja
