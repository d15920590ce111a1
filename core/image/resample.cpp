#include "core/image/resample.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace weft {
namespace {

constexpr int kBits = 22;  // bits of a weight's fraction, as Pillow has them; another number rounds otherwise

double sinc(double x) { return x == 0 ? 1 : std::sin(x * std::numbers::pi) / (x * std::numbers::pi); }

double support_of(Filter f) {
  return f == Filter::kLanczos ? 3 : f == Filter::kBicubic ? 2 : f == Filter::kBox ? 0.5 : 1;
}

double weight_at(Filter f, double x) {
  const double a = std::fabs(x);
  switch (f) {
    case Filter::kBox: return x > -0.5 && x <= 0.5 ? 1 : 0;
    case Filter::kBilinear: return a < 1 ? 1 - a : 0;
    case Filter::kHamming:
      return a == 0   ? 1
             : a >= 1 ? 0
                      : std::sin(a * std::numbers::pi) / (a * std::numbers::pi) *
                            (0.54 + 0.46 * std::cos(a * std::numbers::pi));
    case Filter::kBicubic:  // Keys 1981 with a = -1/2
      return a < 1 ? (1.5 * a - 2.5) * a * a + 1 : a < 2 ? ((-0.5 * a + 2.5) * a - 4) * a + 2 : 0;
    case Filter::kLanczos: return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
    case Filter::kNearest: break;
  }
  return 0;
}

/// The inputs of one sample of the result: the index of the first, and the weights of all.
struct Window {
  int64_t first;
  std::vector<int32_t> weights;
};

std::vector<Window> windows(int64_t from, int64_t to, Filter filter) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), wide = std::max(scale, 1.0);
  const double support = support_of(filter) * wide;
  std::vector<Window> all;
  std::vector<double> w;
  for (int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const int64_t first = std::max<int64_t>(static_cast<int64_t>(centre - support + 0.5), 0);
    const int64_t end = std::min(static_cast<int64_t>(centre + support + 0.5), from);
    w.clear();
    double sum = 0;
    for (int64_t j = first; j < end; ++j) {
      w.push_back(weight_at(filter, (static_cast<double>(j) - centre + 0.5) * (1.0 / wide)));
      sum += w.back();
    }
    Window& window = all.emplace_back(Window{first, {}});
    for (double v : w) {
      if (sum != 0) v /= sum;
      window.weights.push_back(static_cast<int32_t>(v * (1 << kBits) + (v < 0 ? -0.5 : 0.5)));
    }
  }
  return all;
}

uint8_t rounded(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kBits, 0, 255)); }

Image along_x(const Image& image, int64_t width, Filter filter) {
  Image out(width, image.height, image.channels);
  const std::vector<Window> all = windows(image.width, width, filter);
  for (int64_t y = 0; y < image.height; ++y) {
    uint8_t* to = out.row(y);
    for (const Window& w : all) {
      for (int64_t c = 0; c < image.channels; ++c) {
        const uint8_t* from = image.row(y) + w.first * image.channels + c;
        int32_t sum = 1 << (kBits - 1);
        for (int32_t weight : w.weights) sum += *from * weight, from += image.channels;
        *to++ = rounded(sum);
      }
    }
  }
  return out;
}

Image along_y(const Image& image, int64_t height, Filter filter) {
  Image out(image.width, height, image.channels);
  const std::vector<Window> all = windows(image.height, height, filter);
  std::vector<int32_t> sums(static_cast<std::size_t>(image.width * image.channels));
  for (int64_t y = 0; y < height; ++y) {
    const Window& w = all[static_cast<std::size_t>(y)];
    std::fill(sums.begin(), sums.end(), 1 << (kBits - 1));
    for (std::size_t j = 0; j < w.weights.size(); ++j) {
      const uint8_t* from = image.row(w.first + static_cast<int64_t>(j));
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += from[i] * w.weights[j];
    }
    std::transform(sums.begin(), sums.end(), out.row(y), rounded);
  }
  return out;
}

/// Which sample each sample of the result is taken from. The positions are summed up step by step, to round as Pillow
/// does.
std::vector<int64_t> nearest(int64_t from, int64_t to) {
  const double step = static_cast<double>(from) / static_cast<double>(to);
  std::vector<int64_t> all;
  double at = step * 0.5;
  for (int64_t i = 0; i < to; ++i, at += step) all.push_back(std::min(static_cast<int64_t>(at), from - 1));
  return all;
}

Image picked(const Image& image, int64_t width, int64_t height) {
  Image out(width, height, image.channels);
  const std::vector<int64_t> columns = nearest(image.width, width), lines = nearest(image.height, height);
  for (int64_t y = 0; y < height; ++y) {
    uint8_t* to = out.row(y);
    for (int64_t x : columns)
      to = std::copy_n(image.row(lines[static_cast<std::size_t>(y)]) + x * image.channels, image.channels, to);
  }
  return out;
}

}  // namespace

Image resize(const Image& image, int64_t width, int64_t height, Filter filter) {
  if (width == image.width && height == image.height) return image;
  if (filter == Filter::kNearest) return picked(image, width, height);
  if (width == image.width) return along_y(image, height, filter);
  if (height == image.height) return along_x(image, width, filter);
  // Pillow 13 chooses the order like this; older versions always resize x first.
  const bool y_first = image.height > height && image.height - height > 2 * (image.width - width);
  return y_first ? along_x(along_y(image, height, filter), width, filter)
                 : along_y(along_x(image, width, filter), height, filter);
}

}  // namespace weft
