// Norm, gates and attention: plain loops that the compiler vectorises for the instruction set.

/// e^x within 2 ulp for |x| < 87; 0 below, +inf above, NaN for NaN. Cephes' polynomial after the
/// reduction x = n ln 2 + r.
inline float fast_exp(float x) {
  const float clamped = x < -87.3f ? -87.3f : x > 88.7f ? 88.7f : x;
  const float n = std::nearbyint(clamped * 1.44269504f);
  const float r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1;
  // 2^n in two halves, since n may be 128.
  const int whole = static_cast<int>(n), half = whole / 2;
  const float a = std::bit_cast<float>((half + 127) << 23), b = std::bit_cast<float>((whole - half + 127) << 23);
  const float y = p * a * b;
  return x < -87.3f ? 0.0f : x > 88.7f ? std::numeric_limits<float>::infinity() : x == x ? y : x;
}

void rms_norm(const float* x, const float* weight, int64_t n, float eps, float* out) {
  Lanes acc = no_lanes();
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) acc = multiply_add(load_lanes(x + i), load_lanes(x + i), acc);
  float sum = sum_lanes(acc);
  for (; i < n; ++i) sum += x[i] * x[i];
  const float scale = 1.0f / std::sqrt(sum / static_cast<float>(n) + eps);
  for (i = 0; i < n; ++i) out[i] = x[i] * scale * weight[i];
}

void gate(int activation, float* g, const float* up, int64_t n) {
  switch (activation) {
    case 0:
      for (int64_t i = 0; i < n; ++i) g[i] = g[i] / (1.0f + fast_exp(-g[i])) * up[i];
      return;
    case 1:
      for (int64_t i = 0; i < n; ++i) g[i] = 0.5f * g[i] * (1.0f + std::erf(g[i] * 0.70710678f)) * up[i];
      return;
    case 2:  // tanh(y) = 1 - 2 / (e^2y + 1)
      for (int64_t i = 0; i < n; ++i) {
        const float y = 0.79788456f * (g[i] + 0.044715f * g[i] * g[i] * g[i]);
        g[i] = 0.5f * g[i] * (2.0f - 2.0f / (fast_exp(2 * y) + 1.0f)) * up[i];
      }
      return;
    default:
      for (int64_t i = 0; i < n; ++i) g[i] = (g[i] < 0 ? 0 : g[i]) * up[i];
  }
}

void attend(const float* q, int64_t m, int64_t D, const float* keys, const float* values, int64_t n, int64_t Dv, const float* mask,
            float softcap, float* score, float* top, float* total, float* acc) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  for (int64_t i = 0; i < m; ++i) {
    float* s = score + i * 64;
    const float* query = q + i * D;
    for (int64_t j = 0; j < n; ++j) {
      const float* key = keys + j * D;
      Lanes sum = no_lanes();
      int64_t d = 0;
      for (; d + kLanes <= D; d += kLanes) sum = multiply_add(load_lanes(query + d), load_lanes(key + d), sum);
      float dot = sum_lanes(sum);
      for (; d < D; ++d) dot += query[d] * key[d];
      s[j] = dot;
    }
    if (softcap > 0) {
      for (int64_t j = 0; j < n; ++j) s[j] = softcap * (1.0f - 2.0f / (fast_exp(2 * s[j] / softcap) + 1.0f));
    }
    float best = top[i];
    for (int64_t j = 0; j < n; ++j) {
      s[j] += mask[i * 64 + j];
      best = s[j] > best || s[j] != s[j] ? s[j] : best;
    }
    if (best == -inf) continue;  // nothing visible yet
    const float old = top[i] == -inf ? 0.0f : fast_exp(top[i] - best);
    float sum = 0;
    for (int64_t j = 0; j < n; ++j) s[j] = fast_exp(s[j] - best);
    for (int64_t j = 0; j < n; ++j) sum += s[j];
    top[i] = best;
    total[i] = total[i] * old + sum;
    float* out = acc + i * Dv;
    for (int64_t d = 0; d < Dv; ++d) out[d] *= old;
    for (int64_t j = 0; j < n; ++j) {
      const float* value = values + j * Dv;
      const Lanes p = all_lanes(s[j]);
      int64_t d = 0;
      for (; d + kLanes <= Dv; d += kLanes) store_lanes(out + d, multiply_add(p, load_lanes(value + d), load_lanes(out + d)));
      for (; d < Dv; ++d) out[d] += s[j] * value[d];
    }
  }
}
