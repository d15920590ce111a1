// Attention of many queries over a tile of keys: queries lie in lanes, so that scores, weights and sums
// of a panel are products of the same form, c[i][row] = sum over k of a(i, k) * b[k][row], and the
// softmax has no work across lanes.

/// Rows of one product. With kPanelVectors vectors each they fill the registers; more would spill.
constexpr int kManyRows = kLanes == 16 ? 8 : 4;

/// Which keys each row sees, when it does not see all.
struct Seen {
  const float *first, *last;
};

/// Queries::slope and index of the rows, and the position of the first key.
struct Slopes {
  const float *slope, *index;
  float position;
};

/// Queries::relative of a panel's rows.
template <int width>
struct PanelBias {
  const float* table;  // null: none
  int32_t most, position;  // of the first key
  int32_t index[width], middle[width];  // where the row's distance of 0 is in the table

  PanelBias(const Queries& q, int64_t row, int64_t first)
      : table(q.relative), most(static_cast<int32_t>(q.most)), position(static_cast<int32_t>(first)) {
    for (int i = 0; i < width && table != nullptr; ++i) {
      index[i] = static_cast<int32_t>(q.index[row + i]);
      middle[i] = static_cast<int32_t>((row + i) % q.group) * (2 * most + 1) + most;
    }
  }
  /// What is added to the rows' scores of key j.
  void of_key(int64_t j, float* out) const {
    const int32_t at = position + static_cast<int32_t>(j);
    for (int i = 0; i < width; ++i) out[i] = table[middle[i] + std::min(std::max(at - index[i], -most), most)];
  }
};

/// c[i][row] = c[i][row] * old[row] + the sum over n values of k of a[i * step_i + k * step_k] * b[k][row], for `rows`
/// values of i; b and c have rows of width = vectors * kLanes. Without old, c starts at 0. Masked: k is a key, and what
/// a row does not see is not added to it.
template <int rows, int vectors, bool masked>
inline void product(const float* a, int64_t step_i, int64_t step_k, const float* b, int64_t n, const float* old,
                    const Seen& seen, float* c) {
  constexpr int width = vectors * kLanes;
  Lanes acc[rows][vectors];
  for (int i = 0; i < rows; ++i) {
    for (int v = 0; v < vectors; ++v) {
      acc[i][v] = old == nullptr ? no_lanes() : load_lanes(c + i * width + v * kLanes) * load_lanes(old + v * kLanes);
    }
  }
  for (int64_t k = 0; k < n; ++k) {
    Lanes x[vectors];
    Mask sees[vectors];
    for (int v = 0; v < vectors; ++v) {
      x[v] = load_lanes(b + k * width + v * kLanes);
      if constexpr (masked)
        sees[v] = within(load_lanes(seen.first + v * kLanes), all_lanes(static_cast<float>(k)),
                         load_lanes(seen.last + v * kLanes));
    }
    for (int i = 0; i < rows; ++i) {
      const Lanes y = all_lanes(a[i * step_i + k * step_k]);
      for (int v = 0; v < vectors; ++v) {
        const Lanes sum = multiply_add(y, x[v], acc[i][v]);
        if constexpr (masked) {
          acc[i][v] = choose(sees[v], sum, acc[i][v]);
        } else {
          acc[i][v] = sum;
        }
      }
    }
  }
  for (int i = 0; i < rows; ++i) {
    for (int v = 0; v < vectors; ++v) store_lanes(c + i * width + v * kLanes, acc[i][v]);
  }
}

/// The same for all i < m.
template <int vectors, bool masked>
inline void products(const float* a, int64_t m, int64_t step_i, int64_t step_k, const float* b, int64_t n,
                     const float* old, const Seen& seen, float* c) {
  constexpr int width = vectors * kLanes;
  int64_t i = 0;
  for (; i + kManyRows <= m; i += kManyRows)
    product<kManyRows, vectors, masked>(a + i * step_i, step_i, step_k, b, n, old, seen, c + i * width);
  for (; i + 2 <= m; i += 2)
    product<2, vectors, masked>(a + i * step_i, step_i, step_k, b, n, old, seen, c + i * width);
  if (i < m) product<1, vectors, masked>(a + i * step_i, step_i, step_k, b, n, old, seen, c + i * width);
}

