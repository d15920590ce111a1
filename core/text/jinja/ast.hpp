// The parsed template: statements and expressions as one kind of node.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/text/jinja/value.hpp"

namespace weft::jinja {

enum class Type {
  // statements; children in `body`, `other`
  kBlock, kText, kOutput, kIf, kFor, kSet, kSetBlock, kWith, kMacro, kCallBlock, kFilterBlock, kBreak, kContinue,
  // expressions; operands in `args`
  kLiteral, kName, kList, kTuple, kDict, kAttribute, kItem, kSlice, kCall, kFilter, kTest,
  kUnary, kBinary, kCompare, kAnd, kOr, kCondition,
};

using NodePtr = std::unique_ptr<Node>;

/// What for and set assign to: a name, an attribute of a namespace, or several targets.
struct Target {
  std::string name, attribute;
  std::vector<Target> parts;  // when not empty, the others are
};

struct Node {
  Type type = Type::kBlock;
  int line = 0;
  std::string name;                  // of a name, attribute, filter, test, operator, macro; text
  Value literal;
  std::vector<NodePtr> args;         // operands; conditions of if; iterable and filter of for
  std::vector<std::pair<std::string, NodePtr>> named;  // keyword arguments; macro parameters; with
  std::vector<std::string> operators;  // kCompare: one less than args
  std::vector<Target> targets;       // one, of for and set
  std::vector<NodePtr> body, other;  // if: kBlock nodes, one a condition; other: else
  bool flag = false;                 // test: is not; for: recursive; macro: uses caller, varargs or kwargs
  int height = 1;                    // of an expression's tree
};

/// Throws Failure. Nesting is capped, so that no input exhausts the stack.
NodePtr parse(std::string_view source);

}  // namespace weft::jinja
