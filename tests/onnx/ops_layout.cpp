// Shapes, and where elements stand.
#include <algorithm>
#include <cmath>

#include "tests/onnx/ops.hpp"

namespace weft::onnx {

using sdk::Compare;

namespace {

HostTensor host_integers(std::vector<int64_t> integers, Dims dims) {
  return {.dtype = Dtype::kI64, .dims = std::move(dims), .floats = {}, .integers = std::move(integers)};
}
HostTensor host_floats(std::vector<float> floats, Dims dims) {
  return {.dtype = Dtype::kF32, .dims = std::move(dims), .floats = std::move(floats), .integers = {}};
}

HostTensor constant_of(const Node& n) {
  if (n.given("value")) return n.tensor("value");
  if (n.given("value_int")) return host_integers({n.integer("value_int", 0)}, {});
  if (n.given("value_float")) return host_floats({static_cast<float>(n.number("value_float", 0))}, {});
  if (n.given("value_ints")) {
    std::vector<int64_t> v = n.integers("value_ints");
    const int64_t size = std::ssize(v);
    return host_integers(std::move(v), {size});
  }
  if (n.given("value_floats")) {
    const std::vector<double> v = n.numbers("value_floats");
    return host_floats(std::vector<float>(v.begin(), v.end()), {std::ssize(v)});
  }
  throw Refused("dtype string");
}

HostTensor shape_of(const Node& n) {
  const Dims dims = n.in(0).dims;
  const int64_t rank = std::ssize(dims);
  const auto bound = [&](const char* name, int64_t otherwise) {
    const int64_t at = n.integer(name, otherwise);
    return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const int64_t start = bound("start", 0), end = std::max(start, bound("end", rank));
  return host_integers({dims.begin() + start, dims.begin() + end}, {end - start});
}

}  // namespace

std::optional<HostTensor> known_result(const Node& n) {
  if (n.op() == "Constant") return constant_of(n);
  if (n.op() == "Shape") return shape_of(n);
  if (n.op() == "Size") return host_integers({product(n.in(0).dims)}, {});
  return std::nullopt;
}

namespace {

Values reshaped(const Node& n) {
  const Value x = n.in(0);
  Dims dims = n.has(1) ? n.known_integers(1) : n.integers("shape");
  int64_t open = -1, rest = 1;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0 && n.integer("allowzero", 0) == 0) dims[i] = x.dims.at(i);
    if (dims[i] < 0)
      open = static_cast<int64_t>(i);
    else
      rest *= dims[i];
  }
  if (open >= 0) dims[static_cast<std::size_t>(open)] = rest == 0 ? 0 : product(x.dims) / rest;
  return {reshape(x, dims)};
}

Values flattened(const Node& n) {
  const Value x = n.in(0);
  int64_t axis = n.integer("axis", 1);
  if (axis < 0) axis += x.rank();
  return {reshape(x, {product(Dims(x.dims.begin(), x.dims.begin() + axis)),
                      product(Dims(x.dims.begin() + axis, x.dims.end()))})};
}

Values transposed(const Node& n) {
  const Value x = n.in(0);
  std::vector<int64_t> perm = range(0, x.rank());
  std::ranges::reverse(perm);
  return {transpose(x, n.integers("perm", perm))};
}

std::vector<int64_t> axes_of(const Node& n, std::size_t input) {
  return n.has(input) ? n.known_integers(input) : n.integers("axes");
}

Values squeezed(const Node& n) {
  const Value x = n.in(0);
  std::vector<int64_t> axes = axes_of(n, 1);
  for (int64_t& a : axes) a = x.axis(a);
  Dims dims;
  for (int64_t i = 0; i < x.rank(); ++i) {
    const bool gone = axes.empty() ? x.dim(i) == 1 : std::ranges::find(axes, i) != axes.end();
    if (!gone) dims.push_back(x.dim(i));
  }
  return {reshape(x, dims)};
}

Values unsqueezed(const Node& n) {
  const Value x = n.in(0);
  std::vector<int64_t> axes = axes_of(n, 1);
  for (int64_t& a : axes) a = a < 0 ? a + x.rank() + std::ssize(axes) : a;
  std::ranges::sort(axes);
  Dims dims = x.dims;
  for (int64_t a : axes) dims.insert(dims.begin() + a, 1);
  return {reshape(x, dims)};
}

Values concatenated(const Node& n) {
  const Values xs = n.all_in();
  return {concat(xs, xs[0].axis(n.integer("axis", 0)))};
}

Values split(const Node& n) {
  const Value x = n.in(0);
  const int64_t axis = x.axis(n.integer("axis", 0)), size = x.dim(axis);
  std::vector<int64_t> sizes = n.has(1) ? n.known_integers(1) : n.integers("split");
  if (sizes.empty()) {
    const auto parts = static_cast<int64_t>(n.results());
    const int64_t each = (size + parts - 1) / parts;
    for (int64_t i = 0; i < parts; ++i) sizes.push_back(std::clamp<int64_t>(size - i * each, 0, each));
  }
  Values parts;
  int64_t at = 0;
  for (int64_t s : sizes) {
    parts.push_back(slice(x, axis, at, s));
    at += s;
  }
  return parts;
}

/// The entries from start to end by steps, as Slice counts them.
std::vector<int64_t> entries(int64_t size, int64_t start, int64_t end, int64_t step) {
  const auto bound = [&](int64_t at) {
    if (at < 0) at += size;
    return step > 0 ? std::clamp<int64_t>(at, 0, size) : std::clamp<int64_t>(at, -1, size - 1);
  };
  std::vector<int64_t> list;
  const int64_t last = bound(end);
  for (int64_t i = bound(start); step > 0 ? i < last : i > last; i += step) list.push_back(i);
  return list;
}

Values sliced(const Node& n) {
  Value x = n.in(0);
  const bool inputs = n.has(1);
  const std::vector<int64_t> starts = inputs ? n.known_integers(1) : n.integers("starts"),
                             ends = inputs ? n.known_integers(2) : n.integers("ends"),
                             steps = n.has(4) ? n.known_integers(4) : std::vector<int64_t>(starts.size(), 1);
  std::vector<int64_t> axes = axes_of(n, 3);
  if (axes.empty()) axes = range(0, std::ssize(starts));
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const int64_t axis = x.axis(axes[i]);
    const std::vector<int64_t> list = entries(x.dim(axis), starts[i], ends[i], steps[i]);
    if (steps[i] == 1 || list.empty()) {
      x = slice(x, axis, list.empty() ? 0 : list[0], std::ssize(list));
    } else {
      x = take(x, axis, list);
    }
  }
  return {x};
}

