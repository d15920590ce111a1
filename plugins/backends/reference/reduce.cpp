#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "plugins/backends/reference/kernels.hpp"

namespace weft::reference {
namespace {

struct Axis {
  int64_t outer = 1, size = 1, inner = 1;
  Axis(const View& x, int64_t axis) {
    for (int64_t i = 0; i < static_cast<int64_t>(x.rank()); ++i) {
      (i < axis ? outer : i == axis ? size : inner) *= x.dims[static_cast<std::size_t>(i)];
    }
  }
};

template <class T>
void reduce_as(Call& c, T lowest, T highest) {
  const Axis a(c.in[0], c.integer("axis", 0));
  const int64_t kind = c.integer("kind", 0);
  const T* x = static_cast<const T*>(c.in[0].data);
  T* y = static_cast<T*>(c.out[0].data);
  for (int64_t o = 0; o < a.outer; ++o) {
    for (int64_t i = 0; i < a.inner; ++i) {
      T acc = kind == 0 ? T{0} : kind == 1 ? lowest : highest;  // of an empty axis
      for (int64_t k = 0; k < a.size; ++k) {
        const T v = x[(o * a.size + k) * a.inner + i];
        if (kind == 0) acc = plus(acc, v);
        if (kind == 1) acc = v > acc || v != v ? v : acc;
        if (kind == 2) acc = v < acc || v != v ? v : acc;
        if (acc != acc && kind != 0) break;  // NaN passes
      }
      y[o * a.inner + i] = acc;
    }
  }
}

void reduce(Call& c) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  if (c.in[0].dtype == WEFT_F32) return reduce_as<float>(c, -inf, inf);
  reduce_as<int32_t>(c, INT32_MIN, INT32_MAX);
}

template <class T>
void cumsum_as(Call& c) {
  const Axis a(c.in[0], c.integer("axis", 0));
  const bool exclusive = c.integer("exclusive", 0) != 0;
  const T* x = static_cast<const T*>(c.in[0].data);
  T* y = static_cast<T*>(c.out[0].data);
  for (int64_t o = 0; o < a.outer; ++o) {
    for (int64_t i = 0; i < a.inner; ++i) {
      T sum = 0;
      for (int64_t k = 0; k < a.size; ++k) {
        const int64_t at = (o * a.size + k) * a.inner + i;
        const T v = x[at];
        y[at] = exclusive ? sum : plus(sum, v);
        sum = plus(sum, v);
      }
    }
  }
}

/// Descending; ties go to the lower index; NaN counts as the largest.
void top_k(Call& c) {
  const View& x = c.in[0];
  const int64_t n = x.last(), k = c.out[0].last(), rows = n ? x.size() / n : 0;
  if (k > n) sdk::fail(WEFT_OUT_OF_RANGE, "top_k: " + std::to_string(k) + " of " + std::to_string(n));
  std::vector<int32_t> order(static_cast<std::size_t>(n));
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = x.f32() + r * n;
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
      const bool na = std::isnan(row[a]), nb = std::isnan(row[b]);
      return na != nb ? na : !na && row[a] > row[b];
    });
    for (int64_t i = 0; i < k; ++i) {
      c.out[0].f32()[r * k + i] = row[order[static_cast<std::size_t>(i)]];
      c.out[1].i32()[r * k + i] = order[static_cast<std::size_t>(i)];
    }
  }
}

/// exp(x - max) / sum over the last axis; a row of -inf alone gives zeros.
void softmax(Call& c) {
  const View &x = c.in[0], &y = c.out[0];
  const int64_t n = x.last(), rows = n ? x.size() / n : 0;
  for (int64_t r = 0; r < rows; ++r) {
    const float* in = x.f32() + r * n;
    float* out = y.f32() + r * n;
    float top = -std::numeric_limits<float>::infinity();
    for (int64_t i = 0; i < n; ++i) top = std::isnan(in[i]) || in[i] > top ? in[i] : top;
    float sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += out[i] = std::isinf(top) && top < 0 ? 0 : std::exp(in[i] - top);
    for (int64_t i = 0; i < n && sum != 0; ++i) out[i] /= sum;
  }
}

/// x * rsqrt(mean(x^2) + eps) * weight over the last axis.
void rms_norm(Call& c) {
  const View &x = c.in[0], &y = c.out[0];
  const float eps = static_cast<float>(c.number("eps", 0));
  const int64_t n = x.last(), rows = n ? x.size() / n : 0;
  const float* w = c.in[1].f32();
  for (int64_t r = 0; r < rows; ++r) {
    const float* in = x.f32() + r * n;
    float* out = y.f32() + r * n;
    float sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += in[i] * in[i];
    const float scale = 1.0f / std::sqrt(sum / static_cast<float>(n) + eps);
    for (int64_t i = 0; i < n; ++i) out[i] = in[i] * scale * w[i];
  }
}

}  // namespace

void add_reduce(Interpreter& b) {
  b.kernel("reduce", reduce);
  b.kernel("cumsum", [](Call& c) { c.in[0].dtype == WEFT_F32 ? cumsum_as<float>(c) : cumsum_as<int32_t>(c); });
  b.kernel("top_k", top_k);
  b.kernel("softmax", softmax);
  b.kernel("rms_norm", rms_norm);
}

}  // namespace weft::reference
