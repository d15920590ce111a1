#include "tests/onnx/values.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace weft::onnx {
namespace {

Value same_dims(const Value& x, sdk::Tensor tensor, Dtype dtype) { return {x.g, tensor, dtype, x.dims}; }

Value of_rank(const Value& x, int64_t rank) {
  if (x.rank() == rank) return x;
  Dims dims(static_cast<std::size_t>(rank - x.rank()), 1);
  dims.insert(dims.end(), x.dims.begin(), x.dims.end());
  return reshape(x, dims);
}

bool is_small(const Value& x) { return stored_as(x.dtype) == WEFT_U8; }
Value widened(const Value& x) { return same_dims(x, x.g->cast(x.tensor, WEFT_I32), Dtype::kI32); }

/// The low byte of each i32, as the u8 or bool that `like` is.
Value narrowed(const Value& x, Dtype dtype) {
  const Value low = x - x / 256.0 * 256.0;
  return same_dims(x, x.g->cast(low.tensor, WEFT_U8), dtype);
}

}  // namespace

int64_t Value::axis(int64_t named) const {
  const int64_t a = named < 0 ? named + rank() : named;
  if (a < 0 || a >= rank()) throw Refused("axis " + std::to_string(named) + " of rank " + std::to_string(rank()));
  return a;
}

int64_t product(const Dims& dims) { return conformance::elements(dims); }

Dims strides(const Dims& dims) {
  Dims s(dims.size(), 1);
  for (std::size_t i = dims.size(); i-- > 1;) s[i - 1] = s[i] * dims[i];
  return s;
}

std::vector<int64_t> range(int64_t from, int64_t to) {
  std::vector<int64_t> r(static_cast<std::size_t>(std::max<int64_t>(0, to - from)));
  std::iota(r.begin(), r.end(), from);
  return r;
}

Dims broadcast_dims(const Dims& a, const Dims& b) {
  if (a.size() < b.size()) return broadcast_dims(b, a);
  Dims dims = a;
  for (std::size_t i = 0; i < b.size(); ++i) {
    int64_t& d = dims[a.size() - b.size() + i];
    if (d == 1) d = b[i];
    if (b[i] != 1 && b[i] != d) throw Refused("dims that do not broadcast");
  }
  return dims;
}

Value value(sdk::Graph& g, sdk::Tensor tensor, Dtype dtype) { return {&g, tensor, dtype, g.dims(tensor)}; }

Value constant(sdk::Graph& g, std::vector<float> values, Dims dims) {
  const sdk::Tensor t = g.constant(values, dims);
  return {&g, t, Dtype::kF32, std::move(dims)};
}

Value constant(sdk::Graph& g, const std::vector<int64_t>& values, Dims dims, Dtype dtype) {
  return constant(g, HostTensor{.dtype = dtype, .dims = std::move(dims), .floats = {}, .integers = values});
}

Value constant(sdk::Graph& g, const HostTensor& t) {
  if (is_float(t.dtype)) return cast(constant(g, t.floats, t.dims), t.dtype);
  if (!t.fits()) throw Refused("i64 beyond i32");
  const sdk::Tensor i32 = g.constant(std::vector<int32_t>(t.integers.begin(), t.integers.end()), t.dims);
  return {&g, stored_as(t.dtype) == WEFT_U8 ? g.cast(i32, WEFT_U8) : i32, t.dtype, t.dims};
}

Value number(sdk::Graph& g, double v, Dtype dtype) {
  if (is_float(dtype)) return cast(constant(g, std::vector<float>{static_cast<float>(v)}, {}), dtype);
  return constant(g, std::vector<int64_t>{static_cast<int64_t>(v)}, {}, dtype);
}

Value scalar(const Value& like, double v) { return number(*like.g, v, like.dtype); }
Value filled(const Value& like, double v, const Dims& dims) { return expand(scalar(like, v), dims); }

Value iota(sdk::Graph& g, const Dims& dims, int64_t axis, Dtype dtype) {
  return cast(Value{&g, g.iota(dims, axis), Dtype::kI32, dims}, dtype);
}

