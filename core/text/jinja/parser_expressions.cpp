#include <algorithm>

#include "core/text/jinja/parser.hpp"

namespace weft::jinja {
namespace {

// The height of an expression's tree; larger: a small stack overflows when it is evaluated.
constexpr int kMaxHeight = 400;

struct Depth {
  int& depth;
  explicit Depth(int& d) : depth(d) {
    if (depth >= kMaxDepth) fail_limit("the template nests too deep");
    ++depth;
  }
  ~Depth() { --depth; }
};

}  // namespace

/// Adds `child` as an operand.
void Parser::adopt(Node& n, NodePtr child) {
  n.height = std::max(n.height, child->height + 1);
  if (n.height > kMaxHeight) fail_limit("an expression nests too deep");
  n.args.push_back(std::move(child));
}

bool Parser::tuple_ends(bool conditions) const {
  return peek().kind == Kind::kEnd || is(")") || (!conditions && is("recursive"));
}

/// Parses one expression, or several between commas. `conditions`: each may be an inline if.
NodePtr Parser::tuple(bool conditions, bool explicit_parentheses) {
  NodePtr all = make(Type::kTuple);
  while (!tuple_ends(conditions)) {
    NodePtr one = conditions ? expression() : or_expression();
    if (all->args.empty() && !is(",")) return one;
    adopt(*all, std::move(one));
    if (!take(",")) return all;
  }
  if (all->args.empty() && !explicit_parentheses) {
    fail("expected an expression, got " + (peek().kind == Kind::kEnd ? "the end of the tag" : "'" + peek().text + "'"));
  }
  return all;
}

NodePtr Parser::expression() {
  const Depth guard(depth_);
  const std::size_t unknown = unknown_.size();
  NodePtr value = or_expression();
  while (take("if")) {
    NodePtr n = make(Type::kCondition);
    adopt(*n, or_expression());
    adopt(*n, std::move(value));
    if (take("else")) adopt(*n, expression());
    value = std::move(n);
    unknown_.resize(unknown);  // unknown names of this part are errors only when it runs
  }
  return value;
}

NodePtr Parser::or_expression() {
  NodePtr left = and_expression();
  while (take("or")) left = join(Type::kOr, std::move(left), and_expression());
  return left;
}
NodePtr Parser::and_expression() {
  NodePtr left = not_expression();
  while (take("and")) left = join(Type::kAnd, std::move(left), not_expression());
  return left;
}
NodePtr Parser::not_expression() {
  const Depth guard(depth_);
  if (take("not")) return join(Type::kNot, not_expression());
  return comparison();
}

NodePtr Parser::comparison() {
  static constexpr std::pair<const char*, Comparison> kOperators[] = {
      {"==", Comparison::kEqual},     {"!=", Comparison::kUnequal}, {"<", Comparison::kLess},
      {"<=", Comparison::kLessEqual}, {">", Comparison::kGreater},  {">=", Comparison::kGreaterEqual},
      {"in", Comparison::kIn}};
  NodePtr first = additive(), all;
  while (true) {
    auto op = std::find_if(std::begin(kOperators), std::end(kOperators), [&](const auto& o) { return is(o.first); });
    const bool not_in = is("not") && is("in", 1);
    if (op == std::end(kOperators) && !not_in) return all ? std::move(all) : std::move(first);
    if (!all) {
      all = make(Type::kCompare);
      adopt(*all, std::move(first));
    }
    token_ += not_in ? 2 : 1;
    all->comparisons.push_back(not_in ? Comparison::kNotIn : op->second);
    adopt(*all, additive());
  }
}

NodePtr Parser::arithmetic(Operator op, NodePtr left, NodePtr right, const Token& at) {
  NodePtr n = join(Type::kArithmetic, std::move(left), std::move(right));
  n->op = op;
  n->line = at.line, n->column = at.column;
  return n;
}

NodePtr Parser::additive() {
  NodePtr left = concatenation();
  while (is("+") || is("-")) {
    const Token at = tokens_[token_++];
    left = arithmetic(at.text == "+" ? Operator::kAdd : Operator::kSubtract, std::move(left), concatenation(), at);
  }
  return left;
}

NodePtr Parser::concatenation() {
  NodePtr left = multiplicative();
  if (!is("~")) return left;
  NodePtr all = join(Type::kConcatenation, std::move(left));
  while (take("~")) adopt(*all, multiplicative());
  return all;
}

NodePtr Parser::multiplicative() {
  static constexpr std::pair<const char*, Operator> kOperators[] = {
      {"*", Operator::kMultiply}, {"/", Operator::kDivide}, {"//", Operator::kFloorDivide}, {"%", Operator::kModulo}};
  NodePtr left = power();
  while (true) {
    const auto op =
        std::find_if(std::begin(kOperators), std::end(kOperators), [&](const auto& o) { return is(o.first); });
    if (op == std::end(kOperators)) return left;
    const Token at = tokens_[token_++];
    left = arithmetic(op->second, std::move(left), power(), at);
  }
}

NodePtr Parser::power() {  // ** binds to the left, as in Jinja
  NodePtr left = unary(true);
  while (is("**")) {
    const Token at = tokens_[token_++];
    left = arithmetic(Operator::kPower, std::move(left), unary(true), at);
  }
  return left;
}

NodePtr Parser::unary(bool filters) {
  const Depth guard(depth_);
  NodePtr value;
  if (is("-") || is("+")) {
    NodePtr n = make(is("-") ? Type::kNegative : Type::kPositive);
    ++token_;
    adopt(*n, unary(false));
    value = std::move(n);
  } else {
    value = primary();
  }
  value = postfix(std::move(value));
  return filters ? postfix_filters(std::move(value)) : std::move(value);
}

NodePtr Parser::postfix_filters(NodePtr value) {
  while (true) {
    if (is("|")) {
      value = filter(std::move(value));
    } else if (take("is")) {
      value = test(std::move(value));
    } else if (is("(")) {
      value = call(std::move(value));
    } else {
      return value;
    }
  }
}

std::string Parser::dotted_name() {
  std::string all = name();
  while (take(".")) all += "." + name();
  return all;
}

void Parser::know(Node& n, const Function* function, const char* what) {
  n.function = function;
  if (!function && !soft_)
    unknown_.push_back({std::string("no ") + what + " named '" + n.name + "'", n.line, n.column});
}

NodePtr Parser::filter(NodePtr value) {
  expect("|");
  NodePtr n = join(Type::kFilter, std::move(value));
  n->name = dotted_name();
  know(*n, find_filter(n->name), "filter");
  if (is("(")) arguments(*n);
  return n;
}

NodePtr Parser::test(NodePtr value) {
  const bool negated = take("not");
  NodePtr n = join(Type::kTest, std::move(value));
  n->name = dotted_name();
  n->flag = negated;
  know(*n, find_test(n->name), "test");
  const Token& t = peek();
  if (is("(")) {
    arguments(*n);
  } else if (t.kind == Kind::kString || t.kind == Kind::kInteger || t.kind == Kind::kFloat || is("[") || is("{") ||
             (t.kind == Kind::kName && !is("else") && !is("or") && !is("and"))) {
    if (is("is")) fail("you cannot chain multiple tests with is");
    adopt(*n, postfix(primary()));
  }
  return n;
}

NodePtr Parser::postfix(NodePtr value) {
  while (true) {
    if (take(".")) {
      NodePtr n;
      if (peek().kind == Kind::kInteger) {
        NodePtr index = primary();
        n = join(Type::kItem, std::move(value), std::move(index));
      } else {
        n = join(Type::kAttribute, std::move(value));
        n->literal = Value::text(name());
        n->function = find_string_method(n->literal.view());
      }
      value = std::move(n);
    } else if (is("[")) {
      value = subscript(std::move(value));
    } else if (is("(")) {
      value = call(std::move(value));
    } else {
      return value;
    }
  }
}

/// Parses an expression or a slice.
NodePtr Parser::subscript_part() {
  NodePtr parts[3];
  if (!is(":")) {
    parts[0] = expression();
    if (!is(":")) return std::move(parts[0]);
  }
  NodePtr n = make(Type::kSlice);
  for (int i = 1; i < 3 && take(":"); ++i) {
    if (!is(":") && !is("]") && !is(",")) parts[i] = expression();
  }
  for (NodePtr& part : parts) adopt(*n, part ? std::move(part) : literal(Value::none()));
  return n;
}

NodePtr Parser::subscript(NodePtr value) {
  NodePtr n = make(Type::kItem);
  expect("[");
  std::vector<NodePtr> parts;
  while (!take("]")) {
    if (!parts.empty()) expect(",");
    parts.push_back(subscript_part());
  }
  if (parts.size() == 1 && parts[0]->type == Type::kSlice) {
    NodePtr slice = make(Type::kSlice, *n);
    adopt(*slice, std::move(value));
    for (NodePtr& part : parts[0]->args) adopt(*slice, std::move(part));
    return slice;
  }
  adopt(*n, std::move(value));
  if (parts.size() == 1) {
    adopt(*n, std::move(parts[0]));
    return n;
  }
  NodePtr all = make(Type::kTuple);
  for (NodePtr& part : parts) {
    if (part->type == Type::kSlice) fail("a slice among several subscripts");
    adopt(*all, std::move(part));
  }
  adopt(*n, std::move(all));
  return n;
}

NodePtr Parser::call(NodePtr value) {
  NodePtr n = make(Type::kCall);
  if (value->type == Type::kName || value->type == Type::kAttribute) n->line = value->line, n->column = value->column;
  adopt(*n, std::move(value));
  arguments(*n);
  return n;
}

void Parser::arguments(Node& n) {
  expect("(");
  bool first = true;
  while (!take(")")) {
    if (!std::exchange(first, false)) {
      expect(",");
      if (take(")")) break;
    }
    const auto heightened = [&](NodePtr value) {
      n.height = std::max(n.height, value->height + 1);
      return value;
    };
    if (take("*")) {
      if (n.star || n.two_stars) fail("a second '*' or one after '**'");
      n.star = heightened(expression());
    } else if (take("**")) {
      if (n.two_stars) fail("a second '**'");
      n.two_stars = heightened(expression());
    } else if (peek().kind == Kind::kName && is("=", 1)) {
      if (n.two_stars) fail("an argument after '**'");
      std::string key = name();
      expect("=");
      for (const NamedNode& other : n.named) {
        if (other.key == key) fail("keyword argument repeated: " + key);
      }
      n.named.push_back({std::move(key), heightened(expression())});
    } else {
      if (n.star || n.two_stars || !n.named.empty()) fail("an argument without a name follows one with it");
      adopt(n, expression());
    }
  }
  if (n.height > kMaxHeight) fail_limit("an expression nests too deep");
}

NodePtr Parser::literal(Value value) const {
  NodePtr n = make(Type::kLiteral);
  n->literal = std::move(value);
  return n;
}

NodePtr Parser::primary() {
  const Token t = peek();
  NodePtr n = make(Type::kLiteral);
  switch (t.kind) {
    case Kind::kEnd: fail("the expression ends too early");
    case Kind::kString: {
      std::string text;
      while (peek().kind == Kind::kString) text += tokens_[token_++].text;
      n->literal = Value::text(std::move(text));
      return n;
    }
    case Kind::kInteger: {
      std::int64_t i = 0;
      read_integer(t.text, 10, i);
      ++token_;
      n->literal = Value::of(i);
      return n;
    }
    case Kind::kFloat: {
      double d = 0;
      read_float(t.text, d);
      ++token_;
      n->literal = Value::of(d);
      return n;
    }
    case Kind::kName:
      ++token_;
      if (t.text == "true" || t.text == "True") n->literal = Value::of(true);
      else if (t.text == "false" || t.text == "False") n->literal = Value::of(false);
      else if (t.text == "none" || t.text == "None") n->literal = Value::none();
      else n->type = Type::kName, n->id = id_of(t.text);
      caller_ = caller_ || t.text == "caller", varargs_ = varargs_ || t.text == "varargs",
      kwargs_ = kwargs_ || t.text == "kwargs";
      return n;
    case Kind::kOperator: break;
  }
  if (take("(")) {
    NodePtr inner = tuple(true, true);
    expect(")");
    return inner;
  }
  if (take("[")) return list();
  if (take("{")) return dict();
  fail("unexpected '" + t.text + "'");
}

NodePtr Parser::list() {
  NodePtr n = make(Type::kList);
  while (!take("]")) {
    if (!n->args.empty()) {
      expect(",");
      if (take("]")) break;
    }
    adopt(*n, expression());
  }
  return n;
}

NodePtr Parser::dict() {
  NodePtr n = make(Type::kDict);
  while (!take("}")) {
    if (!n->args.empty()) {
      expect(",");
      if (take("}")) break;
    }
    adopt(*n, expression());
    expect(":");
    adopt(*n, expression());
  }
  return n;
}

}  // namespace weft::jinja
