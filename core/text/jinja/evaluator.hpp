// Runs a parsed template: statements in statements.cpp, expressions in expressions.cpp, calls in calls.cpp.
#pragma once

#include "core/text/jinja/ast.hpp"
#include "core/text/jinja/functions.hpp"
#include "core/text/jinja/template.hpp"

namespace weft::jinja {

/// The names of one block; what it does not have, its parent may. The outermost names are in no scope.
struct Scope {
  std::vector<std::pair<Id, Value>> names;
  std::shared_ptr<Scope> parent;
};

/// A macro, or the body of a call block.
struct Macro {
  const Node* node;
  std::shared_ptr<Scope> scope;  // it was made in
};

/// What `loop` is.
struct Loop {
  const Node* node;
  std::shared_ptr<Scope> parent;
  std::shared_ptr<const List> items;
  std::int64_t depth;
  std::size_t at = 0;
  bool runs = true;
  Value before;  // what changed() was last given
};

class Evaluator {
 public:
  Evaluator(const Program& program, const Json& context, const TemplateLimits& limits);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// Throws Failure with the place that failed.
  Text run();

 private:
  enum class Flow { kNext, kBreak, kContinue };
  struct Deeper;
  struct Inner;

  Value text(Text s) { return Value::text(meter_, std::move(s)); }
  void write(const Text& text);
  void write(const Value& v);

  // --- names
  const Value* find_name(Id id) const;
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
  std::vector<std::shared_ptr<Namespace>> spaces_;  // these and
  std::vector<std::shared_ptr<Scope>> captured_;    // those may hold themselves
  Text out_;
  Value hole_;  // what the filters of a block apply to
  int depth_ = 0;
};

}  // namespace weft::jinja
