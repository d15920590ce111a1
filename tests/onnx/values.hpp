// Values of ONNX's dtypes in a graph of weft, and arithmetic with numpy's broadcasting over weft's primitives.
#pragma once

#include <string_view>
#include <vector>

#include "tests/onnx/host_tensor.hpp"
#include "weft/sdk/graph.hpp"

namespace weft::onnx {

struct Value {
  sdk::Graph* g = nullptr;
  sdk::Tensor tensor;
  Dtype dtype = Dtype::kF32;
  Dims dims;

  int64_t rank() const { return static_cast<int64_t>(dims.size()); }
  int64_t dim(int64_t axis) const { return dims.at(static_cast<std::size_t>(axis)); }
  /// The axis that ONNX names, where negative ones count from the end. Refused: others.
  int64_t axis(int64_t named) const;
  bool is_float() const { return onnx::is_float(dtype); }
};
using Values = std::vector<Value>;

/// The value of a tensor of the graph.
Value value(sdk::Graph& g, sdk::Tensor tensor, Dtype dtype);
Value constant(sdk::Graph& g, const HostTensor& tensor);
Value constant(sdk::Graph& g, std::vector<float> values, Dims dims);
Value constant(sdk::Graph& g, const std::vector<int64_t>& values, Dims dims, Dtype dtype = Dtype::kI64);
/// A scalar.
Value number(sdk::Graph& g, double v, Dtype dtype);
/// A scalar of the dtype of `like`.
Value scalar(const Value& like, double v);
/// `v` everywhere, of the dtype of `like`.
Value filled(const Value& like, double v, const Dims& dims);
/// 0, 1, 2... along an axis.
Value iota(sdk::Graph& g, const Dims& dims, int64_t axis, Dtype dtype = Dtype::kI64);

// Of one dtype, which is no float of 16 bits. u8 is computed in i32 and wraps around; bool counts as u8.
Value binary(std::string_view primitive, const Value& a, const Value& b);
Value operator+(const Value& a, const Value& b);
Value operator-(const Value& a, const Value& b);
Value operator*(const Value& a, const Value& b);
/// Of integers rounded down.
Value operator/(const Value& a, const Value& b);
Value operator+(const Value& a, double b);
Value operator-(const Value& a, double b);
Value operator*(const Value& a, double b);
Value operator/(const Value& a, double b);
Value operator-(const Value& a);
Value max(const Value& a, const Value& b);
Value min(const Value& a, const Value& b);
Value max(const Value& a, double b);
Value min(const Value& a, double b);

Value unary(std::string_view primitive, const Value& x);
Value compare(sdk::Compare kind, const Value& a, const Value& b);
Value compare(sdk::Compare kind, const Value& a, double b);
/// mask: bool.
Value select(const Value& mask, const Value& a, const Value& b);
Value logical_not(const Value& mask);
/// As ONNX's Cast: what is not 0 is true, and to f16 and bf16 ties go to the even one.
Value cast(const Value& x, Dtype dtype);
/// The same numbers under another dtype that weft stores alike.
Value renamed(Value x, Dtype dtype);

Value reshape(const Value& x, const Dims& dims);
Value transpose(const Value& x, const Dims& perm);
/// Axis `from` becomes axis `to`; the others keep their order.
Value move_axis(const Value& x, int64_t from, int64_t to);
Value flatten(const Value& x);  // [elements]
Value unsqueeze(const Value& x, int64_t axis);
/// To dims that numpy can broadcast x to.
Value expand(const Value& x, const Dims& dims);
Value concat(const Values& xs, int64_t axis);
Value slice(const Value& x, int64_t axis, int64_t start, int64_t size);
/// Entry i of an axis, which goes.
Value entry(const Value& x, int64_t axis, int64_t i);
Value pad(const Value& x, int64_t axis, int64_t before, int64_t after, double v = 0);
/// index: integers from 0; -1 gives 0.
Value gather(const Value& x, const Value& index, int64_t axis, int64_t batch = 0);
/// The entries of an axis that are named.
Value take(const Value& x, int64_t axis, const std::vector<int64_t>& entries);
Value reverse(const Value& x, int64_t axis);
/// x [N, ...] with the rows `index` [Q] set to (or increased by) update [Q, ...]; -1 drops a row.
Value scatter(const Value& x, const Value& index, const Value& update, bool add = false);

/// The axes stay, with size 1.
Value reduce(sdk::Reduce kind, const Value& x, const std::vector<int64_t>& axes);
Value sum(const Value& x, const std::vector<int64_t>& axes);
Value mean(const Value& x, const std::vector<int64_t>& axes);
/// The product along an axis, which stays with size 1.
Value product(const Value& x, int64_t axis);
/// a [..., M, K] by b [..., K, N], f32, as numpy's matmul.
Value matmul(const Value& a, const Value& b);

/// What numpy broadcasts both to. Refused where it does not.
Dims broadcast_dims(const Dims& a, const Dims& b);
int64_t product(const Dims& dims);
Dims strides(const Dims& dims);  // row-major
std::vector<int64_t> range(int64_t from, int64_t to);

}  // namespace weft::onnx
