// Attention of few queries over a tile of keys. Each key and value is read once, as it is stored, for all queries of
// its head; the products of a few keys with up to kFewRows queries stay in registers.

constexpr int kFewRows = 4;
/// How many keys meet `rows` queries at once, and how many vectors of a value are summed for them. With more, the sums
/// would leave the registers.
template <int rows>
constexpr int kAtOnce = kLanes == 16 || rows <= 2 ? 4 : 2;

template <uint32_t dtype>
constexpr int kEntryBytes = dtype == WEFT_F32 ? 4 : 2;

template <uint32_t dtype>
inline Lanes load_entry(const uint8_t* p, int64_t i) {
  if constexpr (dtype == WEFT_F32) return load_lanes(reinterpret_cast<const float*>(p) + i);
  if constexpr (dtype == WEFT_F16) return load_halves(p + 2 * i);
  if constexpr (dtype == WEFT_BF16) return load_bf16(p + 2 * i);
}

/// Calls f(integral_constant<dtype>).
template <class F>
inline void with_dtype(uint32_t dtype, F f) {
  if (dtype == WEFT_F32) return f(std::integral_constant<uint32_t, WEFT_F32>());
  if (dtype == WEFT_BF16) return f(std::integral_constant<uint32_t, WEFT_BF16>());
  f(std::integral_constant<uint32_t, WEFT_F16>());
}

void widen_rows(const Entries& e, int64_t n, float* out) {
  for (int64_t j = 0; j < n; ++j) {
    const uint8_t* from = e.rows[j] + e.offset;
    float* to = out + j * e.width;
    int64_t i = 0;
    with_dtype(e.dtype, [&](auto dtype) {
      for (; i + kLanes <= e.width; i += kLanes) store_lanes(to + i, load_entry<dtype()>(from, i));
    });
    if (i < e.width) widen(e.dtype, from + i * (e.dtype == WEFT_F32 ? 4 : 2), e.width - i, to + i);
  }
}

/// The sums of four vectors.
inline void sum_four(float* to, Lanes v0, Lanes v1, Lanes v2, Lanes v3) {
#if defined(__AVX512F__)
  const __m512 a = _mm512_unpacklo_ps(v0, v1) + _mm512_unpackhi_ps(v0, v1);
  const __m512 b = _mm512_unpacklo_ps(v2, v3) + _mm512_unpackhi_ps(v2, v3);
  const __m512 c = _mm512_shuffle_ps(a, b, 0x44) + _mm512_shuffle_ps(a, b, 0xee);
  const __m256 d = _mm512_castps512_ps256(c) + _mm512_extractf32x8_ps(c, 1);
  _mm_storeu_ps(to, _mm256_castps256_ps128(d) + _mm256_extractf128_ps(d, 1));
#elif defined(__AVX2__)
  const __m256 a = _mm256_unpacklo_ps(v0, v1) + _mm256_unpackhi_ps(v0, v1);
  const __m256 b = _mm256_unpacklo_ps(v2, v3) + _mm256_unpackhi_ps(v2, v3);
  const __m256 c = _mm256_shuffle_ps(a, b, 0x44) + _mm256_shuffle_ps(a, b, 0xee);
  _mm_storeu_ps(to, _mm256_castps256_ps128(c) + _mm256_extractf128_ps(c, 1));
#else
  to[0] = sum_lanes(v0), to[1] = sum_lanes(v1), to[2] = sum_lanes(v2), to[3] = sum_lanes(v3);
#endif
}

/// Fetches a row of the next tile into the second level cache. The hardware does not foresee these reads, since the
/// entries of one head lie too far apart.
template <int bytes>
inline void fetch(const Entries& next, int64_t j, int64_t at) {
  for (int i = 0; i < bytes; i += 64) __builtin_prefetch(next.rows[j] + next.offset + at + i, 0, 2);
}

