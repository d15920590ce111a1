// Products of block-quantised weights with activations in int8.

void quantize(const float* x, int64_t k, int8_t* q, float* d, float* sum) {
  const int64_t padded = (k + kChunk - 1) / kChunk * kChunk;
  for (int64_t b = 0; b < padded; b += 16) {
    float block[16] = {};
    const int64_t n = k - b < 16 ? k - b : 16;
    for (int64_t i = 0; i < n; ++i) block[i] = x[b + i];
    float top = 0, any = 0;
    for (int i = 0; i < 16; ++i) {
      const float a = std::fabs(block[i]);
      top = a > top ? a : top;
      any += block[i] * 0.0f;  // NaN when one is not finite
    }
    // What is not finite makes the whole product NaN, as it would in floats.
    const float scale = top / 127 + any, inverse = top > 0 && any == 0 ? 127 / top : 0;
    int total = 0;
    for (int i = 0; i < 16; ++i) {
      const float v = any == 0 ? block[i] * inverse : 0.0f;
      const int rounded = static_cast<int>(v + (v < 0 ? -0.5f : 0.5f));
      q[b + i] = static_cast<int8_t>(rounded);
      total += rounded;
    }
    d[b / 16] = scale;
    sum[b / 16] = scale * static_cast<float>(total);
  }
}

/// Adds the products of the first 64 * `parts` values of a chunk for n tokens; `at` is its first value.
template <int n, bool wide>
inline void dot_chunk(const Unpacked& w, const QuantRow* x, int64_t at, int parts, float* out) {
#if defined(__AVX512VNNI__)
  const __m512i spread = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  __m512 acc[n];
  __m128 low[n];
  for (int t = 0; t < n; ++t) acc[t] = _mm512_setzero_ps(), low[t] = _mm_setzero_ps();
  for (int j = 0; j < parts; ++j) {
    const __m512i u = _mm512_load_si512(w.u + 64 * j);
    const __m128 wd = _mm_load_ps(w.d + 4 * j), wm = _mm_load_ps(w.m + 4 * j);
    for (int t = 0; t < n; ++t) {
      const __m512i q = _mm512_loadu_si512(x[t].q + at + 64 * j);
      const __m512 dot = _mm512_cvtepi32_ps(_mm512_dpbusd_epi32(_mm512_setzero_si512(), u, q));
      const __m128 scale = _mm_mul_ps(wd, _mm_loadu_ps(x[t].d + at / 16 + 4 * j));
      acc[t] = _mm512_fmadd_ps(dot, _mm512_permutexvar_ps(spread, _mm512_castps128_ps512(scale)), acc[t]);
      low[t] = _mm_fmadd_ps(wm, _mm_loadu_ps(x[t].sum + at / 16 + 4 * j), low[t]);
    }
  }
  for (int t = 0; t < n; ++t) {
    const __m128 pair = _mm_add_ps(low[t], _mm_movehl_ps(low[t], low[t]));
    out[t] += _mm512_reduce_add_ps(acc[t]) + _mm_cvtss_f32(_mm_add_ss(pair, _mm_shuffle_ps(pair, pair, 1)));
  }
#elif defined(__AVX2__)
  const __m256i ones = _mm256_set1_epi16(1), flip = _mm256_set1_epi8(static_cast<char>(0x80));
  __m256 acc[n];
  __m128 low[n];
  for (int t = 0; t < n; ++t) acc[t] = _mm256_setzero_ps(), low[t] = _mm_setzero_ps();
  for (int j = 0; j < 2 * parts; ++j) {
    __m256i u = _mm256_load_si256(reinterpret_cast<const __m256i*>(w.u + 32 * j));
    if constexpr (wide) u = _mm256_xor_si256(u, flip);  // the signed byte
    for (int t = 0; t < n; ++t) {
      const __m256i q = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x[t].q + at + 32 * j));
      const __m256i pairs = wide ? _mm256_maddubs_epi16(_mm256_abs_epi8(u), _mm256_sign_epi8(q, u)) : _mm256_maddubs_epi16(u, q);
      const __m256 dot = _mm256_cvtepi32_ps(_mm256_madd_epi16(pairs, ones));
      const __m256 scale = _mm256_set_m128(_mm_set1_ps(w.d[2 * j + 1] * x[t].d[at / 16 + 2 * j + 1]), _mm_set1_ps(w.d[2 * j] * x[t].d[at / 16 + 2 * j]));
      acc[t] = _mm256_fmadd_ps(dot, scale, acc[t]);
    }
  }
  for (int j = 0; j < parts; ++j) {
    __m128 wm = _mm_load_ps(w.m + 4 * j);
    if constexpr (wide) wm = _mm_fmadd_ps(_mm_set1_ps(128), _mm_load_ps(w.d + 4 * j), wm);
    for (int t = 0; t < n; ++t) low[t] = _mm_fmadd_ps(wm, _mm_loadu_ps(x[t].sum + at / 16 + 4 * j), low[t]);
  }
  for (int t = 0; t < n; ++t) {
    __m128 sum = _mm_add_ps(_mm_add_ps(_mm256_castps256_ps128(acc[t]), _mm256_extractf128_ps(acc[t], 1)), low[t]);
    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    out[t] += _mm_cvtss_f32(_mm_add_ss(sum, _mm_shuffle_ps(sum, sum, 1)));
  }
