#include "tests/conformance/array.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "weft/sdk/value_dtype.hpp"

namespace weft::conformance {
namespace {

Array checked(Array a) {
  EXPECT_EQ(static_cast<int64_t>(a.size()), elements(a.dims)) << "values of an array of the test";
  return a;
}

double number(const Array& a, std::size_t i) {
  return std::visit([&](const auto& v) { return static_cast<double>(v[i]); }, a.values);
}

bool near(double got, double expected, double rel) {
  if (std::isnan(got) || std::isnan(expected)) return std::isnan(got) && std::isnan(expected);
  if (got == expected) return true;
  if (std::isinf(got) || std::isinf(expected)) return false;
  return std::abs(got - expected) <= rel * std::max(1.0, std::abs(expected));
}

}  // namespace

uint32_t Array::dtype() const {
  constexpr uint32_t kDtypes[] = {WEFT_F32, WEFT_I32, WEFT_U8, WEFT_F16, WEFT_BF16};
  return kDtypes[values.index()];
}
std::size_t Array::size() const {
  return std::visit([](const auto& v) { return v.size(); }, values);
}
std::size_t Array::bytes() const { return size() * sdk::element_bytes(dtype()); }
const void* Array::data() const {
  return std::visit([](const auto& v) { return static_cast<const void*>(v.data()); }, values);
}
void* Array::data() {
  return std::visit([](auto& v) { return static_cast<void*>(v.data()); }, values);
}

Array f32(Dims dims, Floats values) { return checked({std::move(dims), std::move(values)}); }
Array i32(Dims dims, Ints values) { return checked({std::move(dims), std::move(values)}); }
Array u8(Dims dims, Mask values) { return checked({std::move(dims), std::move(values)}); }
Array f16(Dims dims, const Floats& values) {
  return checked({std::move(dims), std::vector<sdk::F16>(values.begin(), values.end())});
}
Array bf16(Dims dims, const Floats& values) {
  return checked({std::move(dims), std::vector<sdk::Bf16>(values.begin(), values.end())});
}

Array zeros(uint32_t dtype, Dims dims) {
  const auto n = static_cast<std::size_t>(elements(dims));
  if (dtype == WEFT_F32) return {std::move(dims), Floats(n)};
  if (dtype == WEFT_I32) return {std::move(dims), Ints(n)};
  if (dtype == WEFT_F16) return {std::move(dims), std::vector<sdk::F16>(n)};
  if (dtype == WEFT_BF16) return {std::move(dims), std::vector<sdk::Bf16>(n)};
  return {std::move(dims), Mask(n)};
}

Array random(Dims dims, uint32_t seed, float low, float high) {
  std::mt19937 bits(seed);
  Floats v(static_cast<std::size_t>(elements(dims)));
  for (float& x : v) x = low + (high - low) * static_cast<float>(bits() >> 8) * 0x1p-24f;
  return {std::move(dims), std::move(v)};
}

Array random_i32(Dims dims, uint32_t seed, int32_t low, int32_t high) {
  std::mt19937 bits(seed);
  Ints v(static_cast<std::size_t>(elements(dims)));
  for (int32_t& x : v) x = low + static_cast<int32_t>(bits() % (static_cast<uint32_t>(high - low) + 1));
  return {std::move(dims), std::move(v)};
}

int64_t elements(const Dims& dims) {
  int64_t n = 1;
  for (int64_t d : dims) n *= d;
  return n;
}

void each_index(const Dims& dims, const std::function<void(const Dims& index)>& visit) {
  for (int64_t n = 0, total = elements(dims); n < total; ++n) {
    Dims index(dims.size());
    int64_t rest = n;
    for (std::size_t i = dims.size(); i-- > 0; rest /= dims[i]) index[i] = rest % dims[i];
    visit(index);
  }
}

std::size_t offset(const Dims& dims, const Dims& index) {
  int64_t at = 0;
  for (std::size_t i = 0; i < dims.size(); ++i) at = at * dims[i] + (dims[i] == 1 ? 0 : index[i]);
  return static_cast<std::size_t>(at);
}

testing::AssertionResult same(const Array& got, const Array& expected) { return close(got, expected, 0); }

testing::AssertionResult close(const Array& got, const Array& expected, double rel) {
  if (got.dtype() != expected.dtype() || got.dims != expected.dims) {
    return testing::AssertionFailure() << "got " << testing::PrintToString(got) << ", expected "
                                       << testing::PrintToString(expected);
  }
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (near(number(got, i), number(expected, i), rel)) continue;
    return testing::AssertionFailure() << "element " << i << " of " << got.size() << " is " << number(got, i)
                                       << ", expected " << number(expected, i) << "; got "
                                       << testing::PrintToString(got) << ", expected "
                                       << testing::PrintToString(expected);
  }
  return testing::AssertionSuccess();
}

void PrintTo(const Array& array, std::ostream* out) {
  *out << sdk::value_dtype(array.dtype()).name << '[';
  for (std::size_t i = 0; i < array.dims.size(); ++i) *out << (i ? "," : "") << array.dims[i];
  *out << "] {";
  constexpr std::size_t kMost = 32;
  for (std::size_t i = 0; i < std::min(array.size(), kMost); ++i) *out << (i ? ", " : "") << number(array, i);
  *out << (array.size() > kMost ? ", ...}" : "}");
}

}  // namespace weft::conformance
