// Products of f32, f16 and bf16 weights as stored with activations in f32 or bf16.

void widen(uint32_t dtype, const void* from, int64_t n, float* to) {
  if (dtype == WEFT_F32) {
    std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(float));
    return;
  }
  const auto* p = static_cast<const uint8_t*>(from);
  int64_t i = 0;
  if (dtype == WEFT_BF16) {
    for (; i + kLanes <= n; i += kLanes) store_lanes(to + i, load_bf16(p + 2 * i));
    for (; i < n; ++i) to[i] = bf16_to_float(p + 2 * i);
    return;
  }
  for (; i + kLanes <= n; i += kLanes) store_lanes(to + i, load_halves(p + 2 * i));
  for (; i < n; ++i) to[i] = half_to_float(p + 2 * i);
}

void narrow(uint32_t dtype, const float* from, int64_t n, void* to) {
  if (dtype == WEFT_F32) {
    std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(float));
    return;
  }
  auto* p = static_cast<uint16_t*>(to);
  int64_t i = 0;
#if defined(__AVX512F__)
  for (; dtype == WEFT_F16 && i + 16 <= n; i += 16) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + i),
                        _mm512_cvtps_ph(_mm512_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
  }
#elif defined(__F16C__)
  for (; dtype == WEFT_F16 && i + 8 <= n; i += 8) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
  }
#endif
  if (dtype == WEFT_BF16) {
    for (; i < n; ++i) p[i] = float_to_bf16(from[i]);
  }
  for (; i < n; ++i) p[i] = float_to_half(from[i]);
}

inline int64_t width_of(uint32_t dtype) { return dtype == WEFT_F32 ? 4 : 2; }

template <uint32_t dtype>
inline Lanes load_weights(const uint8_t* p) {
  if constexpr (dtype == WEFT_F32) return load_lanes(reinterpret_cast<const float*>(p));
  if constexpr (dtype == WEFT_F16) return load_halves(p);
  if constexpr (dtype == WEFT_BF16) return load_bf16(p);
}

// --- few tokens: rows as they lie ------------------------------------------------------------------

/// out[t * kPanel + j] for `rows` rows and n tokens, k values each. Of as many rows that follow these in memory, as
/// those of a matrix mostly do, all or those from fetch_begin to fetch_end are fetched meanwhile.
template <uint32_t dtype, int rows, int n, bool fetch_all>
inline void dot_rows(const uint8_t* const* row, int64_t k, const float* x, float* out, int fetch_begin,
                     int fetch_end) {
  constexpr int64_t bytes = dtype == WEFT_F32 ? 4 : 2;
  Lanes acc[rows][n];
  for (int j = 0; j < rows; ++j) {
    for (int t = 0; t < n; ++t) acc[j][t] = no_lanes();
  }
  int64_t i = 0;
  for (; i + kLanes <= k; i += kLanes) {
    const auto fetch = [&](int j) {
      if (i * bytes % 64 == 0) __builtin_prefetch(row[j] + i * bytes + rows * k * bytes, 0, 2);
    };
    for (int j = fetch_begin; !fetch_all && j < fetch_end; ++j) fetch(j);
    Lanes v[n];
    for (int t = 0; t < n; ++t) v[t] = load_lanes(x + t * k + i);
    for (int j = 0; j < rows; ++j) {
      if (fetch_all) fetch(j);
      const Lanes w = load_weights<dtype>(row[j] + i * bytes);
      for (int t = 0; t < n; ++t) acc[j][t] = multiply_add(w, v[t], acc[j][t]);
    }
  }
  for (int j = 0; j < rows; ++j) {
    for (int t = 0; t < n; ++t) {
      float sum = sum_lanes(acc[j][t]);
      for (int64_t rest = i; rest < k; ++rest) {
        float w;
        widen(dtype, row[j] + rest * bytes, 1, &w);
        sum += w * x[t * k + rest];
      }
      out[t * kPanel + j] = sum;
    }
  }
}

/// All tokens meet some rows before the next rows come.
template <uint32_t dtype>
void few_tokens(const uint8_t* const* row, int n_rows, int64_t k, const float* x, int n, float* out) {
  constexpr int tokens = kLanes == 16 ? 6 : 4;  // with more, sums of four (two) rows would leave the registers
  int j = 0;
  const auto meet = [&]<int some>() {
    in_even_blocks<tokens>(n, [&]<int here>(int64_t at) {
      const int t = static_cast<int>(at);
      const auto dot = [&]<bool fetch_all>() {
        dot_rows<dtype, some, here, fetch_all>(row + j, k, x + t * k, out + t * kPanel + j, some * t / n,
                                               some * (t + here) / n);
      };
      here == n ? dot.template operator()<true>() : dot.template operator()<false>();
    });
  };
  const bool by_four = n <= 2 || (kLanes == 16 && n > 4);
  for (; by_four && j + 4 <= n_rows; j += 4) meet.template operator()<4>();
  for (; j + 2 <= n_rows; j += 2) meet.template operator()<2>();
  for (; j < n_rows; ++j) meet.template operator()<1>();
}

void float_few(uint32_t dtype, const uint8_t* const* rows, int n_rows, int64_t k, const float* x, int n, float* out) {
  switch (dtype) {
    case WEFT_F16: return few_tokens<WEFT_F16>(rows, n_rows, k, x, n, out);
    case WEFT_BF16: return few_tokens<WEFT_BF16>(rows, n_rows, k, x, n, out);
    default: return few_tokens<WEFT_F32>(rows, n_rows, k, x, n, out);
  }
}

