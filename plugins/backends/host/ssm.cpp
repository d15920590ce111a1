// Causal convolutions, selective scans and their kin, which keep states for each sequence.
#include "plugins/backends/host/ssm.hpp"

#include "plugins/backends/host/ops.hpp"

namespace weft::host_ops {
namespace {

/// Each channel for itself: x [T,C], weight [C,K], bias [C] or absent; the state [K-1,C] holds the rows before.
void causal_conv(Call& c) {
  const Kept kept(c, 3, 1, c.in[0].dims[0]);
  const int64_t C = c.in[1].dims[0], K = c.in[1].dims[1];
  const float *x = c.in[0].f32(), *bias = c.has(2) ? c.in[2].f32() : nullptr;
  float* y = c.out[0].f32();
  std::vector<float> taps(static_cast<std::size_t>(K * C));  // [K,C]
  for (int64_t i = 0; i < C; ++i) {
    for (int64_t k = 0; k < K; ++k) taps[static_cast<std::size_t>(k * C + i)] = c.in[1].f32()[i * K + k];
  }
  kept.each_sequence([&](const Kept::Sequence& s) {
    // Row j of the sequence; rows before this step are row j + K - 1 of the state, or null where that is its fill.
    const float* before = kept.from(s);
    const float fill = kept.fill();
    const auto row = [&](int64_t j) {
      return j >= 0 ? x + (s.begin + j) * C : before == nullptr ? nullptr : before + (j + K - 1) * C;
    };
    c.parallel(s.end - s.begin, grain(K * C), [&](int64_t begin, int64_t end) {
      for (int64_t j = begin; j < end; ++j) {
        float* out = y + (s.begin + j) * C;
        bias != nullptr ? std::copy_n(bias, C, out) : std::fill_n(out, C, 0.0f);
        for (int64_t k = 0; k < K; ++k) {
          const float *in = row(j - K + 1 + k), *tap = taps.data() + k * C;
          for (int64_t i = 0; i < C; ++i) out[i] += (in == nullptr ? fill : in[i]) * tap[i];
        }
        float* keep = kept.to(s.begin + j);
        for (int64_t k = 0; k < K - 1 && keep != nullptr; ++k) {
          const float* in = row(j - K + 2 + k);
          in != nullptr ? std::copy_n(in, C, keep + k * C) : std::fill_n(keep + k * C, C, fill);
        }
      }
    });
  });
}

/// k, v [T,A], decay and first [A]. The states [A] are a weighted sum, the sum of its weights (both divided by e^top),
/// and top.
void weighted_mean(Call& c) {
  const int64_t T = c.in[0].dims[0], A = c.in[0].dims[1];
  const Kept kept(c, 4, 3, T);
  const float *k = c.in[0].f32(), *v = c.in[1].f32(), *decay = c.in[2].f32(), *first = c.in[3].f32();
  float* y = c.out[0].f32();
  kept.each_sequence([&](const Kept::Sequence& s) {
    c.parallel(A, grain(16 * (s.end - s.begin)), [&](int64_t begin, int64_t end) {
      const int64_t n = end - begin;
      std::vector<float> state[3];
      for (std::size_t i = 0; i < 3; ++i)
        state[i].resize(static_cast<std::size_t>(n)), kept.read(s, i, begin, n, state[i].data());
      float *sum = state[0].data(), *weight = state[1].data(), *top = state[2].data();
      for (int64_t t = s.begin; t < s.end; ++t) {
        for (int64_t i = 0; i < n; ++i) {
          const float key = k[t * A + begin + i], value = v[t * A + begin + i], now = key + first[begin + i],
                      faded = top[i] + decay[begin + i];
          float most = std::max(top[i], now), old = std::exp(top[i] - most), fresh = std::exp(now - most);
          y[t * A + begin + i] = (old * sum[i] + fresh * value) / (old * weight[i] + fresh);
          most = std::max(faded, key), old = std::exp(faded - most), fresh = std::exp(key - most);
          sum[i] = old * sum[i] + fresh * value, weight[i] = old * weight[i] + fresh, top[i] = most;
        }
        for (std::size_t i = 0; i < 3 && kept.to(t) != nullptr; ++i)
          std::copy_n(state[i].data(), n, kept.to(t, i) + begin);
      }
    });
  });
}

/// q, k [T,G,K], v [T,H,V], decay and beta [T,H]; the state is [H,K,V].
void gated_delta(Call& c) {
  const Kept kept(c, 5, 1, c.in[2].dims[0]);
  const int64_t G = c.in[1].dims[1], K = c.in[1].dims[2], H = c.in[2].dims[1], V = c.in[2].dims[2];
  kept.each_sequence([&](const Kept::Sequence& s) {
    c.parallel(H, grain(4 * (s.end - s.begin) * K * V), [&](int64_t begin, int64_t end) {
      std::vector<float> state(static_cast<std::size_t>(K * V)), delta(static_cast<std::size_t>(V));
      for (int64_t head = begin; head < end; ++head) {
        float* h = state.data();
        kept.read(s, 0, head * K * V, K * V, h);
        for (int64_t t = s.begin; t < s.end; ++t) {
          const int64_t shared = (t * G + head / (H / G)) * K, own = (t * H + head) * V;
          const float *q = c.in[0].f32() + shared, *k = c.in[1].f32() + shared, *v = c.in[2].f32() + own;
          const float keep = std::exp(c.in[3].f32()[t * H + head]), beta = c.in[4].f32()[t * H + head];
          float *y = c.out[0].f32() + own, *d = delta.data();
          std::fill_n(d, V, 0.0f);
          for (int64_t i = 0; i < K; ++i) {
            for (int64_t j = 0; j < V; ++j) h[i * V + j] *= keep, d[j] += h[i * V + j] * k[i];
          }
          for (int64_t j = 0; j < V; ++j) d[j] = (v[j] - d[j]) * beta;
          std::fill_n(y, V, 0.0f);
          for (int64_t i = 0; i < K; ++i) {
            for (int64_t j = 0; j < V; ++j) h[i * V + j] += k[i] * d[j], y[j] += h[i * V + j] * q[i];
          }
          if (float* to = kept.to(t)) std::copy_n(h, K * V, to + head * K * V);
        }
      }
    });
  });
}

void plain_row(const ScanRow& r, float* h, float* y) {
  for (int64_t p = 0; p < r.P; ++p) {
    float sum = 0;
    for (int64_t n = 0; n < r.N; ++n) {
      float& state = h[p * r.N + n];
      state = state * r.decay[n] + r.x[p] * r.dt * r.b[n];
      sum += state * r.c[n];
    }
    y[p] = sum + r.d * r.x[p];
  }
}

void plain_decay(const float* a, float dt, int64_t n, float* decay) {
  for (int64_t i = 0; i < n; ++i) decay[i] = std::exp(dt * a[i]);
}

}  // namespace

void selective_scan(Call& c, const ScanKernels& kernels) {
  const View &x = c.in[0], &a = c.in[2], &b = c.in[3];
  const Kept kept(c, 6, 1, x.dims[0]);
  const int64_t H = x.dims[1], P = x.dims[2], G = b.dims[1], N = b.dims[2], decays = a.dims[1];
  kept.each_sequence([&](const Kept::Sequence& s) {
    c.parallel(H, grain((s.end - s.begin) * P * N), [&](int64_t begin, int64_t end) {
      std::vector<float> h(static_cast<std::size_t>(P * N)), decay(static_cast<std::size_t>(N));
      for (int64_t head = begin; head < end; ++head) {
        kept.read(s, 0, head * P * N, P * N, h.data());
        for (int64_t t = s.begin; t < s.end; ++t) {
          const float dt = c.in[1].f32()[t * H + head];
          kernels.decay(a.f32() + head * decays, dt, decays, decay.data());
          if (decays == 1 && N > 1) std::fill(decay.begin() + 1, decay.end(), decay[0]);
          const int64_t shared = (t * G + head / (H / G)) * N, own = (t * H + head) * P;
          kernels.row({P, N, x.f32() + own, decay.data(), b.f32() + shared, c.in[4].f32() + shared, dt,
                          c.has(5) ? c.in[5].f32()[head] : 0},
              h.data(), c.out[0].f32() + own);
          if (float* keep = kept.to(t)) std::copy_n(h.data(), P * N, keep + head * P * N);
        }
      }
    });
  });
}

void add_ssm(Interpreter& b) {
  b.kernel("causal_conv", causal_conv);
  b.kernel("weighted_mean", weighted_mean);
  b.kernel("gated_delta", gated_delta);
  b.kernel("selective_scan", [](Call& c) { selective_scan(c, {plain_row, plain_decay}); });
}

}  // namespace weft::host_ops
