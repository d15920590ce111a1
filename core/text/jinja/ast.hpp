// The parsed template. Statements and expressions are one kind of node.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/text/jinja/value.hpp"

namespace weft::jinja {

enum class Type : std::uint8_t {
  // statements; children in `body`, `other`
  kBlock, kText, kOutput, kIf, kFor, kSet, kSetBlock, kWith, kScoped, kMacro, kCallBlock, kFilterBlock, kNamedBlock,
  kBreak, kContinue, kRefused,
  // expressions; operands in `args`
  kLiteral, kName, kHole, kList, kTuple, kDict, kAttribute, kItem, kSlice, kCall, kFilter, kTest,
  kNot, kNegative, kPositive, kArithmetic, kConcatenation, kCompare, kAnd, kOr, kCondition,
};

enum class Comparison : std::uint8_t { kEqual, kUnequal, kLess, kLessEqual, kGreater, kGreaterEqual, kIn, kNotIn };

using NodePtr = std::unique_ptr<Node>;
using Id = std::uint32_t;  // of a name

/// What for, set and with assign to: a name, an attribute of a namespace, or several targets.
struct Target {
  Id id = 0;
  std::string attribute;
  bool many = false;
  std::vector<Target> parts;  // where there are several
};

struct NamedNode {
  std::string key;
  NodePtr value;
};

struct Node {
  Type type = Type::kBlock;
  Operator op{};
  bool flag = false;             // kTest: "is not"; kFor: recursive; kBlock: scoped
  int line = 0, column = 0;
  Id id = 0;         // of a name or a macro
  std::string name;  // of a filter, test, macro or block; of kRefused: the message
  Value literal;     // also the text of kText and the name of an attribute
  /// kFilter and kTest: the function; null: it is unknown, which is an error when the node runs. kAttribute: the method
  /// that strings have of this name.
  const Function* function = nullptr;
  std::vector<NodePtr> args;     // operands; conditions of if; iterable and filter of for
  std::vector<NamedNode> named;  // keyword arguments; defaults of parameters
  std::vector<Id> parameters;    // of a macro: one name for each of `named`
  NodePtr star, two_stars;       // of a call: *args and **kwargs
  std::vector<Comparison> comparisons;  // one less than `args`
  std::vector<Target> targets;   // kFor and kSet: one; kWith: several
  std::vector<NodePtr> body, other;  // kIf: kBlock nodes, one for each condition; other: the else
  bool takes_caller = false, takes_varargs = false, takes_kwargs = false;  // of a macro
  int height = 1;                // the height of an expression's tree
};

struct Program {
  NodePtr root;
  std::vector<std::string> names;  // by Id
  Id caller = 0, varargs = 0, kwargs = 0, loop = 0;
};

/// Parses a template; throws Failure. Nesting is limited, so that no input exhausts the stack.
Program parse(std::string_view source);

}  // namespace weft::jinja
