// Weights that are a function of their name, their index and a seed; tests/golden/families.py (`values`) computes the
// same.
#pragma once

#include <string>
#include <vector>

#include "core/base/json.hpp"

namespace weft::test {

struct Values {
  std::vector<int64_t> dims;
  std::vector<float> f32;
  std::string bytes;         // the stored values where they are not f32
  std::string dtype = "U8";  // the dtype of `bytes` as safetensors names it
  uint32_t ggml = 0;         // the type as GGUF numbers it; 0 is f32
};

/// A type of blocks of GGUF files. `scale` and `other` are where a block has its f16 scale, and its second f16 number,
/// which gives what is added or taken off; -1: it has none.
struct GgmlType {
  const char* name;
  uint32_t id;
  std::size_t values, bytes;
  int scale, other;
};

/// The type of a tensor that is stored in blocks; null for other tensors.
const GgmlType* ggml_type(const Json& spec);

/// The values of a tensor that `spec` describes: [name, dims, mean, scale] or [name, dims, .., .., kind]. `bf16`: f32
/// values are rounded to bf16.
Values values_of(const Json& spec, uint64_t seed, bool bf16);

}  // namespace weft::test
