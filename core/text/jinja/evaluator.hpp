// Runs a parsed template. Statements are in statements.cpp, expressions in expressions.cpp, calls in calls.cpp.
#pragma once

#include "core/text/jinja/ast.hpp"
#include "core/text/jinja/functions.hpp"
#include "core/text/jinja/template.hpp"

namespace weft::jinja {

/// The names of one block. A name that it lacks is looked up in its parent. The outermost names are not in a scope.
struct Scope {
  std::vector<std::pair<Id, Value>> names;
  std::shared_ptr<Scope> parent;
};

/// A macro, or the body of a call block.
struct Macro {
  const Node* node;
  std::shared_ptr<Scope> scope;  // the scope it was made in
};

/// What a template sees as `loop`.
struct Loop {
  const Node* node;
  std::shared_ptr<Scope> parent;
  std::shared_ptr<const List> items;
  std::int64_t depth;
  std::size_t at = 0;
  bool runs = true;
  Value before;  // the last arguments of changed()
};

class Evaluator {
 public:
  Evaluator(const Program& program, const Json& context, const TemplateLimits& limits);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// Renders the template. Throws Failure with the place in the template.
  Text run();

 private:
  enum class Flow { kNext, kBreak, kContinue };
  struct Deeper;
  struct Inner;

  Value text(Text s) { return Value::text(meter_, std::move(s)); }
  void write(const Text& text);
  void write(const Value& v);

  // --- names
  const Value* find_name(Id id);
  void set_name(Id id, Value v);
  void assign(const Target& target, const Value& v);

  // --- statements
  Flow block(const std::vector<NodePtr>& nodes);
  Flow statement(const Node& n);
  Flow execute(const Node& n);
  Flow captured(const std::vector<NodePtr>& nodes, const std::shared_ptr<Scope>& parent, Text& out);
  Flow conditional(const Node& n);
  Flow with(const Node& n);
  Flow set_block(const Node& n);
  Flow loop(const Node& n, const Value& over, std::int64_t depth, std::shared_ptr<Scope> parent);
  std::shared_ptr<const List> items_of(const Node& n, const Value& over);
  Value macro(const Node& n);

  // --- expressions
  Value eval(const Node& n);
  Value evaluate(const Node& n);
  Value name(Id id);
  Value list(const Node& n);
  Value dict(const Node& n);
  Value concatenation(const Node& n);
  Value compare(const Node& n);
  bool holds(Comparison op, const Value& a, const Value& b);
  Value applied(const Node& n);
  Value test(const Node& n);

  // --- calls
  Arguments arguments(const Node& n);
  Value call(const Node& n, const Value* caller);
  Value call_value(const Value& f, const Node& n, Arguments args);
  Value call_loop(Loop& loop, std::string_view method, const Arguments& args);
  Value recurse(const Loop& loop, const Arguments& args);
  Value call_macro(const Macro& macro, const Arguments& args);
  void bind(const Node& n, const Arguments& args, const std::string& what);

  const Program& program_;
  Meter meter_;
  std::vector<Value> globals_;  // by Id
  std::shared_ptr<Scope> scope_;
  std::vector<std::shared_ptr<Namespace>> spaces_;  // what these and
  std::vector<std::shared_ptr<Scope>> captured_;    // these hold may form cycles, so that they are cleared at the end
  Text out_;
  Value hole_;  // the value that the filters of a block apply to
  int depth_ = 0;
};

}  // namespace weft::jinja
