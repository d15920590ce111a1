// Host arrays as the tests of this folder write them, and how results are compared.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <ostream>
#include <variant>
#include <vector>

#include "core/graph/graph.hpp"
#include "weft/sdk/half.hpp"

namespace weft::conformance {

using Floats = std::vector<float>;
using Ints = std::vector<int32_t>;
using Mask = std::vector<uint8_t>;

/// An array in host memory: dense row-major values, as many as the product of its dims.
struct Array {
  Dims dims;
  std::variant<Floats, Ints, Mask, std::vector<sdk::F16>, std::vector<sdk::Bf16>> values;

  uint32_t dtype() const;
  std::size_t size() const;
  std::size_t bytes() const;
  const void* data() const;
  void* data();
  const Floats& f() const { return std::get<Floats>(values); }
  const Ints& i() const { return std::get<Ints>(values); }
  bool operator==(const Array&) const = default;
};

Array f32(Dims dims, Floats values);
Array i32(Dims dims, Ints values);
Array u8(Dims dims, Mask values);
Array f16(Dims dims, const Floats& values);
Array bf16(Dims dims, const Floats& values);
/// Zeros of a dtype that values have.
Array zeros(uint32_t dtype, Dims dims);
/// f32 in [low, high), the same for the same seed.
Array random(Dims dims, uint32_t seed, float low = -1, float high = 1);
Array random_i32(Dims dims, uint32_t seed, int32_t low, int32_t high);  // in [low, high]

int64_t elements(const Dims& dims);
/// visit(index) for each index of `dims`, the last axis fastest.
void each_index(const Dims& dims, const std::function<void(const Dims& index)>& visit);
/// The position of the element `index` among the row-major values of an array of shape `dims`. An axis of size 1 takes
/// any index, as broadcasting does.
std::size_t offset(const Dims& dims, const Dims& index);

/// Success where dims, dtype and values are equal; NaN equals NaN, and -0 equals 0.
testing::AssertionResult same(const Array& got, const Array& expected);
/// As `same`, but a value may differ from the expected one by `rel` times the larger of 1 and the expected size.
testing::AssertionResult close(const Array& got, const Array& expected, double rel = 1e-5);

void PrintTo(const Array& array, std::ostream* out);

}  // namespace weft::conformance
