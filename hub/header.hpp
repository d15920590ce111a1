// How long the header of a weight file is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "weft/status.hpp"

namespace weft::hub {

/// Bytes up to where tensors begin, from the start of the file; nothing while `start` is too short to say.
Result<std::optional<uint64_t>> safetensors_header(std::string_view start);
Result<std::optional<uint64_t>> gguf_header(std::string_view start);

}  // namespace weft::hub
