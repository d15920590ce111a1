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
  kBlock, kText, kOutput, kIf, kFor, kSet, kSetBlock, kMacro, kBreak, kContinue,
  // expressions; operands in `args`
  kLiteral, kName, kList, kDict, kAttribute, kItem, kSlice, kCall, kFilter, kTest,
  kUnary, kBinary, kAnd, kOr, kCondition,
};

using NodePtr = std::unique_ptr<Node>;

struct Node {
  Type type = Type::kBlock;
  int line = 0;
  std::string name;                                 // of a name, attribute, filter, test, operator, macro; text
  Value literal;
  std::vector<NodePtr> args;                        // operands; condition of if; iterable and filter of for
  std::vector<std::pair<std::string, NodePtr>> named;  // keyword arguments; macro parameters
  std::vector<std::string> targets;                 // of for and set
  std::vector<NodePtr> body, other;                 // other: else
  bool negated = false;                             // is not
};

/// Throws Failure. Nesting is capped, so that no input exhausts the stack.
NodePtr parse(std::string_view source);

}  // namespace weft::jinja
