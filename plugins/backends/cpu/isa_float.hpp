// Products of f32, f16 and bf16 weights with f32 activations.

inline float bf16_to_float(uint16_t h) { return std::bit_cast<float>(uint32_t{h} << 16); }
inline uint16_t float_to_bf16(float v) {  // to nearest even; NaN stays NaN
  const auto bits = std::bit_cast<uint32_t>(v);
  if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<uint16_t>((bits >> 16) | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}
inline uint16_t float_to_half(float v) {
#if defined(__F16C__)
  return _cvtss_sh(v, _MM_FROUND_TO_NEAREST_INT);
#else
  const auto bits = std::bit_cast<uint32_t>(v);
  const uint32_t sign = (bits >> 16) & 0x8000, rest = bits & 0x7fffffff;
  if (rest > 0x7f800000) return static_cast<uint16_t>(sign | 0x7e00);
  if (rest >= 0x477ff000) return static_cast<uint16_t>(sign | 0x7c00);  // rounds to infinity
  if (rest < 0x38800000) return static_cast<uint16_t>(sign | static_cast<uint32_t>(std::nearbyint(std::bit_cast<float>(rest) * 0x1p24f)));
  const uint32_t rounded = rest + 0xfff + ((rest >> 13) & 1);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000) >> 13));
#endif
}

void widen(uint32_t dtype, const void* from, int64_t n, float* to) {
  if (dtype == WEFT_F32) {
    std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(float));
    return;
  }
  const auto* p = static_cast<const uint16_t*>(from);
  int64_t i = 0;
  if (dtype == WEFT_BF16) {
    for (; i < n; ++i) to[i] = bf16_to_float(p[i]);
    return;
  }
#if defined(__AVX512F__)
  for (; i + 16 <= n; i += 16) _mm512_storeu_ps(to + i, _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i))));
#elif defined(__F16C__)
  for (; i + 8 <= n; i += 8) _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i))));
#endif
  for (; i < n; ++i) to[i] = half_to_float(reinterpret_cast<const uint8_t*>(p + i));
}

void narrow(uint32_t dtype, const float* from, int64_t n, void* to) {
  if (dtype == WEFT_F32) {
    std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(float));
    return;
  }
  auto* p = static_cast<uint16_t*>(to);
  for (int64_t i = 0; i < n; ++i) p[i] = dtype == WEFT_BF16 ? float_to_bf16(from[i]) : float_to_half(from[i]);
}

#if defined(__AVX512F__)
constexpr int kLanes = 16;
using Lanes = __m512;
inline Lanes load_lanes(const float* p) { return _mm512_loadu_ps(p); }
inline Lanes multiply_add(Lanes a, Lanes b, Lanes c) { return _mm512_fmadd_ps(a, b, c); }
inline Lanes no_lanes() { return _mm512_setzero_ps(); }
inline Lanes all_lanes(float v) { return _mm512_set1_ps(v); }
inline void store_lanes(float* p, Lanes v) { _mm512_storeu_ps(p, v); }
inline float sum_lanes(Lanes v) { return _mm512_reduce_add_ps(v); }
inline Lanes load_weights(uint32_t dtype, const uint8_t* p) {
  if (dtype == WEFT_F32) return _mm512_loadu_ps(p);
  const __m256i h = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  if (dtype == WEFT_F16) return _mm512_cvtph_ps(h);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16));
}
#elif defined(__AVX2__)
constexpr int kLanes = 8;
using Lanes = __m256;
inline Lanes load_lanes(const float* p) { return _mm256_loadu_ps(p); }
inline Lanes multiply_add(Lanes a, Lanes b, Lanes c) { return _mm256_fmadd_ps(a, b, c); }
inline Lanes no_lanes() { return _mm256_setzero_ps(); }
inline Lanes all_lanes(float v) { return _mm256_set1_ps(v); }
inline void store_lanes(float* p, Lanes v) { _mm256_storeu_ps(p, v); }
inline float sum_lanes(Lanes v) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}
inline Lanes load_weights(uint32_t dtype, const uint8_t* p) {
  if (dtype == WEFT_F32) return _mm256_loadu_ps(reinterpret_cast<const float*>(p));
  const __m128i h = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  if (dtype == WEFT_F16) return _mm256_cvtph_ps(h);
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(h), 16));
}
#else
constexpr int kLanes = 4;
struct Lanes {
  float v[kLanes];
};
inline Lanes load_lanes(const float* p) {
  Lanes r;
  std::memcpy(r.v, p, sizeof r.v);
  return r;
}
inline Lanes multiply_add(Lanes a, Lanes b, Lanes c) {
  for (int i = 0; i < kLanes; ++i) c.v[i] += a.v[i] * b.v[i];
  return c;
}
inline Lanes no_lanes() { return {}; }
inline Lanes all_lanes(float v) { return {{v, v, v, v}}; }
inline void store_lanes(float* p, Lanes v) { std::memcpy(p, v.v, sizeof v.v); }
inline float sum_lanes(Lanes v) { return (v.v[0] + v.v[1]) + (v.v[2] + v.v[3]); }
inline Lanes load_weights(uint32_t dtype, const uint8_t* p) {
  Lanes r;
  widen(dtype, p, kLanes, r.v);
  return r;
}
#endif

