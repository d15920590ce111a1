// Pools: windows that move over the axes behind N and C.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/onnx/ops.hpp"

namespace weft::onnx {

using sdk::Reduce;

Windows windows_of(const Node& n, const std::vector<int64_t>& spatial, std::vector<int64_t> kernel) {
  const std::size_t axes = spatial.size();
  const std::vector<int64_t> ones(axes, 1), pads = n.integers("pads", std::vector<int64_t>(2 * axes, 0));
  Windows w{.kernel = std::move(kernel),
            .strides = n.integers("strides", ones),
            .dilations = n.integers("dilations", ones),
            .before = {},
            .after = {},
            .beyond = {}};
  const std::string mode = n.text("auto_pad", "NOTSET");
  const bool up = n.integer("ceil_mode", 0) != 0;
  for (std::size_t i = 0; i < axes; ++i) {
    const int64_t stride = w.strides[i], reach = w.dilations[i] * (w.kernel[i] - 1) + 1;
    int64_t before = mode == "NOTSET" ? pads[i] : 0, after = mode == "NOTSET" ? pads[i + axes] : 0;
    if (mode.starts_with("SAME")) {
      const int64_t windows = (spatial[i] + stride - 1) / stride;
      const int64_t total = std::max<int64_t>(0, (windows - 1) * stride + reach - spatial[i]);
      before = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
      after = total - before;
    }
    const int64_t room = spatial[i] + before + after - reach;
    int64_t windows = (room + (up ? stride - 1 : 0)) / stride + 1;
    if ((windows - 1) * stride >= spatial[i] + before) --windows;  // a window begins on an element or on `before`
    w.before.push_back(before);
    w.after.push_back(after);
    w.beyond.push_back(std::max<int64_t>(0, (windows - 1) * stride + reach - (spatial[i] + before + after)));
  }
  return w;
}

std::vector<int64_t> spatial_of(const Value& x) { return {x.dims.begin() + 2, x.dims.end()}; }

Value of_channels(const Value& c, const Value& x) {
  Dims dims(static_cast<std::size_t>(x.rank()), 1);
  dims[1] = product(c.dims);
  return reshape(c, dims);
}

namespace {

/// `fill` where a window lies on `before` or `after`, `beyond` where it lies behind that.
Value windows(Value x, const Windows& w, double fill, double beyond) {
  const std::size_t axes = w.kernel.size();
  for (std::size_t i = 0; i < axes; ++i) {
    const int64_t axis = 2 + static_cast<int64_t>(i);
    x = pad(pad(x, axis, w.before[i], w.after[i], fill), axis, 0, w.beyond[i], beyond);
  }
  Dims split{x.dim(0), x.dim(1)}, result = split;
  std::vector<int64_t> first{0, 1}, second;
  int64_t elements = 1;
  for (std::size_t i = 0; i < axes; ++i) {
    const int64_t axis = 2 + static_cast<int64_t>(i), k = w.kernel[i];
    const int64_t count = (x.dim(axis) - w.dilations[i] * (k - 1) - 1) / w.strides[i] + 1;
    std::vector<int64_t> entries;
    for (int64_t o = 0; o < count; ++o) {
      for (int64_t j = 0; j < k; ++j) entries.push_back(o * w.strides[i] + j * w.dilations[i]);
    }
    x = take(x, axis, entries);
    first.push_back(std::ssize(split));
    second.push_back(std::ssize(split) + 1);
    split.push_back(count), split.push_back(k), result.push_back(count);
    elements *= k;
  }
  first.insert(first.end(), second.begin(), second.end());
  result.push_back(elements);
  return reshape(transpose(reshape(x, split), first), result);
}

Value dropped_last(const Value& x) { return reshape(x, {x.dims.begin(), x.dims.end() - 1}); }

Values average_pool(const Node& n) {
  const Value x = n.in(0);
  const Windows w = windows_of(n, spatial_of(x), n.integers("kernel_shape"));
  const int64_t last = x.rank();
  const double counted = n.integer("count_include_pad", 0) != 0 ? 1 : 0;
  const Value total = sum(windows(x, w, 0, 0), {last});
  const Value count = sum(windows(filled(x, 1, x.dims), w, counted, 0), {last});
  return {dropped_last(total / count)};
}

Values lp_pool(const Node& n) {
  const Value x = n.in(0);
  const auto p = static_cast<double>(n.integer("p", 2));
  const Value y = windows(binary("pow", abs(x), scalar(x, p)), windows_of(n, spatial_of(x), n.integers("kernel_shape")),
                          0, 0);
  return {dropped_last(binary("pow", sum(y, {x.rank()}), scalar(x, 1 / p)))};
}

/// The second result is the position of each maximum in the whole x.
Values max_pool(const Node& n) {
  const Value x = n.in(0);
  const Windows w = windows_of(n, spatial_of(x), n.integers("kernel_shape"));
  const double least = x.is_float() ? -std::numeric_limits<double>::infinity() : 0;
  const Value all = windows(x, w, least, least);
  const int64_t last = x.rank();
  Values results{dropped_last(reduce(Reduce::kMax, all, {last}))};
  if (!n.wants(1)) return results;
  Dims order = x.dims;  // in which positions are counted
  const bool columns = n.integer("storage_order", 0) != 0;
  if (columns) std::swap(order[order.size() - 1], order[order.size() - 2]);
  Value at = reshape(iota(n.g(), {product(order)}, 0), order);
  if (columns) at = move_axis(at, at.rank() - 1, at.rank() - 2);
  const Value positions = windows(at, w, 0, 0), best = position_of(Reduce::kMax, all, last);
  const Value hit = compare(sdk::Compare::kEq, iota(n.g(), all.dims, last), best);
  results.push_back(dropped_last(sum(select(hit, positions, scalar(positions, 0)), {last})));
  return results;
}

template <Value (*f)(const Value&, const std::vector<int64_t>&)>
Values global(const Node& n) {
  const Value x = n.in(0);
  return {f(x, range(2, x.rank()))};
}
Value largest(const Value& x, const std::vector<int64_t>& axes) { return reduce(Reduce::kMax, x, axes); }

Values max_unpool(const Node& n) {
  const Value x = n.in(0);
  Dims small = x.dims;
  const std::vector<int64_t> kernel = n.integers("kernel_shape"),
                             strides = n.integers("strides", std::vector<int64_t>(kernel.size(), 1)),
                             pads = n.integers("pads", std::vector<int64_t>(2 * kernel.size(), 0));
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    small[i + 2] = (small[i + 2] - 1) * strides[i] + kernel[i] - pads[i] - pads[i + kernel.size()];
  }
  const Value y = scatter(filled(x, 0, {product(small)}), flatten(n.in(1)), flatten(x));
  Value whole = reshape(y, small);
  if (n.has(2)) {
    const std::vector<int64_t>& dims = n.known_integers(2);
    for (int64_t a = 0; a < whole.rank(); ++a) {
      whole = pad(whole, a, 0, dims[static_cast<std::size_t>(a)] - whole.dim(a));
    }
  }
  return {whole};
}

/// x [N, C * kernel, windows]: their elements, added where they lie in [N, C, axes...].
Values col2im(const Node& n) {
  const Value x = n.in(0);
  const std::vector<int64_t>&image = n.known_integers(1), &kernel = n.known_integers(2);
  const Windows w = windows_of(n, image, kernel);
  const int64_t K = product(kernel), N = x.dim(0), C = x.dim(1) / K, L = x.dim(2), pixels = product(image);
  Dims counts;
  for (std::size_t i = 0; i < image.size(); ++i) {
    counts.push_back((image[i] + w.before[i] + w.after[i] - w.dilations[i] * (kernel[i] - 1) - 1) / w.strides[i] + 1);
  }
  const Dims in_kernel = strides(kernel), in_windows = strides(counts), in_image = strides(image);
  std::vector<int64_t> at;  // [K, L]; -1: on padding
  for (int64_t k = 0; k < K; ++k) {
    for (int64_t l = 0; l < L; ++l) {
      int64_t position = 0;
      for (std::size_t i = 0; i < image.size(); ++i) {
        const int64_t here = l / in_windows[i] % counts[i] * w.strides[i] - w.before[i] +
                             k / in_kernel[i] % kernel[i] * w.dilations[i];
        const bool inside = position >= 0 && here >= 0 && here < image[i];
        position = inside ? position + here * in_image[i] : -1;
      }
      at.push_back(position);
    }
  }
  const Value elements = reshape(transpose(reshape(x, {N * C, K, L}), {1, 2, 0}), {K * L, N * C});
  const Value y = scatter(filled(x, 0, {pixels, N * C}), constant(n.g(), at, {K * L}), elements, true);
  Dims dims{N, C};
  dims.insert(dims.end(), image.begin(), image.end());
  return {reshape(transpose(y, {1, 0}), dims)};
}

}  // namespace

const Ops kWindows = {{"AveragePool", average_pool},
                      {"LpPool", lp_pool},
                      {"MaxPool", max_pool},
                      {"GlobalAveragePool", global<mean>},
                      {"GlobalMaxPool", global<largest>},
                      {"MaxUnpool", max_unpool},
                      {"Col2Im", col2im}};

}  // namespace weft::onnx
