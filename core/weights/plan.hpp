// Where each parameter of a blueprint comes from: the plan a converter writes, checked.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/graph/params.hpp"
#include "core/weights/checkpoint.hpp"
#include "core/weights/quantised.hpp"
#include "weft/abi/converter.h"

namespace weft {

/// A value of the plan: a stored tensor, or an operation on others.
struct Expression {
  uint32_t op = WEFT_X_STORED;
  uint32_t stored = WEFT_NONE, axis = 0;
  std::vector<int64_t> arg;
  double scalar = 0;
  std::vector<int64_t> dims;  // of the result
  uint32_t depth = 1;         // operations on the longest way to a stored tensor
  std::vector<std::shared_ptr<const Expression>> in;
  std::shared_ptr<const QuantisedTensor> quantised;  // of WEFT_X_DEQUANT, whose operands are stored
};

struct Plan {
  std::vector<std::shared_ptr<const Expression>> values;   // one a parameter; of tied ones, shared
  std::vector<uint32_t> tied_to;                           // the parameter it is one with, or itself
  std::map<uint32_t, std::string> ignored;                 // stored tensor -> why
};

/// Asks the converter for a plan and checks it before a byte is read: every parameter mapped once or
/// tied, every stored tensor used or ignored, every shape as the blueprint declares it.
Result<Plan> make_plan(const Checkpoint& checkpoint, const Interface& converter, const weft_json& config,
                       const std::vector<ParamDecl>& params);

}  // namespace weft
