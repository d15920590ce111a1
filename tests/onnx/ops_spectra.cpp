// Fourier transforms as products with matrices, and windows.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/onnx/ops.hpp"

namespace weft::onnx {
namespace {

/// [M, N] of f(2 pi m n / period).
std::vector<float> waves(double (*f)(double), int64_t M, int64_t N, int64_t period) {
  std::vector<float> rows;
  for (int64_t m = 0; m < M; ++m) {
    for (int64_t n = 0; n < N; ++n) {
      rows.push_back(static_cast<float>(
          f(2 * std::numbers::pi * static_cast<double>(m * n % period) / static_cast<double>(period))));
    }
  }
  return rows;
}

double sine(double x) { return std::sin(x); }
double cosine(double x) { return std::cos(x); }

/// x [..., 1 or 2]: real numbers, or real and imaginary parts. Transformed along an axis.
Value transformed(const Value& x, int64_t axis, int64_t length, bool inverse, bool onesided) {
  const int64_t last = x.rank() - 1;
  const Value parts = pad(x, axis, 0, (inverse && onesided ? length / 2 + 1 : length) - x.dim(axis));
  const int64_t N = parts.dim(axis), M = onesided && !inverse ? length / 2 + 1 : length;
  Value re = slice(parts, last, 0, 1);
  Value im = parts.dim(last) == 2 ? slice(parts, last, 1, 1) : filled(re, 0, re.dims);
  if (inverse && onesided) {  // the other half is the conjugate, so all but the ends count twice
    std::vector<float> twice(static_cast<std::size_t>(N), 2.0f);
    twice.front() = 1;
    if (length % 2 == 0) twice.back() = 1;
    Dims dims(static_cast<std::size_t>(x.rank()), 1);
    dims[static_cast<std::size_t>(axis)] = N;
    const Value factor = constant(*x.g, twice, dims);
    re = re * factor, im = im * factor;
  }
  const std::vector<float> c = waves(cosine, M, N, length), s = waves(sine, M, N, length);
  const auto by = [&](const Value& part, const std::vector<float>& rows) { return mixed(part, axis, rows, M); };
  if (!inverse) return concat({by(re, c) + by(im, s), by(im, c) - by(re, s)}, last);
  const double one = 1 / static_cast<double>(length);
  const Value real = (by(re, c) - by(im, s)) * one;
  return onesided ? real : concat({real, (by(im, c) + by(re, s)) * one}, last);
}

Values dft(const Node& n) {
  const Value x = n.in(0);
  const int64_t axis = x.axis(n.has(2) ? static_cast<int64_t>(n.known_number(2))
                                       : n.integer("axis", n.opset() >= 20 ? -2 : 1));
  const bool inverse = n.integer("inverse", 0) != 0, onesided = n.integer("onesided", 0) != 0;
  const int64_t size = x.dim(axis), usual = inverse && onesided ? 2 * (size - 1) : size;
  return {transformed(x, axis, n.has(1) ? static_cast<int64_t>(n.known_number(1)) : usual, inverse, onesided)};
}

/// Transforms of pieces of the signal [B, L, 1], a step apart.
Values stft(const Node& n) {
  const Value signal = n.in(0);
  const auto step = static_cast<int64_t>(n.known_number(1));
  const int64_t length = n.has(3) ? static_cast<int64_t>(n.known_number(3)) : n.in(2).dim(0);
  const int64_t pieces = (signal.dim(1) - length) / step + 1;
  std::vector<int64_t> entries;
  for (int64_t i = 0; i < pieces; ++i) {
    for (int64_t j = 0; j < length; ++j) entries.push_back(i * step + j);
  }
  Value x = reshape(take(signal, 1, entries), {signal.dim(0), pieces, length, signal.dim(2)});
  if (n.has(2)) x = x * reshape(n.in(2), {length, 1});
  return {transformed(x, 2, length, false, n.integer("onesided", 1) != 0)};
}

/// a - b cos(2 pi n / N) + c cos(4 pi n / N)
Values window(const Node& n, double a, double b, double c) {
  const auto size = static_cast<int64_t>(n.known_number(0));
  const auto period = static_cast<double>(n.integer("periodic", 1) != 0 ? size : size - 1);
  const Value angle = iota(n.g(), {size}, 0, Dtype::kF32) * (2 * std::numbers::pi / period);
  return {unary("cos", angle * 2) * c - unary("cos", angle) * b + a};
}

}  // namespace

const Ops kSpectra = {
    {"DFT", dft},
    {"STFT", stft},
    {"HannWindow", [](const Node& n) { return window(n, 0.5, 0.5, 0); }},
    {"HammingWindow", [](const Node& n) { return window(n, 25.0 / 46, 21.0 / 46, 0); }},
    {"BlackmanWindow", [](const Node& n) { return window(n, 0.42, 0.5, 0.08); }},
};

}  // namespace weft::onnx