/// Turns the scores s [n][width] of n keys into weights. old [width] becomes the factors for the sums so far.
template <int vectors, bool masked>
inline void weigh_panel(float* s, int64_t n, float softcap, const Slopes& slopes,
                        const PanelBias<vectors * kLanes>& bias, const Seen& seen, float* top, float* total,
                        float* old) {
  constexpr int width = vectors * kLanes;
  alignas(64) float added[width];
  const Lanes hidden = all_lanes(-std::numeric_limits<float>::infinity());
  Lanes best[vectors], from[vectors], sum[vectors];
  for (int v = 0; v < vectors; ++v) best[v] = load_lanes(top + v * kLanes), sum[v] = no_lanes();
  for (int64_t j = 0; j < n; ++j) {
    if (bias.table != nullptr) bias.of_key(j, added);
    for (int v = 0; v < vectors; ++v) {
      float* at = s + j * width + v * kLanes;
      Lanes x = load_lanes(at);
      if (softcap > 0) x = tanh_lanes(x * all_lanes(1 / softcap)) * all_lanes(softcap);
      if (slopes.slope != nullptr) {
        const Lanes distance =
            magnitude(load_lanes(slopes.index + v * kLanes) - all_lanes(slopes.position + static_cast<float>(j)));
        x = x - load_lanes(slopes.slope + v * kLanes) * distance;
      }
      if (bias.table != nullptr) x = x + load_lanes(added + v * kLanes);
      if constexpr (masked)
        x = choose(within(load_lanes(seen.first + v * kLanes), all_lanes(static_cast<float>(j)),
                          load_lanes(seen.last + v * kLanes)),
                   x, hidden);
      if (masked || softcap > 0 || slopes.slope != nullptr || bias.table != nullptr) store_lanes(at, x);
      best[v] = larger(x, best[v]);  // a NaN leaves the best as it is
    }
  }
  for (int v = 0; v < vectors; ++v) {  // where all scores are -inf, the weights are 0
    from[v] = choose(less(hidden, best[v]), best[v], no_lanes());
  }
  for (int64_t j = 0; j < n; ++j) {
    for (int v = 0; v < vectors; ++v) {
      float* at = s + j * width + v * kLanes;
      const Lanes w = exp_at_most(load_lanes(at) - from[v]);
      store_lanes(at, w);
      sum[v] = sum[v] + w;
    }
  }
  for (int v = 0; v < vectors; ++v) {
    const Lanes scale = exp_at_most(load_lanes(top + v * kLanes) - from[v]);
    store_lanes(old + v * kLanes, scale);
    store_lanes(total + v * kLanes, multiply_add(load_lanes(total + v * kLanes), scale, sum[v]));
    store_lanes(top + v * kLanes, best[v]);
  }
}

template <int vectors, bool masked>
inline void attend_panel(const Queries& q, int64_t row, const KeyTile& tile, int64_t begin, int64_t end) {
  const int64_t n = end - begin;
  alignas(64) float old[vectors * kLanes], first[vectors * kLanes], last[vectors * kLanes];
  if constexpr (masked) {
    for (int i = 0; i < vectors * kLanes; ++i) {
      first[i] = tile.first[row + i] - static_cast<float>(begin);
      last[i] = tile.last[row + i] - static_cast<float>(begin);
    }
  }
  const Seen seen{first, last};
  const float* keys = reinterpret_cast<const float*>(tile.keys.rows[0]) + begin * q.D;
  const float* values = reinterpret_cast<const float*>(tile.values.rows[0]) + begin * q.Dv;
  products<vectors, false>(keys, n, q.D, 1, q.q + row * q.D, q.D, nullptr, seen, q.score);
  const Slopes slopes{q.slope == nullptr ? nullptr : q.slope + row, q.index + row,
                      static_cast<float>(tile.position + begin)};
  const PanelBias<vectors * kLanes> bias(q, row, tile.position + begin);
  weigh_panel<vectors, masked>(q.score, n, q.softcap, slopes, bias, seen, q.top + row, q.total + row, old);
  products<vectors, masked>(values, q.Dv, 1, q.Dv, q.score, n, old, seen, q.acc + row * q.Dv);
}

