// Resize: the weights of an axis are a matrix that is known when the graph is written.
#include <algorithm>
#include <cmath>

#include "tests/onnx/ops.hpp"

namespace weft::onnx {
namespace {

struct Resized {
  int64_t size = 0;  // of the result
  double scale = 1;
  double start = 0, end = 1;  // of the part that is resized, in tf_crop_and_resize
};

/// Where element i of the result lies in an axis of `size` elements.
double source(const std::string& mode, int64_t i, int64_t size, const Resized& r) {
  const auto x = static_cast<double>(i), in = static_cast<double>(size), out = r.scale * in;
  if (mode == "asymmetric") return x / r.scale;
  if (mode == "align_corners") return out == 1 ? 0 : x * (in - 1) / (out - 1);
  if (mode == "tf_crop_and_resize") {
    const double part = (r.end - r.start) * (in - 1);
    return r.start * (in - 1) + (out == 1 ? part / 2 : x * part / (out - 1));
  }
  const double half = (x + 0.5) / r.scale - 0.5;
  if (mode == "half_pixel") return half;
  if (mode == "pytorch_half_pixel") return out == 1 ? -0.5 : half;
  if (mode == "half_pixel_symmetric") return in / 2 * (1 - static_cast<double>(r.size) / out) + half;
  throw Refused("Resize: coordinate_transformation_mode " + mode);
}

double cubic(double d, double a) {
  d = std::abs(d);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((d - 5) * d + 8) * d * a - 4 * a : 0;
}

/// The weight of a neighbour at distance d, before rounding modes.
struct Kernel {
  std::string mode;
  double a = -0.75;    // of cubic
  double stretch = 1;  // below 1: distances count less, which smooths what becomes smaller
  int64_t reach() const {
    return static_cast<int64_t>(std::ceil((mode == "cubic" ? 2 : 1) / stretch));
  }
  double weight(double d) const {
    return mode == "cubic" ? cubic(d * stretch, a) : std::max(0.0, 1 - std::abs(d * stretch));
  }
};

int64_t nearest(const std::string& mode, double x) {
  if (mode == "floor") return static_cast<int64_t>(std::floor(x));
  if (mode == "ceil") return static_cast<int64_t>(std::ceil(x));
  if (mode == "round_prefer_ceil") return static_cast<int64_t>(std::floor(x + 0.5));
  return static_cast<int64_t>(std::ceil(x - 0.5));
}

/// x with one axis resized.
Value resized(const Node& n, const Value& x, int64_t axis, const Resized& r, const std::string& transformation) {
  const int64_t size = x.dim(axis);
  const std::string mode = n.text("mode", "nearest");
  const bool smooth = n.integer("antialias", 0) != 0, inside_only = n.integer("exclude_outside", 0) != 0;
  const Kernel kernel{mode, n.number("cubic_coeff_a", -0.75), smooth ? std::min(1.0, r.scale) : 1};
  std::vector<float> rows(static_cast<std::size_t>(r.size * size), 0.0f);
  std::vector<int64_t> entries, beyond;
  for (int64_t i = 0; i < r.size; ++i) {
    const double at = source(transformation, i, size, r);
    beyond.push_back(at < 0 || at > static_cast<double>(size - 1));
    if (mode == "nearest") {
      entries.push_back(std::clamp<int64_t>(nearest(n.text("nearest_mode", "round_prefer_floor"), at), 0, size - 1));
      continue;
    }
    const auto middle = static_cast<int64_t>(std::floor(at));
    std::vector<std::pair<int64_t, double>> weights;
    double total = 0;
    for (int64_t k = middle - kernel.reach() + 1; k <= middle + kernel.reach(); ++k) {
      if (inside_only && (k < 0 || k >= size)) continue;
      weights.emplace_back(std::clamp<int64_t>(k, 0, size - 1), kernel.weight(static_cast<double>(k) - at));
      total += weights.back().second;
    }
    for (const auto& [k, w] : weights) {
      rows[static_cast<std::size_t>(i * size + k)] += static_cast<float>(smooth || inside_only ? w / total : w);
    }
  }
  const Value y = mode == "nearest" ? take(x, axis, entries) : mixed(x, axis, rows, r.size);
  if (transformation != "tf_crop_and_resize") return y;
  Dims dims(static_cast<std::size_t>(x.rank()), 1);
  dims[static_cast<std::size_t>(axis)] = r.size;
  return select(constant(n.g(), beyond, dims, Dtype::kBool), scalar(y, n.number("extrapolation_value", 0)), y);
}

Values resize(const Node& n) {
  Value x = n.in(0);
  std::vector<int64_t> axes = n.integers("axes", range(0, x.rank()));
  for (int64_t& a : axes) a = x.axis(a);
  std::vector<Resized> to(axes.size());
  const std::string policy = n.text("keep_aspect_ratio_policy", "stretch");
  double common = policy == "not_larger" ? 1e30 : 0;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto size = static_cast<double>(x.dim(axes[i]));
    if (n.has(3)) {
      to[i].size = n.known_integers(3).at(i), to[i].scale = static_cast<double>(to[i].size) / size;
      common = policy == "not_larger" ? std::min(common, to[i].scale) : std::max(common, to[i].scale);
    } else {
      to[i].scale = static_cast<double>(n.known(2).floats.at(i));
      to[i].size = static_cast<int64_t>(std::floor(to[i].scale * size));
    }
    if (n.has(1) && !n.known(1).floats.empty()) {
      to[i].start = static_cast<double>(n.known(1).floats.at(i));
      to[i].end = static_cast<double>(n.known(1).floats.at(i + axes.size()));
    }
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (n.has(3) && policy != "stretch") {
      to[i].scale = common, to[i].size = std::lround(common * static_cast<double>(x.dim(axes[i])));
    }
    if (to[i].scale == 1 && to[i].start == 0 && to[i].end == 1) continue;
    x = resized(n, x, axes[i], to[i], n.text("coordinate_transformation_mode", "half_pixel"));
  }
  return {x};
}

/// The op before Resize: each element as often as its axis says.
Values upsample(const Node& n) {
  Value x = n.in(0);
  for (int64_t a = 0; a < x.rank(); ++a) {
    const double scale = static_cast<double>(n.known(1).floats.at(static_cast<std::size_t>(a)));
    const Resized r{.size = static_cast<int64_t>(std::floor(scale * static_cast<double>(x.dim(a)))), .scale = scale};
    std::vector<int64_t> entries;
    for (int64_t i = 0; i < r.size; ++i) {
      entries.push_back(static_cast<int64_t>(std::floor(source("asymmetric", i, x.dim(a), r))));
    }
    if (n.text("mode", "nearest") != "nearest") throw Refused("Upsample: mode " + n.text("mode", ""));
    x = take(x, a, entries);
  }
  return {x};
}

}  // namespace

const Ops kResize = {{"Resize", resize}, {"Upsample", upsample}};

}  // namespace weft::onnx
