// Products of panels of block-quantised weights with activations in int8.

constexpr float kLeastTop = 1e-36f;  // of a group that is not taken for zeros: 127 / top must be finite

/// One group of 16 activations: q, d, -sum(q) and d * sum(q). What is not finite makes the whole
/// product NaN, as it would in floats: d is NaN then.
inline void quantize_group(const float* x, int8_t* q, float* d, int32_t* minus, float* sum) {
  int32_t total;
  float scale;
#if defined(__AVX512F__)
  const __m512 v = _mm512_loadu_ps(x), size = _mm512_abs_ps(v);
  const float top = _mm512_reduce_max_ps(size);
  const bool finite = _mm512_cmp_ps_mask(size, _mm512_set1_ps(std::numeric_limits<float>::infinity()), _CMP_NLT_UQ) == 0;
  scale = finite ? top / 127 : std::numeric_limits<float>::quiet_NaN();
  const __m512i whole = _mm512_cvtps_epi32(_mm512_mul_ps(v, _mm512_set1_ps(finite && top > kLeastTop ? 127 / top : 0)));
  const __m512i kept = finite ? whole : _mm512_setzero_si512();
  _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm512_cvtsepi32_epi8(kept));
  total = _mm512_reduce_add_epi32(kept);
#elif defined(__AVX2__)
  const __m256 sign = _mm256_set1_ps(-0.0f), infinity = _mm256_set1_ps(std::numeric_limits<float>::infinity());
  const __m256 first = _mm256_loadu_ps(x), last = _mm256_loadu_ps(x + 8), first_size = _mm256_andnot_ps(sign, first), last_size = _mm256_andnot_ps(sign, last);
  const __m256 odd = _mm256_or_ps(_mm256_cmp_ps(first_size, infinity, _CMP_NLT_UQ), _mm256_cmp_ps(last_size, infinity, _CMP_NLT_UQ));
  const bool finite = _mm256_movemask_ps(odd) == 0;
  const __m256 eight = _mm256_max_ps(first_size, last_size);
  __m128 most = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  most = _mm_max_ps(most, _mm_movehl_ps(most, most));
  const float top = _mm_cvtss_f32(_mm_max_ss(most, _mm_movehdup_ps(most)));
  scale = finite ? top / 127 : std::numeric_limits<float>::quiet_NaN();
  const __m256 inverse = _mm256_set1_ps(finite && top > kLeastTop ? 127 / top : 0);
  const __m256i kept = _mm256_set1_epi32(finite ? -1 : 0);
  const __m256i a = _mm256_and_si256(kept, _mm256_cvtps_epi32(_mm256_mul_ps(first, inverse))), b = _mm256_and_si256(kept, _mm256_cvtps_epi32(_mm256_mul_ps(last, inverse)));
  const __m256i halves = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm_packs_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1)));
  const __m256i sums = _mm256_add_epi32(a, b);
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  four = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  total = _mm_cvtsi128_si32(four) + _mm_extract_epi32(four, 1);
#else
  float top = 0, any = 0;
  for (int i = 0; i < 16; ++i) {
    const float a = std::fabs(x[i]);
    top = a > top ? a : top;
    any += x[i] * 0.0f;  // NaN when one is not finite
  }
  const bool finite = any == 0;
  scale = finite ? top / 127 : std::numeric_limits<float>::quiet_NaN();
  const float inverse = finite && top > kLeastTop ? 127 / top : 0;
  total = 0;
  for (int i = 0; i < 16; ++i) {
    const int whole = finite ? static_cast<int>(std::nearbyint(x[i] * inverse)) : 0;
    q[i] = static_cast<int8_t>(whole < 127 ? whole : 127);
    total += q[i];
  }
#endif
  *d = scale;
  *minus = -total;
  *sum = scale * static_cast<float>(total);
}

void quantize(const float* x, int64_t k, const QuantTokens& to, int64_t t) {
  for (int64_t at = 0; at < k; at += kChunk) {
    const int64_t i = at / kChunk * to.count + t, here = k - at < kChunk ? k - at : kChunk;
    for (int64_t g = 0; g < 16; ++g) {
      int8_t* q = to.q + i * kChunk + 16 * g;
      const int64_t j = i * 16 + g;
      if (16 * g + 16 <= here) {
        quantize_group(x + at + 16 * g, q, to.d + j, to.minus + j, to.sum + j);
        continue;
      }
      float rest[16] = {};
      for (int64_t v = 16 * g; v < here; ++v) rest[v - 16 * g] = x[at + v];
      quantize_group(rest, q, to.d + j, to.minus + j, to.sum + j);
    }
  }
}

