// Results as safetensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weft/status.hpp"

namespace weft::app {

struct TensorData {
  std::string name;
  const char* dtype = "F32";  // as safetensors names it
  std::vector<int64_t> dims;
  std::span<const std::byte> bytes;
};

/// Writes tensors to a file, which is written whole or not at all.
Status write_tensors(const std::string& path, std::span<const TensorData> tensors);
/// Writes one f32 tensor [rows, columns].
Status write_tensor(const std::string& path, const std::string& name, std::span<const float> data, int64_t rows,
                    int64_t columns);

}  // namespace weft::app