/// Where the element i of an axis of this size comes from, beyond its ends too.
int64_t mirrored(const std::string& mode, int64_t i, int64_t size) {
  if (mode == "edge") return std::clamp<int64_t>(i, 0, size - 1);
  if (mode == "wrap") return ((i % size) + size) % size;
  if (mode != "reflect") throw Refused("Pad: mode " + mode);
  const int64_t period = std::max<int64_t>(1, 2 * (size - 1)), at = ((i % period) + period) % period;
  return std::min(at, period - at);
}

Values padded(const Node& n) {
  Value x = n.in(0);
  const std::vector<int64_t> pads = n.has(1) ? n.known_integers(1) : n.integers("pads");
  const double fill = n.has(2) ? n.known_number(2) : n.number("value", 0);
  std::vector<int64_t> axes = axes_of(n, 3);
  if (axes.empty()) axes = range(0, x.rank());
  const std::string mode = n.text("mode", "constant");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = x.axis(axes[i]), before = pads[i], after = pads[i + axes.size()];
    if (mode == "constant") {
      x = pad(x, axis, before, after, fill);
      continue;
    }
    std::vector<int64_t> list;
    for (int64_t at = -before; at < x.dim(axis) + after; ++at) list.push_back(mirrored(mode, at, x.dim(axis)));
    x = take(x, axis, list);
  }
  return {x};
}

Values tiled(const Node& n) {
  Value x = n.in(0);
  const std::vector<int64_t>& repeats = n.known_integers(1);
  for (std::size_t a = 0; a < repeats.size(); ++a) {
    x = concat(Values(static_cast<std::size_t>(repeats[a]), x), static_cast<int64_t>(a));
  }
  return {x};
}