constexpr int64_t kPrefetch = 4096;

template <int bytes>
inline void prefetch(const uint8_t* p) {
  for (int i = 0; i < bytes; i += 64) __builtin_prefetch(p + i, 0, 3);
}

/// What products of a format depend on, so that formats alike share them.
template <bool per16, bool mins, int zero_shift, int bits>
struct QuantTraits {
  static constexpr bool kPer16 = per16, kMins = mins;
  static constexpr int kZeroShift = zero_shift, kBits = bits;
};
template <class F>
using TraitsOf = QuantTraits<F::Scales::kPer16, F::Scales::kMins, F::kZeroShift, F::kZeroShift == 7 ? 8 : F::kBits>;

/// acc[p][t] += d * (dots of both halves of a group with n tokens) + m * sums, of `parts` vectors of rows each.
/// `codes`(p) gives four j, `scale` and `min` (half, p) those of the rows; q, d, minus and sum are the group's
/// of the first token.
template <int parts, int n, class Traits, class Codes, class Scale, class Min>
inline void add_group(Lanes (&acc)[parts][n], const Codes& codes, const Scale& scale, const Min& min, const int8_t* q, const float* d, const int32_t* minus,
                      const float* sum) {
  constexpr bool per16 = Traits::kPer16, mins = Traits::kMins, zero = !mins && !(Traits::kBits == 8 && kWideIsSigned);
  Lanes part[parts][n];
  auto half_group = [&](auto half_) {
    constexpr int half = decltype(half_)::value, four = 4 * half;
    Bytes u[parts][4];
    for (int p = 0; p < parts; ++p) {
      u[p][0] = codes.template operator()<four>(p), u[p][1] = codes.template operator()<four + 1>(p);
      u[p][2] = codes.template operator()<four + 2>(p), u[p][3] = codes.template operator()<four + 3>(p);
    }
    for (int t = 0; t < n; ++t) {
      Whole dot[parts];
      for (Whole& w : dot) w = zero ? shifted<mins ? 0 : Traits::kZeroShift>(minus + 16 * t + half) : Whole{};
      dot_sixteen<Traits::kBits>(dot, u, q + kChunk * t + 4 * four);
      const Lanes dx = all_lanes(d[16 * t + half]);
      for (int p = 0; p < parts; ++p) {
        const Lanes whole = to_lanes(dot[p]);
        if constexpr (per16) {
          acc[p][t] = multiply_add(multiply(whole, dx), scale(half, p), acc[p][t]);
        } else {
          part[p][t] = half == 0 ? multiply(whole, dx) : multiply_add(whole, dx, part[p][t]);
        }
        if constexpr (mins && per16) acc[p][t] = multiply_add(min(half, p), all_lanes(sum[16 * t + half]), acc[p][t]);
      }
    }
  };
  half_group(std::integral_constant<int, 0>());
  half_group(std::integral_constant<int, 1>());
  if constexpr (!per16) {
    for (int p = 0; p < parts; ++p) {
      const Lanes dw = scale(0, p);
      for (int t = 0; t < n; ++t) acc[p][t] = multiply_add(part[p][t], dw, acc[p][t]);
      if constexpr (mins) {
        const Lanes m = min(0, p);
        for (int t = 0; t < n; ++t) acc[p][t] = multiply_add(m, all_lanes(sum[16 * t] + sum[16 * t + 1]), acc[p][t]);
      }
    }
  }
}