inline float one_weight(uint32_t dtype, const uint8_t* row, int64_t i) {
  float v;
  widen(dtype, row + i * (dtype == WEFT_F32 ? 4 : 2), 1, &v);
  return v;
}

template <int n>
void dot_float_tokens(uint32_t dtype, const uint8_t* row, int64_t k, const float* const* x, float* out) {
  const int64_t bytes = dtype == WEFT_F32 ? 4 : 2;
  Lanes acc[n][2];
  for (int t = 0; t < n; ++t) acc[t][0] = acc[t][1] = no_lanes();
  int64_t i = 0;
  for (; i + 2 * kLanes <= k; i += 2 * kLanes) {
    const Lanes a = load_weights(dtype, row + i * bytes), b = load_weights(dtype, row + (i + kLanes) * bytes);
    for (int t = 0; t < n; ++t) {
      acc[t][0] = multiply_add(a, load_lanes(x[t] + i), acc[t][0]);
      acc[t][1] = multiply_add(b, load_lanes(x[t] + i + kLanes), acc[t][1]);
    }
  }
  for (int t = 0; t < n; ++t) {
    out[t] = sum_lanes(acc[t][0]) + sum_lanes(acc[t][1]);
    for (int64_t j = i; j < k; ++j) out[t] += one_weight(dtype, row, j) * x[t][j];
  }
}

void dot_float(uint32_t dtype, const uint8_t* row, int64_t k, const float* const* x, int n, float* out) {
  int t = 0;
  for (; t + 4 <= n; t += 4) dot_float_tokens<4>(dtype, row, k, x + t, out + t);
  for (; t + 2 <= n; t += 2) dot_float_tokens<2>(dtype, row, k, x + t, out + t);
  for (; t < n; ++t) dot_float_tokens<1>(dtype, row, k, x + t, out + t);
}

/// out[t][16 rows] = panel [k][16] * x for n tokens.
template <int n>
inline void float_panel(const float* panel, int64_t k, const float* const* x, float* out) {
  constexpr int parts = kPanel / kLanes;
  Lanes acc[n][parts];
  for (int t = 0; t < n; ++t) {
    for (int p = 0; p < parts; ++p) acc[t][p] = no_lanes();
  }
  for (int64_t i = 0; i < k; ++i) {
    for (int p = 0; p < parts; ++p) {
      const Lanes w = load_lanes(panel + i * kPanel + p * kLanes);
      for (int t = 0; t < n; ++t) acc[t][p] = multiply_add(w, all_lanes(x[t][i]), acc[t][p]);
    }
  }
  for (int t = 0; t < n; ++t) {
    for (int p = 0; p < parts; ++p) store_lanes(out + t * kPanel + p * kLanes, acc[t][p]);
  }
}

