// Functions that checkpoints name by their classes in torch.nn.
#pragma once

#include <string>

#include "core/base/json.hpp"
#include "weft/status.hpp"

namespace weft {

using Activation = double (*)(double);

/// The function that `name` ("torch.nn.modules.activation.Tanh") stands for. UNIMPLEMENTED: `where` and `key` say which
/// name it is.
Result<Activation> activation_of(const Json& name, const std::string& where, const char* key);

}  // namespace weft