/// out[j * stride + row] for n tokens from t0 on. What unpacking costs, n tokens share: with eight, a
/// panel unpacked once for all tokens is no faster. All rows of a chunk, which stays in the first level
/// cache, before the next; `parts` vectors of them at once share what is loaded of the tokens.
template <class F, int n, int parts>
void panel_tokens(const uint8_t* panel, int64_t k, const QuantTokens& x, int64_t t0, float* out, int64_t stride) {
  using S = typename F::Scales;
  Lanes acc[kPanel / kLanes / parts][parts][n] = {};
  for (int64_t at = 0; at < k; at += kChunk) {
    const Panel<F> p(panel, k, at);
    const int64_t i = at / kChunk * x.count + t0;
    for (int first = 0; first < kPanel; first += parts * kLanes) {
      auto& sums = acc[first / kLanes / parts];
      Lanes here[parts][n];
      std::memcpy(here, sums, sizeof here);
      for (int g = 0; g < p.groups; ++g) {
        // Panels follow each other: what lies ahead is needed soon, also beyond the end of this one.
        if (first == 0) prefetch<Panel<F>::kChunkBytes / 8>(p.main + g * (Panel<F>::kChunkBytes / 8) + kPrefetch);
        const int64_t j = i * 16 + 2 * g;
        const auto row = [&](int part) { return first + part * kLanes; };
        add_group<parts, n, TraitsOf<F>>(
            here, [&]<int four>(int part) { return p.template codes<four>(g, row(part)); }, [&](int half, int part) { return S::d(p.scales, g, half, row(part)); },
            [&](int half, int part) { return S::m(p.scales, g, half, row(part)); }, x.q + i * kChunk + 32 * g, x.d + j, x.minus + j, x.sum + j);
      }
      std::memcpy(sums, here, sizeof here);
    }
  }
  for (int t = 0; t < n; ++t) {
    for (int r = 0; r < kPanel; r += kLanes) store_lanes(out + t * stride + r, acc[r / kLanes / parts][r / kLanes % parts][t]);
  }
}

template <class F>
void multiply_tokens(const uint8_t* panel, int64_t k, const QuantTokens& x, int64_t t0, int n, float* out, int64_t stride) {
  constexpr int two = kLanes == 8 ? 2 : 1;  // vectors of rows, where registers hold them
  switch (n) {
    case 8: return panel_tokens<F, 8, 1>(panel, k, x, t0, out, stride);
    case 7:
    case 6:
    case 5:
    case 4:
      panel_tokens<F, 4, TraitsOf<F>::kBits == 8 ? 1 : two>(panel, k, x, t0, out, stride);
      if (n > 4) multiply_tokens<F>(panel, k, x, t0 + 4, n - 4, out + 4 * stride, stride);
      return;
    case 3: return panel_tokens<F, 3, two>(panel, k, x, t0, out, stride);
    case 2: return panel_tokens<F, 2, two>(panel, k, x, t0, out, stride);
    default: return panel_tokens<F, 1, two>(panel, k, x, t0, out, stride);
  }
}

/// put(j, four j of group g) for all of them.
template <class F, class Put>
inline void each_four(const Panel<F>& p, int g, int r, const Put& put) {
  const auto four = [&]<int j>(std::integral_constant<int, j>) {
    if constexpr (HasValues<F>) return p.template as_packed<j>(g, r);
    else return p.template codes<j>(g, r);
  };
  [&]<int... j>(std::integer_sequence<int, j...>) { (put(j, four(std::integral_constant<int, j>())), ...); }(std::make_integer_sequence<int, 8>());
}

/// The values themselves: tile [kChunk][16 rows], as far as k goes.
template <class F>
void unpack_floats(const uint8_t* panel, int64_t k, int64_t at, float* tile) {
  using S = typename F::Scales;
  const Panel<F> p(panel, k, at);
  const float lowest = S::kMins ? (F::kBits == 8 && kWideIsSigned ? 128.0f : 0.0f) : static_cast<float>(1 << (F::kZeroShift < 0 ? 0 : F::kZeroShift));
  const Lanes zero = all_lanes(-lowest), one = all_lanes(1);
  for (int g = 0; g < p.groups; ++g) {
    for (int r = 0; r < kPanel; r += kLanes) {
      each_four(p, g, r, [&](int j, Bytes u) {
        const Lanes d = S::d(p.scales, g, j / 4, r), m = S::kMins ? S::m(p.scales, g, j / 4, r) : no_lanes();
        const auto value = [&]<int i>(std::integral_constant<int, i>) {
          if constexpr (HasValues<F>) return multiply(F::template value<i>(u), d);
          else return multiply_add(multiply_add(byte_lanes<i>(u), one, zero), d, m);
        };
        [&]<int... i>(std::integer_sequence<int, i...>) {
          (store_lanes(tile + (32 * g + 4 * j + i) * kPanel + r, value(std::integral_constant<int, i>())), ...);
        }(std::make_integer_sequence<int, 4>());
      });
    }
  }
}

