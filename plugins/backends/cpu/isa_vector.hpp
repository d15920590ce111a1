// Norm, gates and rope: row by row, in vectors.

/// y[i] = f(x[i], w[i]); y may be x.
template <class F>
inline void map_lanes(const float* x, const float* w, int64_t n, float* y, F f) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store_lanes(y + i, f(load_lanes(x + i), load_lanes(w + i)));
  if (i == n) return;
  float a[kLanes] = {}, b[kLanes] = {};
  for (int64_t j = i; j < n; ++j) a[j - i] = x[j], b[j - i] = w[j];
  store_lanes(a, f(load_lanes(a), load_lanes(b)));
  for (int64_t j = i; j < n; ++j) y[j] = a[j - i];
}

void rms_norm(const float* x, const float* weight, int64_t n, float eps, float* out) {
  Lanes acc[4] = {no_lanes(), no_lanes(), no_lanes(), no_lanes()};
  int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    for (int j = 0; j < 4; ++j)
      acc[j] = multiply_add(load_lanes(x + i + j * kLanes), load_lanes(x + i + j * kLanes), acc[j]);
  }
  for (; i + kLanes <= n; i += kLanes) acc[0] = multiply_add(load_lanes(x + i), load_lanes(x + i), acc[0]);
  float sum = sum_lanes((acc[0] + acc[1]) + (acc[2] + acc[3]));
  for (; i < n; ++i) sum += x[i] * x[i];
  const Lanes scale = all_lanes(1.0f / std::sqrt(sum / static_cast<float>(n) + eps));
  map_lanes(x, weight, n, out, [=](Lanes v, Lanes w) { return v * scale * w; });
}

void layer_norm(const float* x, const float* weight, const float* bias, int64_t n, float eps, float* out) {
  const auto sum_of = [&](auto f) {  // the sum of f(x[i]) over the row
    Lanes acc = no_lanes();
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) acc = acc + f(load_lanes(x + i));
    float sum = sum_lanes(acc), rest[kLanes];
    for (; i < n; ++i) store_lanes(rest, f(all_lanes(x[i]))), sum += rest[0];
    return sum;
  };
  const Lanes mean = all_lanes(sum_of([](Lanes v) { return v; }) / static_cast<float>(n));
  const float variance = sum_of([=](Lanes v) { return (v - mean) * (v - mean); }) / static_cast<float>(n);
  const Lanes scale = all_lanes(1.0f / std::sqrt(variance + eps));
  if (weight == nullptr) {
    map_lanes(x, x, n, out, [=](Lanes v, Lanes) { return (v - mean) * scale; });
  } else {
    map_lanes(x, weight, n, out, [=](Lanes v, Lanes w) { return (v - mean) * scale * w; });
  }
  if (bias != nullptr) map_lanes(out, bias, n, out, [](Lanes v, Lanes b) { return v + b; });
}

/// use(act), act from Lanes to Lanes; kind as in kActivations.
template <class Use>
inline void with_activation(int kind, Use use) {
  const Lanes one = all_lanes(1), half = all_lanes(0.5f);
  switch (kind) {
    case 0: return use([=](Lanes x) { return x / (one + exp_lanes(no_lanes() - x)); });
    case 1: return use([=](Lanes x) { return half * x * (one + erf_lanes(x * all_lanes(0.70710678f))); });
    case 2:  // (1 + tanh(y)) / 2 = 1 / (1 + e^-2y)
      return use([=](Lanes x) {
        return x / (one + exp_lanes(all_lanes(-2 * 0.79788456f) * (x + all_lanes(0.044715f) * x * x * x)));
      });
    case 3: return use([=](Lanes x) { return choose(less(x, no_lanes()), no_lanes(), x); });
    default: return use([=](Lanes x) { return x / (one + exp_lanes(all_lanes(-1.702f) * x)); });
  }
}

void activate(int kind, const float* x, const float* up, int64_t n, float* y) {
  with_activation(kind, [&](auto act) {
    if (up == nullptr) return map_lanes(x, x, n, y, [=](Lanes v, Lanes) { return act(v); });
    map_lanes(x, up, n, y, [=](Lanes v, Lanes w) { return act(v) * w; });
  });
}

/// kLanes values, pairs next to each other, each turned by its cos and sin.
inline Lanes turn_pairs(Lanes x, const float* cos, const float* sin) {
#if defined(__AVX512F__)
  const __m512i twice = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
  const __m512 c = _mm512_permutexvar_ps(twice, _mm512_castps256_ps512(_mm256_loadu_ps(cos)));
  const __m512 s = _mm512_permutexvar_ps(twice, _mm512_castps256_ps512(_mm256_loadu_ps(sin)));
  return _mm512_fmaddsub_ps(x, c, _mm512_permute_ps(x, 0xb1) * s);
#elif defined(__AVX2__)
  const __m256i twice = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
  const __m256 c = _mm256_permutevar8x32_ps(_mm256_castps128_ps256(_mm_loadu_ps(cos)), twice);
  const __m256 s = _mm256_permutevar8x32_ps(_mm256_castps128_ps256(_mm_loadu_ps(sin)), twice);
  return _mm256_fmaddsub_ps(x, c, _mm256_permute_ps(x, 0xb1) * s);
#else
  return x * Lanes{cos[0], cos[0], cos[1], cos[1]} +
         Lanes{x[1], x[0], x[3], x[2]} * Lanes{-sin[0], sin[0], -sin[1], sin[1]};
#endif
}

void rope(const float* x, const float* cos, const float* sin, int64_t heads, int64_t D, int64_t half, bool interleaved,
          float* y) {
  for (int64_t h = 0; h < heads; ++h, x += D, y += D) {
    int64_t i = 0;  // of pairs
    if (interleaved) {
      for (; i + kLanes / 2 <= half; i += kLanes / 2)
        store_lanes(y + 2 * i, turn_pairs(load_lanes(x + 2 * i), cos + i, sin + i));
    } else {
      for (; i + kLanes <= half; i += kLanes) {
        const Lanes a = load_lanes(x + i), b = load_lanes(x + i + half), c = load_lanes(cos + i),
                    s = load_lanes(sin + i);
        store_lanes(y + i, a * c - b * s);
        store_lanes(y + i + half, b * c + a * s);
      }
    }
    for (; i < half; ++i) {
      const int64_t p = interleaved ? 2 * i : i, q = interleaved ? 2 * i + 1 : i + half;
      const float a = x[p], b = x[q];
      y[p] = a * cos[i] - b * sin[i];
      y[q] = b * cos[i] + a * sin[i];
    }
    for (i = 2 * half; i < D; ++i) y[i] = x[i];
  }
}