Value binary(std::string_view primitive, const Value& a, const Value& b) {
  if (stored_as(a.dtype) != stored_as(b.dtype)) throw Refused("operands of unequal dtypes");
  if (is_small(a)) return narrowed(binary(primitive, widened(a), widened(b)), a.dtype);
  const int64_t rank = std::max(a.rank(), b.rank());
  const Dims dims = broadcast_dims(a.dims, b.dims);
  return {a.g, a.g->node(primitive, {of_rank(a, rank).tensor, of_rank(b, rank).tensor}, {}), a.dtype, dims};
}

Value operator+(const Value& a, const Value& b) { return binary("add", a, b); }
Value operator-(const Value& a, const Value& b) { return binary("sub", a, b); }
Value operator*(const Value& a, const Value& b) { return binary("mul", a, b); }
Value operator/(const Value& a, const Value& b) { return binary("div", a, b); }
Value operator+(const Value& a, double b) { return a + scalar(a, b); }
Value operator-(const Value& a, double b) { return a - scalar(a, b); }
Value operator*(const Value& a, double b) { return a * scalar(a, b); }
Value operator/(const Value& a, double b) { return a / scalar(a, b); }
Value operator-(const Value& a) { return unary("neg", a); }
Value max(const Value& a, const Value& b) { return binary("max", a, b); }
Value min(const Value& a, const Value& b) { return binary("min", a, b); }
Value max(const Value& a, double b) { return max(a, scalar(a, b)); }
Value min(const Value& a, double b) { return min(a, scalar(a, b)); }

Value unary(std::string_view primitive, const Value& x) {
  return same_dims(x, x.g->unary(primitive, x.tensor), x.dtype);
}

Value compare(sdk::Compare kind, const Value& a, const Value& b) {
  const int64_t rank = std::max(a.rank(), b.rank());
  return {a.g, a.g->compare(kind, of_rank(a, rank).tensor, of_rank(b, rank).tensor), Dtype::kBool,
          broadcast_dims(a.dims, b.dims)};
}
Value compare(sdk::Compare kind, const Value& a, double b) { return compare(kind, a, scalar(a, b)); }

Value select(const Value& mask, const Value& a, const Value& b) {
  const int64_t rank = std::max({mask.rank(), a.rank(), b.rank()});
  return {a.g, a.g->select(of_rank(mask, rank).tensor, of_rank(a, rank).tensor, of_rank(b, rank).tensor), a.dtype,
          broadcast_dims(mask.dims, broadcast_dims(a.dims, b.dims))};
}

Value logical_not(const Value& mask) { return compare(sdk::Compare::kEq, mask, 0); }

Value cast(const Value& x, Dtype dtype) {
  if (dtype == x.dtype) return x;
  if (dtype == Dtype::kBool) return compare(sdk::Compare::kNe, cast(x, computed_in(x.dtype)), 0);
  if (stored_as(dtype) == stored_as(x.dtype)) return renamed(x, dtype);
  return same_dims(x, x.g->cast(x.tensor, stored_as(dtype)), dtype);
}

Value renamed(Value x, Dtype dtype) {
  x.dtype = dtype;
  return x;
}

Value reshape(const Value& x, const Dims& dims) {
  if (product(x.dims) != product(dims)) throw Refused("a reshape to another number of elements");
  return {x.g, x.g->reshape(x.tensor, dims), x.dtype, dims};
}

Value transpose(const Value& x, const Dims& perm) {
  return value(*x.g, x.g->transpose(x.tensor, perm), x.dtype);
}

Value move_axis(const Value& x, int64_t from, int64_t to) {
  if (from == to) return x;
  std::vector<int64_t> perm = range(0, x.rank());
  perm.erase(perm.begin() + from);
  perm.insert(perm.begin() + to, from);
  return transpose(x, perm);
}

Value flatten(const Value& x) { return reshape(x, {product(x.dims)}); }

Value unsqueeze(const Value& x, int64_t axis) {
  Dims dims = x.dims;
  dims.insert(dims.begin() + axis, 1);
  return reshape(x, dims);
}

Value expand(const Value& x, const Dims& dims) {
  const Dims to = broadcast_dims(x.dims, dims);
  const Value y = of_rank(x, static_cast<int64_t>(to.size()));
  if (y.dims == to) return y;
  return {x.g, x.g->node("broadcast", {y.tensor}, {sdk::Attr::ints("dims", to)}), x.dtype, to};
}