template <int vectors>
inline void attend_panel(const Queries& q, int64_t row, const KeyTile& tile) {
  if (tile.first == nullptr) return attend_panel<vectors, false>(q, row, tile, 0, tile.n);
  float least[2] = {tile.first[row], tile.last[row]}, most[2] = {least[0], least[1]};  // of first, of last
  for (int i = 1; i < vectors * kLanes; ++i) {
    least[0] = std::min(least[0], tile.first[row + i]), most[0] = std::max(most[0], tile.first[row + i]);
    least[1] = std::min(least[1], tile.last[row + i]), most[1] = std::max(most[1], tile.last[row + i]);
  }
  const auto begin = static_cast<int64_t>(least[0]), end = static_cast<int64_t>(most[1]);
  if (begin >= end) return;
  least[0] == most[0] && least[1] == most[1] ? attend_panel<vectors, false>(q, row, tile, begin, end)
                                             : attend_panel<vectors, true>(q, row, tile, begin, end);
}

/// Rows [first, last) of entries, for when they become the tile.
inline void fetch_entries(const Entries& e, int64_t first, int64_t last) {
  const int64_t bytes = e.width * width_of(e.dtype);
  for (int64_t j = first; j < last; ++j) {
    for (int64_t b = 0; b < bytes; b += 64) __builtin_prefetch(e.rows[j] + e.offset + b, 0, 2);
  }
}

void attend_many(const Queries& q, const KeyTile& tile) {
  constexpr int64_t width = kPanelVectors * kLanes;
  for (int64_t row = 0; row < q.m; row += width) {
    const int64_t rows = q.m - row < width ? q.m - row : width, first = tile.n * row / q.m,
                  last = tile.n * (row + rows) / q.m;
    fetch_entries(tile.next_keys, first, last);
    fetch_entries(tile.next_values, first, last);
    if (rows == width) attend_panel<kPanelVectors>(q, row, tile);
    if (rows == 2 * kLanes) attend_panel<2>(q, row, tile);
    if (rows == kLanes) attend_panel<1>(q, row, tile);
  }
}

void turn_rows(const float* const* rows, int64_t n, float scale, float* to, int64_t stride) {
  const uint8_t* from[kLanes];
  for (int r = 0; r < kLanes; ++r) from[r] = reinterpret_cast<const uint8_t*>(rows[r]);
  const int64_t whole = n / kLanes * kLanes;
  turn_lanes(from, whole, reinterpret_cast<uint32_t*>(to), stride);
  for (int64_t i = whole; i < n; ++i) {
    for (int r = 0; r < kLanes; ++r) to[i * stride + r] = rows[r][i];
  }
  for (int64_t i = 0; i < n; ++i) store_lanes(to + i * stride, load_lanes(to + i * stride) * all_lanes(scale));
}

void turn_back(const float* from, int64_t n, int64_t stride, const float* factors, int count, float* const* rows) {
  const Lanes factor = load_lanes(factors);
  alignas(64) float scaled[kLanes][kLanes] = {}, turned[kLanes][kLanes];
  const uint8_t* at[kLanes];
  for (int j = 0; j < kLanes; ++j) at[j] = reinterpret_cast<const uint8_t*>(scaled[j]);
  for (int64_t i = 0; i < n; i += kLanes) {
    const int64_t here = n - i < kLanes ? n - i : kLanes;
    for (int64_t j = 0; j < here; ++j) store_lanes(scaled[j], load_lanes(from + (i + j) * stride) * factor);
    turn_lanes(at, kLanes, reinterpret_cast<uint32_t*>(turned), kLanes);
    for (int r = 0; r < count; ++r) std::memcpy(rows[r] + i, turned[r], static_cast<std::size_t>(here) * sizeof(float));
  }
}