// --- many tokens: chunks of a panel side by side ---------------------------------------------------

/// tile [kChunk][16 rows] of values from `at` on, as far as k goes.
void interleave_floats(uint32_t dtype, const uint8_t* const* rows, int n_rows, int64_t k, int64_t at, float* tile) {
  const int64_t here = k - at < kChunk ? k - at : kChunk, padded = (here + 15) / 16 * 16;
  alignas(64) float row[kPanel][kChunk];
  const uint8_t* from[kPanel];
  for (int r = 0; r < kPanel; ++r) {
    const bool as_stored = r < n_rows && dtype == WEFT_F32 && here == padded;
    from[r] = as_stored ? rows[r] + at * 4 : reinterpret_cast<const uint8_t*>(row[r]);
    if (as_stored) continue;
    std::memset(row[r], 0, static_cast<std::size_t>(padded) * sizeof(float));
    if (r < n_rows) widen(dtype, rows[r] + at * width_of(dtype), here, row[r]);
  }
  interleave_fours(from, padded, reinterpret_cast<uint32_t*>(tile));
}

void float_tile(const Panels& w, int p, int64_t at, float* tile) {
  if (w.format != nullptr) return w.format->unpack(*w.format, w.packed[p], w.k, at, tile);
  const int left = w.n_rows - p * static_cast<int>(kPanel);
  interleave_floats(w.dtype, w.rows + p * kPanel, left < kPanel ? left : static_cast<int>(kPanel), w.k, at, tile);
}

/// Panels side by side in a block. Of AVX-512 a block of one panel would load more than it multiplies.
constexpr int kWidePanels = kLanes == 16 ? 2 : 1;

/// Where sums begin and where they go, for row 0 of token 0.
struct Sums {
  const float* bias;  // null: they begin at 0; used where `from` is null
  const float* from;
  int64_t from_stride;
  float* to;
  int64_t to_stride;
};

/// to[t][row] = from[t][row] + tile * x for n tokens, whose values stand `token` apart; tile [panels][depth][16 rows],
/// with `panel` values from one panel to the next.
/// `fetch`: the values of the tokens that follow are fetched.
template <int n, int panels, bool fetch>
inline void float_block(const float* tile, int64_t panel, int64_t depth, const float* x, int64_t token,
                        const Sums& sums) {
  constexpr int parts = kPanel / kLanes, all = panels * parts;
  Lanes acc[n][all];
  for (int t = 0; t < n; ++t) {
    for (int p = 0; p < all; ++p) {
      if (sums.from != nullptr) {
        acc[t][p] = load_lanes(sums.from + t * sums.from_stride + p * kLanes);
      } else {
        acc[t][p] = sums.bias != nullptr ? load_lanes(sums.bias + p * kLanes) : no_lanes();
      }
    }
  }
  for (int64_t i = 0; i < depth; ++i) {
    Lanes w[all];
    for (int p = 0; p < all; ++p)
      w[p] = load_lanes(tile + p / parts * panel + i * kPanel + p % parts * kLanes);
    // One line of values of one token for each value: all lines of up to 16 tokens.
    if (fetch) __builtin_prefetch(x + (n + i % 16) * token + i / 16 * 16);
    for (int t = 0; t < n; ++t) {
      const Lanes v = all_lanes(x[t * token + i]);
      for (int p = 0; p < all; ++p) acc[t][p] = multiply_add(w[p], v, acc[t][p]);
    }
  }
  for (int t = 0; t < n; ++t) {
    for (int p = 0; p < all; ++p) store_lanes(sums.to + t * sums.to_stride + p * kLanes, acc[t][p]);
  }
}

/// Some chunks at a time: the tiles of all panels are made once, then tokens meet them block by block.
void float_many(const Panels& w, const FloatTokens& x, uint8_t* scratch) {
  constexpr int n = kLanes == 16 ? 14 : kLanes == 8 ? 6 : 2;  // with more tokens the sums would leave the registers
  auto* tiles = reinterpret_cast<float*>(scratch);
  const int64_t width = w.count * kPanel, depth = float_depth(x.count), panel = depth * kPanel;
  for (int64_t at = 0; at < w.k; at += depth) {
    const int64_t here = w.k - at < depth ? w.k - at : depth;
    const bool first = at == 0, last = here == w.k - at;
    for (int p = 0; p < w.count; ++p) {
      for (int64_t k = 0; k < here; k += kChunk) float_tile(w, p, at + k, tiles + p * panel + k * kPanel);
    }
    in_even_blocks<n>(x.count, [&]<int tokens>(int64_t t) {
      const float* from = x.x + t * w.k + at;
      const auto block = [&]<int panels, bool fetch>(int p) {
        const int64_t row = p * kPanel;
        float* sums = x.sums + t * width + row;
        const Sums s{x.bias == nullptr ? nullptr : x.bias + row, first ? nullptr : sums, width,
                     last ? x.y + t * x.stride + row : sums, last ? x.stride : width};
        float_block<tokens, panels, fetch>(tiles + p * panel, panel, here, from, w.k, s);
      };
      int p = 0;
      for (; p + kWidePanels < w.count; p += kWidePanels) block.template operator()<kWidePanels, false>(p);
      if (w.count - p == kWidePanels) {
        block.template operator()<kWidePanels, true>(p);
      } else {
        block.template operator()<1, true>(p);
      }
      for (int64_t i = t; i < t + tokens && last && x.activation >= 0; ++i)
        activate(x.activation, x.y + i * x.stride, nullptr, width, x.y + i * x.stride);
    });
  }
}
