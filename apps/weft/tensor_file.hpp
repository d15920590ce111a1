// Results as safetensors.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "weft/status.hpp"

namespace weft::app {

/// Writes one f32 tensor [rows, columns] to a file, which is written whole or not at all.
Status write_tensor(const std::string& path, const std::string& name, std::span<const float> data, int64_t rows,
                    int64_t columns);

}  // namespace weft::app