Values constant_of_shape(const Node& n) {
  const HostTensor v = n.given("value") ? n.tensor("value") : host_floats({0.0f}, {1});
  return {expand(reshape(constant(n.g(), v), {}), n.known_integers(0))};
}

Values ranged(const Node& n) {
  const double start = n.known_number(0), step = n.known_number(2);
  const auto size = static_cast<int64_t>(std::max(0.0, std::ceil((n.known_number(1) - start) / step)));
  const Dtype dtype = computed_in(n.known(0).dtype);
  return {value(n.g(),
                n.g().node("iota", {},
                           {sdk::Attr::ints("dims", {size}), sdk::Attr::i64("axis", 0), sdk::Attr::f64("start", start),
                            sdk::Attr::f64("step", step), sdk::Attr::i64("dtype", stored_as(dtype))}),
                dtype)};
}

/// column - row of each element of the last two axes.
Value diagonal(sdk::Graph& g, const Dims& dims) {
  const Dims matrix(dims.end() - 2, dims.end());
  return iota(g, matrix, 1) - iota(g, matrix, 0);
}

Values eye_like(const Node& n) {
  const Value x = n.in(0);
  const Value there = compare(Compare::kEq, diagonal(n.g(), x.dims), static_cast<double>(n.integer("k", 0)));
  return {cast(there, n.given("dtype") ? dtype_of_number(n.integer("dtype", 1)) : x.dtype)};
}

Values trilu(const Node& n) {
  const Value x = n.in(0);
  const double k = n.has(1) ? n.known_number(1) : 0;
  const Compare kept = n.integer("upper", 1) != 0 ? Compare::kGe : Compare::kLe;
  return {select(compare(kept, diagonal(n.g(), x.dims), k), x, scalar(x, 0))};
}

Values depth_to_space(const Node& n) {
  const Value x = n.in(0);
  const int64_t b = n.integer("blocksize", 1), C = x.dim(1) / (b * b), H = x.dim(2), W = x.dim(3), N = x.dim(0);
  const bool crd = n.text("mode", "DCR") == "CRD";
  const Value y = crd ? transpose(reshape(x, {N, C, b, b, H, W}), {0, 1, 4, 2, 5, 3})
                      : transpose(reshape(x, {N, b, b, C, H, W}), {0, 3, 4, 1, 5, 2});
  return {reshape(y, {N, C, H * b, W * b})};
}

Values space_to_depth(const Node& n) {
  const Value x = n.in(0);
  const int64_t b = n.integer("blocksize", 1), N = x.dim(0), C = x.dim(1), H = x.dim(2) / b, W = x.dim(3) / b;
  const Value parts = reshape(x, {N, C, H, b, W, b});
  const bool crd = n.text("mode", "DCR") == "CRD";
  return {reshape(transpose(parts, crd ? Dims{0, 1, 3, 5, 2, 4} : Dims{0, 3, 5, 1, 2, 4}), {N, C * b * b, H, W})};
}

Values center_crop_pad(const Node& n) {
  Value x = n.in(0);
  const std::vector<int64_t>& sizes = n.known_integers(1);
  const std::vector<int64_t> axes = n.integers("axes", range(0, x.rank()));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = x.axis(axes[i]), more = sizes[i] - x.dim(axis);
    // The odd one is cut from, or added to, the end.
    x = more < 0 ? slice(x, axis, -more / 2, sizes[i]) : pad(x, axis, more / 2, more - more / 2);
  }
  return {x};
}

}  // namespace

const Ops kLayout = {
    {"Reshape", reshaped},
    {"Flatten", flattened},
    {"Transpose", transposed},
    {"Squeeze", squeezed},
    {"Unsqueeze", unsqueezed},
    {"Concat", concatenated},
    {"Split", split},
    {"Slice", sliced},
    {"Pad", padded},
    {"Expand", [](const Node& n) -> Values { return {expand(n.in(0), n.known_integers(1))}; }},
    {"Tile", tiled},
    {"ConstantOfShape", constant_of_shape},
    {"Range", ranged},
    {"EyeLike", eye_like},
    {"Trilu", trilu},
    {"DepthToSpace", depth_to_space},
    {"SpaceToDepth", space_to_depth},
    {"CenterCropPad", center_crop_pad},
};

}  // namespace weft::onnx
