// Ops along one axis: reduce, cumsum, top_k, and the norms.
#include <numeric>

#include "plugins/backends/host/ops.hpp"
#include "plugins/backends/host/tensor.hpp"

namespace weft::host_ops {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr int64_t kWidth = 1024;  // inner neighbours that a task does together; larger: fewer tasks

struct Axis {
  int64_t outer = 1, size = 1, inner = 1;
  Axis(const View& x, int64_t axis) {
    for (int64_t i = 0; i < static_cast<int64_t>(x.rank()); ++i) {
      (i < axis ? outer : i == axis ? size : inner) *= x.dims[static_cast<std::size_t>(i)];
    }
  }

  /// Calls lines(o, first, n) for the lines of outer index o and inner indices [first, first + n).
  template <class Lines>
  void parallel(const Call& c, const Lines& lines) const {
    const int64_t across = (inner + kWidth - 1) / kWidth;
    c.parallel(outer * across, grain(size * std::min(inner, kWidth)), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = i % across * kWidth;
        lines(i / across, first, std::min(kWidth, inner - first));
      }
    });
  }
};

/// Reduces along an axis by `op`; an empty axis gives `start`.
template <class T, class Op>
void reduce_as(const Call& c, T start, Op op) {
  const Axis a(c.in[0], c.integer("axis", 0));
  const T* x = static_cast<const T*>(c.in[0].data);
  T* y = static_cast<T*>(c.out[0].data);
  a.parallel(c, [&](int64_t o, int64_t first, int64_t n) {
    if (a.inner == 1) {
      y[o] = fold(x + o * a.size, a.size, start, op);
      return;
    }
    T* out = y + o * a.inner + first;
    std::fill(out, out + n, start);
    for (int64_t k = 0; k < a.size; ++k) {
      const T* in = x + (o * a.size + k) * a.inner + first;
      for (int64_t i = 0; i < n; ++i) out[i] = op(out[i], in[i]);
    }
  });
}

template <class T>
void reduce_kind(const Call& c, T lowest, T highest) {
  switch (c.integer("kind", 0)) {
    case 0: return reduce_as<T>(c, 0, Plus());
    case 1: return reduce_as<T>(c, lowest, Larger());
    default: return reduce_as<T>(c, highest, Smaller());
  }
}

void reduce(Call& c) {
  if (c.in[0].dtype == WEFT_F32) return reduce_kind<float>(c, -kInf, kInf);
  reduce_kind<int32_t>(c, INT32_MIN, INT32_MAX);
}

template <class T>
void cumsum_as(const Call& c) {
  const Axis a(c.in[0], c.integer("axis", 0));
  const bool exclusive = c.integer("exclusive", 0) != 0;
  const T* x = static_cast<const T*>(c.in[0].data);
  T* y = static_cast<T*>(c.out[0].data);
  a.parallel(c, [&](int64_t o, int64_t first, int64_t n) {
    std::vector<T> sum(static_cast<std::size_t>(n), T{0});
    for (int64_t k = 0; k < a.size; ++k) {
      const T* in = x + (o * a.size + k) * a.inner + first;
      T* out = y + (in - x);
      for (int64_t i = 0; i < n; ++i) {
        const T before = sum[static_cast<std::size_t>(i)], after = plus(before, in[i]);
        out[i] = exclusive ? before : after;
        sum[static_cast<std::size_t>(i)] = after;
      }
    }
  });
}

/// Calls row(r) for each row of the last axis.
template <class Row>
void each_row(const Call& c, const View& x, const Row& row) {
  const int64_t n = x.last(), rows = n ? x.size() / n : 0;
  c.parallel(rows, grain(n), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) row(r);
  });
}

/// The k largest of each row, in descending order; ties go to the lower index, and NaN counts as the largest.
void top_k(Call& c) {
  const View& x = c.in[0];
  const int64_t n = x.last(), k = c.out[0].last();
  if (k > n) sdk::fail(WEFT_OUT_OF_RANGE, "top_k: " + std::to_string(k) + " of " + std::to_string(n));
  each_row(c, x, [&](int64_t r) {
    const float* row = x.f32() + r * n;
    std::vector<int32_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int32_t a, int32_t b) {
      const bool na = std::isnan(row[a]), nb = std::isnan(row[b]);
      if (na != nb) return na;
      return !na && row[a] != row[b] ? row[a] > row[b] : a < b;
    });
    for (int64_t i = 0; i < k; ++i) {
      c.out[0].f32()[r * k + i] = row[order[static_cast<std::size_t>(i)]];
      c.out[1].i32()[r * k + i] = order[static_cast<std::size_t>(i)];
    }
  });
}

/// exp(x - max) / sum over the last axis; a row of -inf alone gives zeros.
void softmax(Call& c) {
  const View &x = c.in[0], &y = c.out[0];
  const int64_t n = x.last();
  each_row(c, x, [&](int64_t r) {
    const float* in = x.f32() + r * n;
    float* out = y.f32() + r * n;
    const float top = fold(in, n, -kInf, Larger());
    if (top == -kInf) {
      std::fill(out, out + n, 0.0f);
      return;
    }
    for (int64_t i = 0; i < n; ++i) out[i] = std::exp(in[i] - top);
    const float sum = fold(out, n, 0.0f, Plus());
    for (int64_t i = 0; i < n; ++i) out[i] /= sum;
  });
}

/// x * rsqrt(mean(x^2) + eps) * weight over the last axis.
void rms_norm(Call& c) {
  const View &x = c.in[0], &y = c.out[0];
  const float eps = static_cast<float>(c.number("eps", 0));
  const int64_t n = x.last();
  const float* w = c.in[1].f32();
  each_row(c, x, [&](int64_t r) {
    const float* in = x.f32() + r * n;
    float* out = y.f32() + r * n;
    const float scale = 1.0f / std::sqrt(dot(in, in, n) / static_cast<float>(n) + eps);
    for (int64_t i = 0; i < n; ++i) out[i] = in[i] * scale * w[i];
  });
}

/// (x - mean) * rsqrt(variance + eps) * weight + bias over the last axis; weight and bias may be absent.
void layer_norm(Call& c) {
  const View &x = c.in[0], &y = c.out[0];
  const float eps = static_cast<float>(c.number("eps", 0));
  const int64_t n = x.last();
  const float *w = c.has(1) ? c.in[1].f32() : nullptr, *bias = c.has(2) ? c.in[2].f32() : nullptr;
  each_row(c, x, [&](int64_t r) {
    const float* in = x.f32() + r * n;
    float* out = y.f32() + r * n;
    float sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += in[i];
    const float mean = sum / static_cast<float>(n);
    for (int64_t i = 0; i < n; ++i) out[i] = in[i] - mean;
    const float scale = 1.0f / std::sqrt(dot(out, out, n) / static_cast<float>(n) + eps);
    for (int64_t i = 0; i < n; ++i) out[i] = out[i] * scale * (w ? w[i] : 1) + (bias ? bias[i] : 0);
  });
}

}  // namespace

void add_reduce(Interpreter& b) {
  b.kernel("reduce", reduce);
  b.kernel("cumsum", [](Call& c) { c.in[0].dtype == WEFT_F32 ? cumsum_as<float>(c) : cumsum_as<int32_t>(c); });
  b.kernel("top_k", top_k);
  b.kernel("softmax", softmax);
  b.kernel("rms_norm", rms_norm);
  b.kernel("layer_norm", layer_norm);
}

}  // namespace weft::host_ops
