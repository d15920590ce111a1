// Quantised tensors of u8.
#include "tests/onnx/ops.hpp"

namespace weft::onnx {
namespace {

/// A scale or a zero point: one, one for each entry of an axis, or one for each block of entries.
Value along(const Node& n, const Value& of, const Value& x) {
  if (product(of.dims) == 1) return reshape(of, {});
  const int64_t axis = x.axis(n.integer("axis", 1)), block = n.integer("block_size", 0);
  if (block == 0) {
    Dims dims(static_cast<std::size_t>(x.rank()), 1);
    dims[static_cast<std::size_t>(axis)] = x.dim(axis);
    return reshape(of, dims);
  }
  std::vector<int64_t> entries;
  for (int64_t i = 0; i < x.dim(axis); ++i) entries.push_back(i / block);
  return take(of, axis, entries);
}

Value quantized(const Value& x, const Value& zero) {
  return cast(unary("round", x) + cast(zero, Dtype::kF32), zero.dtype);
}

Values quantize(const Node& n) {
  const Value x = cast(n.in(0), Dtype::kF32);
  const Value scale = along(n, n.in(1), x);
  const Value zero = n.has(2) ? along(n, n.in(2), x) : number(n.g(), 0, Dtype::kU8);
  return {quantized(x / scale, zero)};
}

Values dequantize(const Node& n) {
  const Value x = cast(n.in(0), Dtype::kF32), scale = along(n, n.in(1), x);
  return {n.has(2) ? (x - cast(along(n, n.in(2), x), Dtype::kF32)) * scale : x * scale};
}

Values dynamic_quantize(const Node& n) {
  const Value x = n.in(0);
  const Value low = min(reduce(sdk::Reduce::kMin, flatten(x), {0}), 0),
              high = max(reduce(sdk::Reduce::kMax, flatten(x), {0}), 0);
  const Value scale = reshape((high - low) / 255.0, {});
  const Value zero = cast(unary("round", -reshape(low, {}) / scale), Dtype::kU8);
  return {quantized(x / scale, zero), scale, zero};
}

/// x - its zero point, in f32, where sums of products stay exact below 2^24.
Value without_zero(const Node& n, std::size_t x, std::size_t zero) {
  const Value y = cast(n.in(x), Dtype::kF32);
  return n.has(zero) ? y - cast(n.in(zero), Dtype::kF32) : y;
}

Values matmul_integer(const Node& n) {
  return {cast(matmul(without_zero(n, 0, 2), without_zero(n, 1, 3)), Dtype::kI32)};
}

Value convolved_by(const Node& n, const Value& x, const Value& w) {
  return convolved(x, w, windows_of(n, spatial_of(x), spatial_of(w)), n.integer("group", 1));
}

/// w [O, ...] - its zero point, which is one for all or one for each of O.
Value kernel_without_zero(const Node& n, std::size_t w, std::size_t zero) {
  if (!n.has(zero) || n.in(zero).rank() == 0) return without_zero(n, w, zero);
  const Value y = cast(n.in(w), Dtype::kF32);
  Dims dims(static_cast<std::size_t>(y.rank()), 1);
  dims[0] = product(n.in(zero).dims);
  return y - reshape(cast(n.in(zero), Dtype::kF32), dims);
}

Values conv_integer(const Node& n) {
  return {cast(convolved_by(n, without_zero(n, 0, 2), kernel_without_zero(n, 1, 3)), Dtype::kI32)};
}

Values quantized_matmul(const Node& n) {
  const Value y = matmul(without_zero(n, 0, 2), without_zero(n, 3, 5)) * (n.in(1) * n.in(4) / n.in(6));
  return {quantized(y, n.in(7))};
}

Values quantized_conv(const Node& n) {
  Value y = convolved_by(n, without_zero(n, 0, 2), kernel_without_zero(n, 3, 5));
  if (n.has(8)) y = y + of_channels(cast(n.in(8), Dtype::kF32), y);
  const Value scale = n.in(1) * n.in(4) / n.in(6);
  return {quantized(y * (scale.rank() == 1 ? of_channels(scale, y) : scale), n.in(7))};
}

}  // namespace

const Ops kQuantisation = {
    {"QuantizeLinear", quantize},
    {"DequantizeLinear", dequantize},
    {"DynamicQuantizeLinear", dynamic_quantize},
    {"MatMulInteger", matmul_integer},
    {"ConvInteger", conv_integer},
    {"QLinearMatMul", quantized_matmul},
    {"QLinearConv", quantized_conv},
};

}  // namespace weft::onnx