#else
  for (int t = 0; t < n; ++t) {
    for (int g = 0; g < 4 * parts; ++g) {
      int dot = 0;
      for (int i = 16 * g; i < 16 * g + 16; ++i) dot += int{w.u[i]} * int{x[t].q[at + i]};
      out[t] += static_cast<float>(dot) * w.d[g] * x[t].d[at / 16 + g] + w.m[g] * x[t].sum[at / 16 + g];
    }
  }
#endif
}

template <int n, bool wide>
void dot_tokens(const Format& f, const uint8_t* row, int64_t k, const QuantRow* x, float* out) {
  Unpacked w[2];  // the next chunk is unpacked before this one is used: its stores have settled by then
  std::fill(out, out + n, 0.0f);
  f.unpack(row, 0, k, w[0]);
  for (int64_t at = 0, i = 0; at < k; at += kChunk, ++i) {
    if (at + kChunk < k) f.unpack(row, at + kChunk, k, w[(i + 1) & 1]);
    const int64_t here = k - at < kChunk ? k - at : kChunk;
    dot_chunk<n, wide>(w[i & 1], x, at, static_cast<int>((here + 63) / 64), out);
  }
}

template <bool wide>
void dot_some(const Format& f, const uint8_t* row, int64_t k, const QuantRow* x, int n, float* out) {
  switch (n) {
    case 1: return dot_tokens<1, wide>(f, row, k, x, out);
    case 2: return dot_tokens<2, wide>(f, row, k, x, out);
    case 3: return dot_tokens<3, wide>(f, row, k, x, out);
    case 4: return dot_tokens<4, wide>(f, row, k, x, out);
    case 5: return dot_tokens<5, wide>(f, row, k, x, out);
    case 6: return dot_tokens<6, wide>(f, row, k, x, out);
    case 7: return dot_tokens<7, wide>(f, row, k, x, out);
    default: return dot_tokens<8, wide>(f, row, k, x, out);
  }
}

void dot_quant(const Format& f, const uint8_t* row, int64_t k, const QuantRow* x, int n, float* out) {
  f.wide ? dot_some<true>(f, row, k, x, n, out) : dot_some<false>(f, row, k, x, n, out);
}

// --- panels: 16 rows side by side, for many tokens -----------------------------------------------

/// One chunk of 16 rows: u [64][16 rows][4 values], d and m [16 groups][16 rows].
struct QuantPanel {
  alignas(64) uint8_t u[kChunk * kPanel];
  alignas(64) float d[16 * kPanel], m[16 * kPanel];
};

void fill_panel(const Format& f, const uint8_t* const* rows, int64_t at, int64_t k, QuantPanel& panel) {
  Unpacked w;
  for (int r = 0; r < kPanel; ++r) {
    if (rows[r] != nullptr) {
      f.unpack(rows[r], at, k, w);
    } else {
      w = {};
    }
    uint32_t fours[64];
    std::memcpy(fours, w.u, sizeof fours);
    auto* to = reinterpret_cast<uint32_t*>(panel.u);
    for (int i = 0; i < 64; ++i) to[i * kPanel + r] = fours[i];
    for (int g = 0; g < 16; ++g) panel.d[g * kPanel + r] = w.d[g], panel.m[g * kPanel + r] = w.m[g];
  }
}

/// acc[t][16 rows] += panel * x for n tokens; `at` is the chunk's first value.
template <int n>
inline void panel_chunk(const QuantPanel& p, bool wide, const QuantRow* x, int64_t at, float* acc) {
#if defined(__AVX512VNNI__)
  (void)wide;
  __m512 sum[n];
  for (int t = 0; t < n; ++t) sum[t] = _mm512_loadu_ps(acc + t * kPanel);
  for (int g = 0; g < 16; ++g) {
    __m512i dot[n];
    for (int t = 0; t < n; ++t) dot[t] = _mm512_setzero_si512();
    for (int i = 4 * g; i < 4 * g + 4; ++i) {
      const __m512i u = _mm512_load_si512(p.u + 64 * i);
      for (int t = 0; t < n; ++t) {
        int four;
        std::memcpy(&four, x[t].q + at + 4 * i, 4);
        dot[t] = _mm512_dpbusd_epi32(dot[t], u, _mm512_set1_epi32(four));
      }
    }
    const __m512 d = _mm512_load_ps(p.d + g * kPanel), m = _mm512_load_ps(p.m + g * kPanel);
    for (int t = 0; t < n; ++t) {
      const __m512 scale = _mm512_mul_ps(d, _mm512_set1_ps(x[t].d[at / 16 + g]));
      sum[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[t]), scale, sum[t]);
      sum[t] = _mm512_fmadd_ps(m, _mm512_set1_ps(x[t].sum[at / 16 + g]), sum[t]);
    }
  }
  for (int t = 0; t < n; ++t) _mm512_storeu_ps(acc + t * kPanel, sum[t]);