/// score[i][k] = the sum of acc[i][k].
template <int rows, int keys>
inline void store_sums(const Lanes (&acc)[rows][keys], float* score) {
  if constexpr (keys == 4) {
#pragma GCC unroll 4
    for (int i = 0; i < rows; ++i) sum_four(score + i * kKeys, acc[i][0], acc[i][1], acc[i][2], acc[i][3]);
  } else {
    static_assert(keys == 2);
#pragma GCC unroll 4
    for (int i = 0; i < rows; i += 2) {
      const int next = i + 1 < rows ? i + 1 : i;
      float sums[4];
      sum_four(sums, acc[i][0], acc[i][1], acc[next][0], acc[next][1]);
      std::memcpy(score + i * kKeys, sums, 8);
      std::memcpy(score + next * kKeys, sums + 2, 8);
    }
  }
}

/// score[i][j] = q[i] . key j for all n keys. Scores up to the next multiple of 4 are those of the last key.
template <uint32_t dtype, int rows>
inline void score_rows(const float* q, const Entries& keys, int64_t n, const Entries& next, float* score) {
  constexpr int some = kAtOnce<rows>;
  const int64_t D = keys.width;
  for (int64_t j = 0; j < (n + 3) / 4 * 4; j += some) {
    const uint8_t* key[some];
    for (int64_t i = 0; i < some; ++i) key[i] = keys.rows[j + i < n ? j + i : n - 1] + keys.offset;
    Lanes acc[rows][some];
    for (int i = 0; i < rows; ++i) {
      for (int k = 0; k < some; ++k) acc[i][k] = no_lanes();
    }
    for (int64_t at = 0; at < D * kEntryBytes<dtype>; at += 64) {
      for (int64_t i = 0; i < some; ++i) fetch<64>(next, j + i, at);
    }
    for (int64_t d = 0; d < D; d += kLanes) {
      Lanes x[some];
      for (int k = 0; k < some; ++k) x[k] = load_entry<dtype>(key[k], d);
      for (int i = 0; i < rows; ++i) {
        const Lanes y = load_lanes(q + i * D + d);
        for (int k = 0; k < some; ++k) acc[i][k] = multiply_add(y, x[k], acc[i][k]);
      }
    }
    store_sums(acc, score + j);
  }
}

/// Calls f(integral_constant<rows>, row) for rows [row, end), a few at a time.
template <class F>
inline void by_few_rows(int64_t row, int64_t end, F f) {
  for (; row + kFewRows <= end; row += kFewRows) f(std::integral_constant<int, kFewRows>(), row);
  if (end - row == 3) f(std::integral_constant<int, 3>(), row);
  if (end - row == 2) f(std::integral_constant<int, 2>(), row);
  if (end - row == 1) f(std::integral_constant<int, 1>(), row);
}

/// Turns the n scores of a row into weights; -inf follows them up to a multiple of kLanes. Returns the factor for the
/// sums so far.
inline float weigh_row(float* s, int64_t n, float& top, float& total) {
  Lanes most = all_lanes(top);
  for (int64_t j = 0; j < n; j += kLanes) most = larger(load_lanes(s + j), most);  // a NaN leaves `most` as it is
  const float best = max_lanes(most);
  // Where all scores are -inf, the weights are 0.
  const Lanes from = all_lanes(best == -std::numeric_limits<float>::infinity() ? 0 : best);
  Lanes sum = no_lanes();
  for (int64_t j = 0; j < n; j += kLanes) {
    const Lanes w = exp_at_most(load_lanes(s + j) - from);
    store_lanes(s + j, w);
    sum = sum + w;
  }
  float old = 1;
  if (best != top) {
    float lanes[kLanes];
    store_lanes(lanes, exp_at_most(all_lanes(top) - from));
    old = lanes[0];
  }
  top = best;
  total = total * old + sum_lanes(sum);
  return old;
}

/// acc[i] = acc[i] * old[i] + the sum over keys [first, last) of score[i][j] * value j, for parts * kLanes values.
template <uint32_t dtype, int rows, int parts>
inline void sum_part(const Queries& q, int64_t row, const float* old, const Entries& values, int64_t at, int64_t first,
                     int64_t last, const Entries& next) {
  Lanes acc[rows][parts];
  float* to = q.acc + row * q.Dv + at;
  const float* w = q.score + row * kKeys;
  for (int i = 0; i < rows; ++i) {
    for (int p = 0; p < parts; ++p) acc[i][p] = load_lanes(to + i * q.Dv + p * kLanes) * all_lanes(old[i]);
  }
  for (int64_t j = first; j < last; ++j) {
    fetch<parts * kLanes * kEntryBytes<dtype>>(next, j, at * kEntryBytes<dtype>);
    const uint8_t* value = values.rows[j] + values.offset;
    Lanes v[parts];
    for (int p = 0; p < parts; ++p) v[p] = load_entry<dtype>(value, at + p * kLanes);
    for (int i = 0; i < rows; ++i) {
      const Lanes x = all_lanes(w[i * kKeys + j]);
      for (int p = 0; p < parts; ++p) acc[i][p] = multiply_add(x, v[p], acc[i][p]);
    }
  }
  for (int i = 0; i < rows; ++i) {
    for (int p = 0; p < parts; ++p) store_lanes(to + i * q.Dv + p * kLanes, acc[i][p]);
  }
}

