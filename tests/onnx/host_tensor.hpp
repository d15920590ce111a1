// Tensors of ONNX in host memory, with ONNX's dtypes.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/conformance/array.hpp"

namespace weft::onnx {

using conformance::Array;

/// ONNX's dtypes that weft has values for: i64 is i32 where the values fit, bool is u8 of 0 and 1.
enum class Dtype { kF32, kF16, kBf16, kI32, kI64, kU8, kBool };

const char* name_of(Dtype dtype);
/// The dtype of this name in cases.json. Refused: others.
Dtype dtype_of(const std::string& name);
/// The dtype of this number in ONNX's TensorProto.DataType. Refused: others.
Dtype dtype_of_number(int64_t number);
/// The dtype of weft's values.
uint32_t stored_as(Dtype dtype);
bool is_float(Dtype dtype);
/// What ops compute in: f32 for floats of 16 bits, the same dtype for others.
Dtype computed_in(Dtype dtype);

/// Why a case is not run: the key of a line in reasons.txt.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Values, dense and row-major: of floats in `floats`, of the other dtypes in `integers`.
struct HostTensor {
  Dtype dtype = Dtype::kF32;
  Dims dims;
  std::vector<float> floats;
  std::vector<int64_t> integers;

  /// As weft has it. Refused: an i64 that i32 does not hold.
  Array array() const;
  /// Whether `array` gives one.
  bool fits() const;
};

/// The array, whose dtype is stored_as(dtype), as a tensor of ONNX.
HostTensor host_tensor(Dtype dtype, const Array& array);

}  // namespace weft::onnx
