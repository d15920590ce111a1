// How long the header of a weight file is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "weft/status.hpp"

namespace weft::hub {

/// How much of a weight file is read for its header: at first, and at most.
constexpr uint64_t kFirstOfHeader = 512 << 10, kMostOfHeader = 160u << 20;

/// How many bytes the header takes, that is, where tensors begin; nothing while `start` is too short to say.
Result<std::optional<uint64_t>> safetensors_header(std::string_view start);
Result<std::optional<uint64_t>> gguf_header(std::string_view start);

using HeaderLength = Result<std::optional<uint64_t>> (*)(std::string_view start);
/// The function for a file of this name; null for files of another kind.
HeaderLength header_length(std::string_view path);

}  // namespace weft::hub
