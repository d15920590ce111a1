// Weights that are a function of their name, index and a seed: tests/golden/families.py (`values`) computes the same.
#pragma once

#include <string>
#include <vector>

#include "core/base/json.hpp"

namespace weft::test {

struct Values {
  std::vector<int64_t> dims;
  std::vector<float> f32;
  std::string bytes;         // of what is no f32
  std::string dtype = "U8";  // of the bytes, as safetensors names it
  uint32_t ggml = 0;         // the same as GGUF numbers it; 0: they are f32
};

/// A type of blocks that GGUF files have: where a block has its scale, and what is taken off or added (-1: nothing).
struct GgmlType {
  const char* name;
  uint32_t id;
  std::size_t values, bytes;
  int scale, other;
};

/// Of a tensor whose values are stored in one; null: they are not.
const GgmlType* ggml_type(const Json& spec);

/// spec: [name, dims, mean, scale] or [name, dims, .., .., kind]. `bf16`: f32 are rounded to it.
Values values_of(const Json& spec, uint64_t seed, bool bf16);

}  // namespace weft::test