Value concat(const Values& xs, int64_t axis) {
  std::vector<sdk::Tensor> tensors;
  for (const Value& x : xs) tensors.push_back(x.tensor);
  return value(*xs[0].g, xs[0].g->concat(tensors, axis), xs[0].dtype);
}

Value slice(const Value& x, int64_t axis, int64_t start, int64_t size) {
  if (start == 0 && size == x.dim(axis)) return x;
  return value(*x.g, x.g->slice(x.tensor, axis, start, size), x.dtype);
}

Value entry(const Value& x, int64_t axis, int64_t i) {
  Dims dims = x.dims;
  dims.erase(dims.begin() + axis);
  return reshape(slice(x, axis, i, 1), dims);
}

Value pad(const Value& x, int64_t axis, int64_t before, int64_t after, double v) {
  if (before < 0) return pad(slice(x, axis, -before, x.dim(axis) + before), axis, 0, after, v);
  if (after < 0) return pad(slice(x, axis, 0, x.dim(axis) + after), axis, before, 0, v);
  if (before == 0 && after == 0) return x;
  return value(*x.g,
               x.g->node("pad", {x.tensor},
                         {sdk::Attr::i64("axis", axis), sdk::Attr::i64("before", before),
                          sdk::Attr::i64("after", after), sdk::Attr::f64("value", v)}),
               x.dtype);
}

Value gather(const Value& x, const Value& index, int64_t axis, int64_t batch) {
  return value(*x.g, x.g->gather(x.tensor, index.tensor, axis, batch), x.dtype);
}

Value take(const Value& x, int64_t axis, const std::vector<int64_t>& entries) {
  return gather(x, constant(*x.g, entries, {std::ssize(entries)}), axis);
}

Value reverse(const Value& x, int64_t axis) {
  std::vector<int64_t> entries = range(0, x.dim(axis));
  std::ranges::reverse(entries);
  return take(x, axis, entries);
}

Value scatter(const Value& x, const Value& index, const Value& update, bool add) {
  return same_dims(x, x.g->node("scatter", {x.tensor, index.tensor, update.tensor}, {sdk::Attr::i64("kind", add)}),
                   x.dtype);
}

Value reduce(sdk::Reduce kind, const Value& x, const std::vector<int64_t>& axes) {
  if (is_small(x)) return narrowed(reduce(kind, widened(x), axes), x.dtype);
  Value y = x;
  for (int64_t axis : axes) y = value(*x.g, x.g->reduce(kind, y.tensor, axis), x.dtype);
  return y;
}

Value sum(const Value& x, const std::vector<int64_t>& axes) { return reduce(sdk::Reduce::kSum, x, axes); }

Value mean(const Value& x, const std::vector<int64_t>& axes) {
  double count = 1;
  for (int64_t axis : axes) count *= static_cast<double>(x.dim(axis));
  return sum(x, axes) / count;
}

Value product(const Value& x, int64_t axis) {
  const int64_t n = x.dim(axis);
  if (n == 1) return x;
  if (n == 0) {
    Dims dims = x.dims;
    dims[static_cast<std::size_t>(axis)] = 1;
    return filled(x, 1, dims);
  }
  const Value halves = slice(x, axis, 0, n / 2) * slice(x, axis, n / 2, n / 2);
  return product(n % 2 == 0 ? halves : concat({halves, slice(x, axis, n - 1, 1)}, axis), axis);
}

Value matmul(const Value& a, const Value& b) {
  if (a.rank() == 1) {
    const Value y = matmul(unsqueeze(a, 0), b);
    Dims dims = y.dims;
    dims.erase(dims.end() - std::min<int64_t>(b.rank(), 2));
    return reshape(y, dims);
  }
  if (b.rank() == 1) {
    const Value y = matmul(a, unsqueeze(b, 1));
    return reshape(y, {y.dims.begin(), y.dims.end() - 1});
  }
  const int64_t rank = std::max(a.rank(), b.rank());
  const Value left = of_rank(a, rank), right = b.rank() == 2 ? b : of_rank(b, rank);
  return value(*a.g, a.g->matmul(left.tensor, right.tensor), Dtype::kF32);
}

}  // namespace weft::onnx
