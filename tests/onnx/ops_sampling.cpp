// Samples at positions that a grid, offsets or boxes give.
#include "tests/onnx/ops.hpp"

namespace weft::onnx {

using sdk::Compare;

namespace {

/// One of the neighbours that a sample is made of, along one axis.
struct Tap {
  Value at;      // [N, P] f32: a position, which may lie outside
  Value weight;  // [N, P] f32
};

/// The cubic convolution (Keys 1981) with a = -0.75, of distances up to 1 and up to 2.
Value near(const Value& d) { return (d * 1.25 - 2.25) * d * d + 1; }
Value far(const Value& d) { return ((d * -0.75 + 3.75) * d - 6) * d + 3; }

std::vector<Tap> taps(const Value& at, const std::string& mode) {
  if (mode == "nearest") return {{unary("round", at), filled(at, 1, at.dims)}};
  const Value low = unary("floor", at), r = at - low;
  if (mode == "linear" || mode == "bilinear") return {{low, -r + 1}, {low + 1, r}};
  if (mode != "cubic" && mode != "bicubic") throw Refused("sampling mode " + mode);
  return {{low - 1, far(r + 1)}, {low, near(r)}, {low + 1, near(-r + 1)}, {low + 2, far(-r + 2)}};
}

/// What lies outside.
enum class Outside { kZero, kBorder, kReflected };

Outside outside_of(const std::string& padding) {
  if (padding == "zeros") return Outside::kZero;
  if (padding == "border") return Outside::kBorder;
  if (padding == "reflection") return Outside::kReflected;
  throw Refused("GridSample: padding_mode " + padding);
}

/// Positions turned back at the borders until they are inside.
Value reflected(const Value& at, double low, double high) {
  const double range = high - low;
  if (range == 0) return filled(at, low, at.dims);
  const Value from = at - low, folded = from - unary("floor", from / (2 * range)) * (2 * range);
  return -abs(folded - range) + (range + low);
}

/// x [N, C, axes...] at [N, P] positions of each axis: [N, C, P] for each combination of taps, times its weight.
Values weighted_taps(const Value& x, const Values& at, const std::string& mode, Outside outside, bool corners) {
  const int64_t N = x.dim(0), C = x.dim(1), axes = x.rank() - 2, P = at[0].dim(1);
  const Dims spatial(x.dims.begin() + 2, x.dims.end()), step = strides(spatial);
  const Value table = transpose(reshape(x, {N, C, product(spatial)}), {0, 2, 1});
  struct Part {
    Value index, weight, inside;
  };
  std::vector<Part> parts;
  for (int64_t a = 0; a < axes; ++a) {
    const auto i = static_cast<std::size_t>(a);
    const auto size = static_cast<double>(spatial[i]);
    std::vector<Part> longer;
    for (const Tap& tap : taps(at[i], mode)) {
      Value position = tap.at;
      const double margin = corners ? 0 : 0.5;  // between the outermost elements and the borders
      if (outside == Outside::kReflected) position = reflected(position, -margin, size - 1 + margin);
      const Value within = max(min(position, size - 1), 0);
      const Value inside = outside == Outside::kZero ? cast(compare(Compare::kEq, within, position), Dtype::kI64)
                                                     : filled(cast(within, Dtype::kI64), 1, within.dims);
      const Value index = cast(within, Dtype::kI64) * static_cast<double>(step[i]);
      if (a == 0) longer.push_back({index, tap.weight, inside});
      for (const Part& p : parts) longer.push_back({p.index + index, p.weight * tap.weight, p.inside * inside});
    }
    parts = std::move(longer);
  }
  Values samples;
  for (const Part& p : parts) {
    const Value index = select(compare(Compare::kNe, p.inside, 0), p.index, scalar(p.index, -1));
    const Value found = transpose(gather(table, index, 1, 1), {0, 2, 1});  // [N, C, P]; 0 at -1
    samples.push_back(found * reshape(p.weight, {p.weight.dim(0), 1, P}));
  }
  return samples;
}

Value total(const Values& xs) {
  Value y = xs[0];
  for (std::size_t i = 1; i < xs.size(); ++i) y = y + xs[i];
  return y;
}

/// grid [N, axes..., r]: positions between -1 and 1, those of the last axis first.
Values grid_sample(const Node& n) {
  const Value x = n.in(0), grid = n.in(1);
  const int64_t r = x.rank() - 2, N = grid.dim(0);
  const Dims out(grid.dims.begin() + 1, grid.dims.end() - 1);
  const bool corners = n.integer("align_corners", 0) != 0;
  const Outside outside = outside_of(n.text("padding_mode", "zeros"));
  Values at;
  for (int64_t a = 0; a < r; ++a) {
    const Value g = reshape(slice(grid, grid.rank() - 1, r - 1 - a, 1), {N, product(out)});
    const auto size = static_cast<double>(x.dim(2 + a));
    at.push_back(corners ? (g + 1) * ((size - 1) / 2) : (g + 1) * (size / 2) - 0.5);
  }
  Dims dims{N, x.dim(1)};
  dims.insert(dims.end(), out.begin(), out.end());
  return {reshape(total(weighted_taps(x, at, n.text("mode", "linear"), outside, corners)), dims)};
}

/// A convolution (Zhu et al. 2019) whose elements are sampled at offsets [N, groups * K * 2, oh, ow].
Values deform_conv(const Node& n) {
  const Value x = n.in(0), w = n.in(1);
  if (x.rank() != 4) throw Refused("DeformConv of other than two axes");
  const std::vector<int64_t> kernel = spatial_of(w);
  const Windows windows = windows_of(n, spatial_of(x), kernel);
  const int64_t N = x.dim(0), C = x.dim(1), O = w.dim(0), K = product(kernel), groups = n.integer("group", 1),
                offset_groups = n.integer("offset_group", 1), H = n.in(2).dim(2), W = n.in(2).dim(3);
  const Value offsets = reshape(n.in(2), {N, offset_groups, K, 2, H, W});
  const Dims grid{1, K, H, W};
  Values sampled;
  for (int64_t group = 0; group < offset_groups; ++group) {
    Values at;
    for (int64_t a = 0; a < 2; ++a) {
      const auto i = static_cast<std::size_t>(a);
      const auto columns = static_cast<double>(kernel[1]);
      const Value tap = iota(n.g(), grid, 1), row = tap / columns;
      const Value in_kernel = a == 0 ? row : tap - row * columns;
      const Value base = in_kernel * static_cast<double>(windows.dilations[i]) +
                         iota(n.g(), grid, 2 + a) * static_cast<double>(windows.strides[i]) -
                         static_cast<double>(windows.before[i]);
      const Value offset = reshape(slice(slice(offsets, 1, group, 1), 3, a, 1), {N, K, H, W});
      at.push_back(reshape(cast(base, Dtype::kF32) + offset, {N, K * H * W}));
    }
    const Value channels = slice(x, 1, group * (C / offset_groups), C / offset_groups);
    Value y = reshape(total(weighted_taps(channels, at, "linear", Outside::kZero, true)),
                      {N, C / offset_groups, K, H * W});
    if (n.has(4)) {
      const Value mask = reshape(n.in(4), {N, offset_groups, K, H * W});
      y = y * slice(mask, 1, group, 1);
    }
    sampled.push_back(y);
  }
  const Value elements = reshape(concat(sampled, 1), {N, groups, C / groups * K, H * W});
  const Value y = reshape(matmul(reshape(w, {1, groups, O / groups, C / groups * K}), elements), {N, O, H, W});
  return {n.has(3) ? y + of_channels(n.in(3), y) : y};
}

/// Boxes [R, 4] of x, cut into bins, of each of which some samples are averaged or the largest is taken.
Values roi_align(const Node& n) {
  const Value x = n.in(0), boxes = n.in(1) * n.number("spatial_scale", 1);
  const int64_t R = boxes.dim(0), C = x.dim(1), ratio = n.integer("sampling_ratio", 0);
  if (ratio == 0) throw Refused("RoiAlign: the number of samples depends on data");
  const bool half = n.text("coordinate_transformation_mode", "half_pixel") == "half_pixel";
  const std::vector<int64_t> bins{n.integer("output_height", 1), n.integer("output_width", 1)};
  const Dims grid{1, bins[0], bins[1], ratio, ratio};
  const int64_t P = product(grid);
  Values at;
  Value inside;
  for (int64_t a = 0; a < 2; ++a) {
    const auto i = static_cast<std::size_t>(a);
    const auto edge = [&](int64_t column) { return slice(boxes, 1, column, 1) - (half ? 0.5 : 0); };  // [R, 1]
    const Value low = edge(1 - a);
    Value extent = edge(3 - a) - low;
    if (!half) extent = max(extent, 1);
    const Value sample = (cast(iota(n.g(), grid, 3 + a), Dtype::kF32) + 0.5) / static_cast<double>(ratio);
    const Value share = (cast(iota(n.g(), grid, 1 + a), Dtype::kF32) + sample) / static_cast<double>(bins[i]);
    const Value position = low + extent * reshape(share, {1, P});
    const auto size = static_cast<double>(x.dim(2 + a));
    const Value here = cast(compare(Compare::kGe, position, -1), Dtype::kI64) *
                       cast(compare(Compare::kLe, position, size), Dtype::kI64);
    inside = a == 0 ? here : inside * here;
    at.push_back(max(min(position, size - 1), 0));
  }
  const Value images = gather(x, n.in(2), 0);  // [R, C, H, W]
  const Value there = reshape(cast(inside, Dtype::kF32), {R, 1, P});
  Values parts = weighted_taps(images, at, "linear", Outside::kBorder, true);
  const bool largest = n.text("mode", "avg") == "max";
  Value y = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) y = largest ? max(y, parts[i]) : y + parts[i];
  y = reshape(y * there, {R, C, bins[0], bins[1], ratio * ratio});
  y = largest ? reduce(sdk::Reduce::kMax, y, {4}) : mean(y, {4});
  return {reshape(y, {R, C, bins[0], bins[1]})};
}

}  // namespace

const Ops kSampling = {{"GridSample", grid_sample}, {"DeformConv", deform_conv}, {"RoiAlign", roi_align}};

}  // namespace weft::onnx
