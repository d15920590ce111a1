// Elements by their positions.
#include <limits>

#include "tests/onnx/ops.hpp"

namespace weft::onnx {

using sdk::Compare;

namespace {

/// Negative positions count from the end of an axis of this size.
Value from_start(const Value& index, int64_t size) {
  const Value i = cast(index, Dtype::kI64);
  return select(compare(Compare::kLt, i, 0), i + static_cast<double>(size), i);
}

/// x [R, ...] with the rows `index` [Q] combined with update [Q, ...].
Value combined(const Value& x, const Value& index, const Value& update, const std::string& reduction) {
  if (reduction == "none") return scatter(x, index, update);
  if (reduction == "add") return scatter(x, index, update, true);
  // For each update a whole x that holds it, and elsewhere what changes nothing: [Q, R, ...].
  const int64_t R = x.dim(0), Q = index.dim(0);
  Dims mask_dims(static_cast<std::size_t>(x.rank()) + 1, 1);
  mask_dims[0] = Q, mask_dims[1] = R;
  const Value hit = reshape(compare(Compare::kEq, reshape(index, {Q, 1}), iota(*x.g, {1, R}, 1)), mask_dims);
  const double inf = std::numeric_limits<double>::infinity();
  const bool times = reduction == "mul", upper = reduction == "max";
  if (!times && !upper && reduction != "min") throw Refused("reduction " + reduction);
  const double neutral = times ? 1 : (upper ? -inf : inf);
  const Value all = select(hit, unsqueeze(update, 1), scalar(x, neutral));
  if (times) return x * reshape(product(all, 0), x.dims);
  const Value best = reshape(reduce(upper ? sdk::Reduce::kMax : sdk::Reduce::kMin, all, {0}), x.dims);
  return upper ? max(x, best) : min(x, best);
}

/// The position of each element of `index`, which names entries along one axis of an array of these dims.
Value positions(const Value& index, const Dims& dims, int64_t axis) {
  const Dims step = strides(dims);
  Value at = from_start(index, dims[static_cast<std::size_t>(axis)]) *
             static_cast<double>(step[static_cast<std::size_t>(axis)]);
  for (int64_t a = 0; a < index.rank(); ++a) {
    if (a != axis) at = at + iota(*index.g, index.dims, a) * static_cast<double>(step[static_cast<std::size_t>(a)]);
  }
  return at;
}

/// The row that each of index [..., k] names among the first k axes of these dims.
Value rows(const Value& index, const Dims& dims) {
  const int64_t last = index.rank() - 1, k = index.dim(last);
  const Dims step = strides({dims.begin(), dims.begin() + k});
  Value at;
  for (int64_t i = 0; i < k; ++i) {
    const auto axis = static_cast<std::size_t>(i);
    const Value part = from_start(slice(index, last, i, 1), dims[axis]) * static_cast<double>(step[axis]);
    at = i == 0 ? part : at + part;
  }
  return reshape(at, {index.dims.begin(), index.dims.end() - 1});
}

Dims joined(Dims a, const Dims& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Values gather_axis(const Node& n) {
  const Value x = n.in(0);
  const int64_t axis = x.axis(n.integer("axis", 0));
  return {gather(x, from_start(n.in(1), x.dim(axis)), axis)};
}

Values gather_elements(const Node& n) {
  const Value x = n.in(0), index = n.in(1);
  return {gather(flatten(x), positions(index, x.dims, x.axis(n.integer("axis", 0))), 0)};
}

Values gather_nd(const Node& n) {
  const Value x = n.in(0), index = n.in(1);
  const int64_t batch = n.integer("batch_dims", 0), k = index.dim(index.rank() - 1);
  const Dims outer(x.dims.begin(), x.dims.begin() + batch), inner(x.dims.begin() + batch, x.dims.end()),
      rest(x.dims.begin() + batch + k, x.dims.end());
  const int64_t B = product(outer);
  const Value at = rows(index, inner);
  const Value y = gather(reshape(x, joined({B, product(Dims(inner.begin(), inner.begin() + k))}, rest)),
                         reshape(at, {B, product(at.dims) / B}), 1, 1);
  return {reshape(y, joined(at.dims, rest))};
}

Values scatter_elements(const Node& n) {
  const Value x = n.in(0), index = n.in(1);
  const Value at = flatten(positions(index, x.dims, x.axis(n.integer("axis", 0))));
  return {reshape(combined(flatten(x), at, flatten(n.in(2)), n.text("reduction", "none")), x.dims)};
}

Values scatter_nd(const Node& n) {
  const Value x = n.in(0), index = n.in(1);
  const int64_t k = index.dim(index.rank() - 1);
  const Dims rest(x.dims.begin() + k, x.dims.end());
  const Value at = flatten(rows(index, x.dims));
  const Value table = reshape(x, joined({product(Dims(x.dims.begin(), x.dims.begin() + k))}, rest));
  return {reshape(combined(table, at, reshape(n.in(2), joined(at.dims, rest)), n.text("reduction", "none")), x.dims)};
}

/// A cache with new entries along an axis, from a position of each batch on.
Values tensor_scatter(const Node& n) {
  const Value x = n.in(0), update = n.in(1);
  const int64_t axis = x.axis(n.integer("axis", -2));
  Value at = iota(n.g(), update.dims, axis);
  if (n.has(2)) {
    Dims dims(static_cast<std::size_t>(x.rank()), 1);
    dims[0] = x.dim(0);
    at = at + reshape(n.in(2), dims);
  }
  const auto size = static_cast<double>(x.dim(axis));
  if (n.text("mode", "linear") == "circular") at = at - at / size * size;
  return {reshape(scatter(flatten(x), flatten(positions(at, x.dims, axis)), flatten(update)), x.dims)};
}

Values one_hot(const Node& n) {
  const Value index = cast(n.in(0), Dtype::kI64), values = n.in(2);
  const auto depth = static_cast<int64_t>(n.known_number(1));
  const int64_t named = n.integer("axis", -1), axis = named < 0 ? named + index.rank() + 1 : named;
  Dims dims = index.dims;
  dims.insert(dims.begin() + axis, depth);
  const Value hit = compare(Compare::kEq, unsqueeze(from_start(index, depth), axis), iota(n.g(), dims, axis));
  const auto scalar_at = [&](int64_t i) { return reshape(slice(values, 0, i, 1), {}); };
  return {select(hit, scalar_at(1), scalar_at(0))};
}

Value with_first_axes_swapped(const Value& x) {
  std::vector<int64_t> perm = range(0, x.rank());
  std::swap(perm[0], perm[1]);
  return transpose(x, perm);
}

Values reverse_sequence(const Node& n) {
  const bool batch_first = n.integer("batch_axis", 1) < n.integer("time_axis", 0);
  const Value x = batch_first ? n.in(0) : with_first_axes_swapped(n.in(0));  // [batch, time, ...]
  const Value length = reshape(n.in(1), {x.dim(0), 1}), at = iota(n.g(), {x.dim(0), x.dim(1)}, 1);
  const Value index = select(compare(Compare::kLt, at, length), length - at - 1, at);
  const Value y = gather(x, index, 1, 1);
  return {batch_first ? y : with_first_axes_swapped(y)};
}

}  // namespace

const Ops kIndexing = {
    {"Gather", gather_axis},
    {"GatherElements", gather_elements},
    {"GatherND", gather_nd},
    {"Scatter", scatter_elements},
    {"ScatterElements", scatter_elements},
    {"ScatterND", scatter_nd},
    {"TensorScatter", tensor_scatter},
    {"OneHot", one_hot},
    {"ReverseSequence", reverse_sequence},
    {"ArrayFeatureExtractor",
     [](const Node& n) -> Values { return {gather(n.in(0), n.in(1), n.in(0).rank() - 1)}; }},
};

}  // namespace weft::onnx
