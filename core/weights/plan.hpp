// Where each parameter of a blueprint comes from: the plan that a converter writes, once it has been checked.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/graph/params.hpp"
#include "core/weights/checkpoint.hpp"
#include "core/weights/quantised.hpp"
#include "weft/abi/converter.h"

namespace weft {

/// A value in the plan: a stored tensor, or an operation on other values.
struct Expression {
  uint32_t op = WEFT_X_STORED;
  uint32_t stored = WEFT_NONE, axis = 0;
  std::vector<int64_t> arg;
  double scalar = 0;
  std::vector<int64_t> dims;  // of the result
  uint32_t depth = 1;         // how many operations the longest way to a stored tensor has
  std::vector<std::shared_ptr<const Expression>> in;
  std::shared_ptr<const QuantisedTensor> quantised;  // of WEFT_X_DEQUANT, whose operands are stored tensors; else null
};

struct Plan {
  /// Why a tensor is ignored that only allow_unused lets pass.
  static constexpr const char* kAllowed = "no parameter takes it, which the host allows";
  static constexpr const char* kElsewhere = "a parameter of another graph takes it";
  std::vector<std::shared_ptr<const Expression>> values;   // one for each parameter; tied ones share it
  std::vector<uint32_t> tied_to;                           // the parameter that it is one with, or itself
  std::map<uint32_t, std::string> ignored;                 // stored tensor -> why it is ignored
};

/// Asks the converter for a plan and checks it before a byte is read: every parameter is mapped once or tied, every
/// stored tensor is used or ignored, and every shape is what the blueprint declares. `allow_unused`: tensors without a
/// use are ignored too. `further`, asked where tensors have no use: the parameters of graphs that are not wanted, for
/// which tensors need not be there; tensors that these alone take are ignored.
Result<Plan> make_plan(const Checkpoint& checkpoint, const Interface& converter, const weft_json& config,
                       const std::vector<ParamDecl>& params, bool allow_unused = false,
                       const std::function<Result<std::vector<ParamDecl>>()>& further = {});

}  // namespace weft