/// out[t * kPanel + row] for n of T tokens in floats.
template <class F, int n>
void float_tokens(const uint8_t* panel, int64_t k, const float* x, int T, float* out) {
  for (int r = 0; r < kPanel; r += kLanes) {
    Lanes acc[n] = {};
    for (int64_t at = 0; at < k; at += kChunk) {
      const Panel<F> p(panel, k, at);
      const float* here = x + at * T;
      for (int g = 0; g < p.groups; ++g) {
        if (r == 0) prefetch<Panel<F>::kChunkBytes / 8>(p.main + g * (Panel<F>::kChunkBytes / 8) + kPrefetch);
        Lanes part[n] = {};
        each_four(p, g, r, [&](int j, Bytes u) {
          const float* four = here + 32 * g + 4 * j;
          const auto add = [&](int i, Lanes v) {
            for (int t = 0; t < n; ++t) part[t] = multiply_add(v, all_lanes(four[t * kChunk + i]), part[t]);
          };
          add(0, F::template value<0>(u)), add(1, F::template value<1>(u)), add(2, F::template value<2>(u)), add(3, F::template value<3>(u));
        });
        const Lanes d = F::Scales::d(p.scales, g, 0, r);
        for (int t = 0; t < n; ++t) acc[t] = multiply_add(part[t], d, acc[t]);
      }
    }
    for (int t = 0; t < n; ++t) store_lanes(out + t * kPanel + r, acc[t]);
  }
}
template <class F>
void multiply_floats(const uint8_t* panel, int64_t k, const float* x, int T, float* out) {
  int t = 0;
  for (; t + 4 <= T; t += 4) float_tokens<F, 4>(panel, k, x + t * kChunk, T, out + t * kPanel);
  for (; t < T; ++t) float_tokens<F, 1>(panel, k, x + t * kChunk, T, out + t * kPanel);
}

template <class F>
constexpr Format format_of() {
  return {F::kValues, Panel<F>::bytes, Panel<F>::pack, multiply_tokens<F>, unpack_floats<F>, nullptr};
}
template <class F>
constexpr Format floats_of() {
  return {F::kValues, Panel<F>::bytes, Panel<F>::pack, nullptr, unpack_floats<F>, multiply_floats<F>};
}

const Format* format(std::string_view dtype) {
  struct Named {
    std::string_view name;
    Format format;
  };
  static constexpr Named kFormats[] = {
      {"q4_0", format_of<Q4_0>()}, {"q4_1", format_of<Q4_1>()}, {"q5_0", format_of<Q5_0>()}, {"q5_1", format_of<Q5_1>()},   {"q8_0", format_of<Q8_0>()},
      {"q2_k", format_of<Q2_K>()}, {"q3_k", format_of<Q3_K>()}, {"q4_k", format_of<Q4_K>()}, {"q5_k", format_of<Q5_K>()},   {"q6_k", format_of<Q6_K>()},
      {"iq4_nl", format_of<Iq4_NL>()}, {"iq4_xs", format_of<Iq4_XS>()}, {"mxfp4", format_of<Mxfp4>()},
      {"int4_b32", format_of<Int4<32>>()}, {"int4_b64", format_of<Int4<64>>()}, {"int4_b128", format_of<Int4<128>>()},
      {"int8_b32", format_of<Int8<32>>()}, {"int8_b64", format_of<Int8<64>>()}, {"int8_b128", format_of<Int8<128>>()},
      {"nf4_b64", format_of<Table4<kNf4, kNf4Int8>>()}, {"fp4_b64", format_of<Table4<kBnbFp4, kBnbFp4Int8>>()},
      {"f8_e4m3_b32", floats_of<F8E4M3<32>>()}, {"f8_e4m3_b64", floats_of<F8E4M3<64>>()}, {"f8_e4m3_b128", floats_of<F8E4M3<128>>()},
      {"f8_e5m2_b32", floats_of<F8E5M2<32>>()}, {"f8_e5m2_b64", floats_of<F8E5M2<64>>()}, {"f8_e5m2_b128", floats_of<F8E5M2<128>>()}};
  for (const Named& f : kFormats) {
    if (f.name == dtype) return &f.format;
  }
  return nullptr;
}