#elif defined(__AVX2__)
  const __m256i ones = _mm256_set1_epi16(1), flip = _mm256_set1_epi8(static_cast<char>(0x80));
  for (int half = 0; half < 2; ++half) {  // 8 rows at a time
    __m256 sum[n];
    for (int t = 0; t < n; ++t) sum[t] = _mm256_loadu_ps(acc + t * kPanel + 8 * half);
    for (int g = 0; g < 16; ++g) {
      __m256i dot[n];
      for (int t = 0; t < n; ++t) dot[t] = _mm256_setzero_si256();
      for (int i = 4 * g; i < 4 * g + 4; ++i) {
        __m256i u = _mm256_load_si256(reinterpret_cast<const __m256i*>(p.u + 64 * i + 32 * half));
        if (wide) u = _mm256_xor_si256(u, flip);
        const __m256i size = _mm256_abs_epi8(u);
        for (int t = 0; t < n; ++t) {
          int four;
          std::memcpy(&four, x[t].q + at + 4 * i, 4);
          const __m256i q = _mm256_set1_epi32(four);
          const __m256i pairs = wide ? _mm256_maddubs_epi16(size, _mm256_sign_epi8(q, u)) : _mm256_maddubs_epi16(u, q);
          dot[t] = _mm256_add_epi32(dot[t], _mm256_madd_epi16(pairs, ones));
        }
      }
      const __m256 d = _mm256_load_ps(p.d + g * kPanel + 8 * half);
      __m256 m = _mm256_load_ps(p.m + g * kPanel + 8 * half);
      if (wide) m = _mm256_fmadd_ps(_mm256_set1_ps(128), d, m);
      for (int t = 0; t < n; ++t) {
        const __m256 scale = _mm256_mul_ps(d, _mm256_set1_ps(x[t].d[at / 16 + g]));
        sum[t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot[t]), scale, sum[t]);
        sum[t] = _mm256_fmadd_ps(m, _mm256_set1_ps(x[t].sum[at / 16 + g]), sum[t]);
      }
    }
    for (int t = 0; t < n; ++t) _mm256_storeu_ps(acc + t * kPanel + 8 * half, sum[t]);
  }
#else
  (void)wide;
  for (int t = 0; t < n; ++t) {
    for (int g = 0; g < 16; ++g) {
      int dot[kPanel] = {};
      for (int i = 4 * g; i < 4 * g + 4; ++i) {
        for (int r = 0; r < kPanel; ++r) {
          for (int b = 0; b < 4; ++b) dot[r] += int{p.u[64 * i + 4 * r + b]} * int{x[t].q[at + 4 * i + b]};
        }
      }
      for (int r = 0; r < kPanel; ++r) {
        acc[t * kPanel + r] += static_cast<float>(dot[r]) * p.d[g * kPanel + r] * x[t].d[at / 16 + g] + p.m[g * kPanel + r] * x[t].sum[at / 16 + g];
      }
    }
  }
#endif
}

void gemm_quant(const Format& f, const uint8_t* const* rows, int64_t k, const QuantRow* x, int64_t T, float* out, int64_t stride,
                int n_rows, uint8_t* scratch) {
  auto& panel = *reinterpret_cast<QuantPanel*>(scratch);
  auto* acc = reinterpret_cast<float*>(scratch + sizeof(QuantPanel));
  std::fill(acc, acc + T * kPanel, 0.0f);
  for (int64_t at = 0; at < k; at += kChunk) {
    fill_panel(f, rows, at, k, panel);
    int64_t t = 0;
    for (; t + 6 <= T; t += 6) panel_chunk<6>(panel, f.wide, x + t, at, acc + t * kPanel);
    for (; t + 2 <= T; t += 2) panel_chunk<2>(panel, f.wide, x + t, at, acc + t * kPanel);
    for (; t < T; ++t) panel_chunk<1>(panel, f.wide, x + t, at, acc + t * kPanel);
  }
  for (int64_t t = 0; t < T; ++t) std::copy(acc + t * kPanel, acc + t * kPanel + n_rows, out + t * stride);
}