#if defined(__AVX512BF16__)
/// The same with bf16 pairs: panel [k/2][16][2], tokens [k] bf16.
template <int n>
inline void bf16_panel(const uint16_t* panel, int64_t k, const uint16_t* const* x, float* out) {
  __m512 acc[n];
  for (int t = 0; t < n; ++t) acc[t] = _mm512_setzero_ps();
  for (int64_t i = 0; i < k; i += 2) {
    const auto w = reinterpret_cast<__m512bh>(_mm512_loadu_si512(panel + i * kPanel));
    for (int t = 0; t < n; ++t) {
      int pair;
      std::memcpy(&pair, x[t] + i, 4);
      acc[t] = _mm512_dpbf16_ps(acc[t], w, reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair)));
    }
  }
  for (int t = 0; t < n; ++t) _mm512_storeu_ps(out + t * kPanel, acc[t]);
}

void gemm_bf16(const uint8_t* const* rows, int64_t k, const float* const* x, int64_t T, float* out, int64_t stride, int n_rows,
               uint8_t* scratch) {
  const int64_t even = (k + 1) / 2 * 2;
  auto* panel = reinterpret_cast<uint16_t*>(scratch);
  auto* tokens = reinterpret_cast<uint16_t*>(scratch + even * kPanel * 2);
  for (int r = 0; r < kPanel; ++r) {
    const auto* from = reinterpret_cast<const uint16_t*>(rows[r]);
    for (int64_t i = 0; i < even; ++i) {
      uint16_t v = 0;
      if (from != nullptr && i < k) std::memcpy(&v, from + i, 2);
      panel[(i / 2 * kPanel + r) * 2 + i % 2] = v;
    }
  }
  float tile[kMaxTokens * kPanel];
  for (int64_t t = 0; t < T; t += kMaxTokens) {
    const int n = static_cast<int>(std::min<int64_t>(kMaxTokens, T - t));
    const uint16_t* narrowed[kMaxTokens];
    for (int j = 0; j < kMaxTokens; ++j) {
      uint16_t* to = tokens + j * even;
      narrowed[j] = to;
      if (j >= n) {
        narrowed[j] = tokens;
        continue;
      }
      narrow(WEFT_BF16, x[t + j], k, to);
      if (even > k) to[k] = 0;
    }
    bf16_panel<kMaxTokens>(panel, even, narrowed, tile);
    for (int j = 0; j < n; ++j) std::copy(tile + j * kPanel, tile + j * kPanel + n_rows, out + (t + j) * stride);
  }
}
#endif

void gemm_float(uint32_t dtype, const uint8_t* const* rows, int64_t k, const float* const* x, int64_t T, float* out, int64_t stride,
                int n_rows, bool narrowed, uint8_t* scratch) {
#if defined(__AVX512BF16__)
  if (narrowed && dtype == WEFT_BF16) return gemm_bf16(rows, k, x, T, out, stride, n_rows, scratch);
#endif
  (void)narrowed;
  auto* panel = reinterpret_cast<float*>(scratch);
  float chunk[kChunk];
  for (int r = 0; r < kPanel; ++r) {
    for (int64_t i = 0; i < k; i += kChunk) {
      const int64_t n = std::min(kChunk, k - i);
      if (rows[r] != nullptr) {
        widen(dtype, rows[r] + i * (dtype == WEFT_F32 ? 4 : 2), n, chunk);
      } else {
        std::fill(chunk, chunk + n, 0.0f);
      }
      for (int64_t j = 0; j < n; ++j) panel[(i + j) * kPanel + r] = chunk[j];
    }
  }
  constexpr int n = kPanel / kLanes > 2 ? 2 : kPanel / kLanes == 2 ? 6 : 8;  // what the registers hold
  float tile[8 * kPanel];
  int64_t t = 0;
  auto give = [&](int count) {
    for (int j = 0; j < count; ++j) std::copy(tile + j * kPanel, tile + j * kPanel + n_rows, out + (t + j) * stride);
  };
  for (; t + n <= T; t += n) float_panel<n>(panel, k, x + t, tile), give(n);
  for (; t < T; ++t) float_panel<1>(panel, k, x + t, tile), give(1);
}