template <uint32_t dtype, int rows>
inline void sum_rows(const Queries& q, int64_t row, const float* old, const Entries& values, int64_t first,
                     int64_t last, const Entries& next) {
  int64_t at = 0;
  const auto part = [&](auto parts) {
    sum_part<dtype, rows, parts()>(q, row, old, values, at, first, last, next);
    at += parts() * kLanes;
  };
  while (at + kAtOnce<rows> * kLanes <= q.Dv) part(std::integral_constant<int, kAtOnce<rows>>());
  while (at + 2 * kLanes <= q.Dv) part(std::integral_constant<int, 2>());
  while (at < q.Dv) part(std::integral_constant<int, 1>());
}

void attend_few(const Queries& q, const KeyTile& tile) {
  with_dtype(tile.keys.dtype, [&](auto dtype) {
    by_few_rows(0, q.m, [&](auto rows, int64_t row) {
      score_rows<dtype(), rows()>(q.q + row * q.D, tile.keys, tile.n, row == 0 ? tile.next_keys : tile.keys,
                                  q.score + row * kKeys);
    });
  });
  const int64_t padded = (tile.n + kLanes - 1) / kLanes * kLanes;
  constexpr float hidden = -std::numeric_limits<float>::infinity();
  float old[kFewQueries];
  for (int64_t i = 0; i < q.m; ++i) {
    float* s = q.score + i * kKeys;
    const int64_t first = tile.first == nullptr ? 0 : static_cast<int64_t>(tile.first[i]);
    const int64_t last = tile.first == nullptr ? tile.n : static_cast<int64_t>(tile.last[i]);
    if (q.softcap > 0) {
      const Lanes cap = all_lanes(q.softcap), inverse = all_lanes(1 / q.softcap);
      for (int64_t j = 0; j < padded; j += kLanes) store_lanes(s + j, tanh_lanes(load_lanes(s + j) * inverse) * cap);
    }
    if (q.slope != nullptr) {
      const float from = q.index[i] - static_cast<float>(tile.position);
      for (int64_t j = 0; j < padded; ++j) s[j] -= q.slope[i] * std::fabs(from - static_cast<float>(j));
    }
    if (q.relative != nullptr) {
      const float* bias = q.relative + i % q.group * (2 * q.most + 1) + q.most;
      const int64_t from = tile.position - static_cast<int64_t>(q.index[i]);
      for (int64_t j = 0; j < padded; ++j) s[j] += bias[std::clamp(from + j, -q.most, q.most)];
    }
    for (int64_t j = 0; j < first; ++j) s[j] = hidden;
    for (int64_t j = last; j < padded; ++j) s[j] = hidden;
    old[i] = weigh_row(s, padded, q.top[i], q.total[i]);
  }
  with_dtype(tile.values.dtype, [&](auto dtype) {
    const auto sum = [&](int64_t begin, int64_t end, int64_t first, int64_t last) {
      by_few_rows(begin, end, [&](auto rows, int64_t row) {
        sum_rows<dtype(), rows()>(q, row, old + row, tile.values, first, last,
                                  row == 0 ? tile.next_values : tile.values);
      });
    };
    if (tile.first == nullptr) return sum(0, q.m, 0, tile.n);
    // Token by token: a value that a token does not see may be infinite or NaN, so a weight of 0 is not enough.
    for (int64_t i = 0; i < q.m; i += q.group)
      sum(i, i + q.group, static_cast<int64_t>(tile.first[i]), static_cast<int64_t>(tile.last[i]));
  });
}
