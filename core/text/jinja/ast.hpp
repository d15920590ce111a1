// The parsed template: statements and expressions as one kind of node.
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
  std::vector<Target> parts;  // of many
};

struct NamedNode {
  std::string key;
  NodePtr value;
};

struct Node {
  Type type = Type::kBlock;
  Operator op{};
  bool flag = false;             // test: is not; for: recursive; scoped block
  int line = 0, column = 0;
  Id id = 0;                     // of a name, a macro
  std::string name;              // of a filter, test, macro, block; what refuses
  Value literal;                 // also the text of kText, the name of an attribute
  const Function* function = nullptr;  // filter, test; null: unknown, an error when run. Attribute: the method, if of a string
  std::vector<NodePtr> args;     // operands; conditions of if; iterable and filter of for
  std::vector<NamedNode> named;  // keyword arguments; defaults of parameters
  std::vector<Id> parameters;    // of a macro, a name each of `named`
  NodePtr star, two_stars;       // of a call: *args and **kwargs
  std::vector<Comparison> comparisons;  // one less than args
  std::vector<Target> targets;   // one, of for and set; several of with
  std::vector<NodePtr> body, other;  // if: kBlock nodes, one a condition; other: else
  bool takes_caller = false, takes_varargs = false, takes_kwargs = false;  // of a macro
  int height = 1;                // of an expression's tree
};

struct Program {
  NodePtr root;
  std::vector<std::string> names;  // by Id
  Id caller = 0, varargs = 0, kwargs = 0, loop = 0;
};

/// Throws Failure. Nesting is capped, so that no input exhausts the stack.
Program parse(std::string_view source);

}  // namespace weft::jinja
