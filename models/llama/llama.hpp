// The llama family: llama 1, 2, 3, 3.1, 3.2, SmolLM2 and others of model_type "llama"; mistral.
#pragma once

#include <memory>

#include "weft/sdk/architecture.hpp"

namespace weft::llama {

std::unique_ptr<sdk::Model> make_llama(const sdk::Json& config, int64_t context);
std::unique_ptr<sdk::Model> make_mistral(const sdk::Json& config, int64_t context);

}  // namespace weft::llama
