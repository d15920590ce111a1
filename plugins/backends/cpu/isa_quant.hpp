// Products of panels of block-quantised weights with activations as integers.

/// Sums of the products of 16 codes a row, of `parts` vectors of rows, with activations in one half or two.
template <int bits, int parts>
struct Dots {
  Whole high[parts] = {}, low[parts] = {};

  /// 16 values of the token from `at` on.
  template <bool halves>
  void add(const Bytes (&u)[parts][4], const QuantTokens& x, int64_t at) {
    dot_sixteen<bits>(high, u, x.q + at);
    if constexpr (halves) dot_sixteen<bits>(low, u, x.low + at);
  }
  template <bool halves>
  Lanes lanes(int p) const {
    return to_lanes(halves ? joined(high[p], low[p]) : high[p]);
  }
};

/// Vectors of rows that n tokens meet at once: what the registers hold.
template <int bits, int n>
constexpr int kParts = kLanes == 8 && n <= (bits == 8 && kWideIsSigned ? 2 : 4) ? 2 : 1;

/// Where the scales of `parts` vectors of rows lie, as a chunk has them.
template <int parts>
struct RowScales {
  const float *d[parts], *m[parts];
};

/// acc[t][p] += weights of group g of 32 times activations, of n chunk-tokens from i on. `codes`(half, p, u) gives
/// four fours of codes of vector p of the rows.
template <int bits, bool per16, bool halves, int n, int parts, class Codes>
inline void add_group(Lanes (&acc)[n][parts], const Codes& codes, const RowScales<parts>& w, const QuantTokens& x,
                      int64_t i, int g) {
  // In two halves 32 activations share a scale, and so may 32 weights.
  constexpr bool together = halves && !per16;
  Lanes part[n][parts];
  Dots<bits, parts> dots[n];
  // Both halves' codes share what is loaded, where the registers hold them.
  constexpr bool at_once = parts == 1;
  Bytes u[2][parts][4];
  for (int half = 0; half < 2 && at_once; ++half) codes(half, 0, u[half][0]);
#pragma GCC unroll 2  // `half` chooses bits of the codes
  for (int half = 0; half < 2; ++half) {
    for (int p = 0; p < parts && !at_once; ++p) codes(half, p, u[0][p]);
    const int64_t scales = (per16 ? 2 * g + half : g) * kPanel;
#pragma GCC unroll 8  // GCC thinks the body too large, and would keep the sums in memory
    for (int t = 0; t < n; ++t) {
      const int64_t at = (i + t) * 16 + 2 * g + half;  // of this half, in groups of 16
      if (!together || half == 0) dots[t] = {};
      dots[t].template add<halves>(u[at_once ? half : 0], x, 16 * at);
      if (together && half == 0) continue;
      const Lanes dx = all_lanes(x.d[at]), sum = all_lanes(per16 ? x.sum[at] : x.sum32[at / 2]);
      for (int p = 0; p < parts; ++p) {
        const Lanes whole = dots[t].template lanes<halves>(p);
        part[t][p] = per16 || together || half == 0 ? multiply(whole, dx) : multiply_add(whole, dx, part[t][p]);
        if (!per16 && half == 0) continue;
        acc[t][p] = multiply_add(part[t][p], load_lanes(w.d[p] + scales), acc[t][p]);
        acc[t][p] = multiply_add(sum, load_lanes(w.m[p] + scales), acc[t][p]);
      }
    }
  }
}

/// How a format's codes lie and meet activations: formats alike share kernels.
template <int bits_, bool table_, bool per16_>
struct Layout {
  static constexpr int kStored = bits_, kBits = table_ ? 8 : bits_;  // as they meet activations
  static constexpr bool kTable = table_, kPer16 = per16_;

  /// Fours 4 * half to 4 * half + 3 of group g, of the kLanes rows from r on.
  static void sixteen(const Planes<kStored>& planes, const Chunk& chunk, int g, int half, int r, Bytes (&u)[4]) {
    [&]<int... j>(std::integer_sequence<int, j...>) {
      ((u[j] = half == 0 ? planes.template codes<j>(g, r) : planes.template codes<j + 4>(g, r)), ...);
    }
    (std::make_integer_sequence<int, 4>());
    if constexpr (kTable) {
      for (Bytes& four : u) four = look_up(*chunk.table, four);
    }
  }
};
template <class F>
using LayoutOf = Layout<F::kBits, HasTable<F>, F::Scales::kPer16>;

/// n tokens from t0 on, straight from `panels` panels from `first` on: what unpacking costs, they share. All rows of a
/// chunk, which stays in the first level cache, before the next; `parts` vectors of them at once share what is loaded
/// of the tokens.
template <class L, bool halves, int n, int panels>
void multiply_tokens(const Panels& w, int first, const QuantTokens& x, int64_t t0, float* out, int64_t stride) {
  using Codes = Planes<L::kStored>;
  constexpr int vectors = kPanel / kLanes, all = panels * vectors, parts = panels > 1 ? all : kParts<L::kBits, n>;
  // From value `own` on, less than kAhead is left of a panel: what is read after its end lies behind all of these.
  const int64_t bytes = panels > 1 ? w.format->panel_bytes(w.k) : 0;
  const int64_t own = panels > 1 ? w.k - w.k * kAhead / bytes : w.k;
  Lanes acc[all / parts][n][parts] = {};
  Chunk chunks[panels];
  for (int64_t at = 0; at < w.k; at += kChunk) {
    for (int p = 0; p < panels; ++p) {
      chunks[p].ahead = at < own ? kAhead : kAhead + (panels - 1) * bytes;
      w.format->open(w.packed[first + p], w.k, at, chunks[p]);
    }
    const int64_t i = at / kChunk * x.count + t0;
    for (int v = 0; v < all; v += parts) {
      Lanes sums[n][parts];
      std::memcpy(sums, acc[v / parts], sizeof sums);
      RowScales<parts> scales;
      for (int p = 0; p < parts; ++p) {
        const Chunk& chunk = chunks[(v + p) / vectors];
        const int row = (v + p) % vectors * kLanes;
        scales.d[p] = chunk.d + row, scales.m[p] = chunk.m + row;
      }
      for (int g = 0; g < chunks[0].groups; ++g) {
        for (int p = 0; p < panels && v == 0; ++p)
          fetch_ahead(chunks[p].codes + g * Codes::kGroup, Codes::kGroup, chunks[p].ahead);
        add_group<L::kBits, L::kPer16, halves, n, parts>(
            sums,
            [&](int half, int p, Bytes(&u)[4]) {
              const Chunk& chunk = chunks[(v + p) / vectors];
              L::sixteen(Codes(chunk.codes, chunk.groups), chunk, g, half, (v + p) % vectors * kLanes, u);
            },
            scales, x, i, g);
      }
      std::memcpy(acc[v / parts], sums, sizeof sums);
    }
  }
  for (int t = 0; t < n; ++t) {
    for (int v = 0; v < all; ++v) store_lanes(out + t * stride + v * kLanes, acc[v / parts][t][v % parts]);
  }
}

template <class L, bool halves>
void few_halves(const Panels& w, const QuantTokens& x, float* out, int64_t stride) {
  // Where a panel's rows are one vector, those of two share what is loaded of the token.
  if constexpr (kLanes == kPanel) {
    if (x.count == 1 && w.count == kFewPanels)
      return multiply_tokens<L, halves, 1, kFewPanels>(w, 0, x, 0, out, stride);
  }
  for (int p = 0; p < w.count; ++p) {
    int64_t t = 0;
    constexpr int most = kLanes >= 8 ? 8 : 4;
    const auto at_once = [&]<int n>(std::integral_constant<int, n>) {
      for (; t + n <= x.count; t += n)
        multiply_tokens<L, halves, n, 1>(w, p, x, t, out + t * stride + p * kPanel, stride);
    };
    at_once(std::integral_constant<int, most>());
    at_once(std::integral_constant<int, 4>());
    at_once(std::integral_constant<int, 3>());
    at_once(std::integral_constant<int, 2>());
    at_once(std::integral_constant<int, 1>());
  }
}

template <class L>
void multiply_few(const Panels& w, const QuantTokens& x, float* out, int64_t stride) {
  const auto few = x.low != nullptr ? few_halves<L, true> : few_halves<L, false>;
  return few(w, x, out, stride);
}

// --- many tokens: chunks of a panel, unpacked once -------------------------------------------------

template <class L>
void unpack_codes(const Format& format, const uint8_t* panel, int64_t k, int64_t at, CodeTile& tile) {
  Chunk chunk;
  format.open(panel, k, at, chunk);
  const Planes<L::kStored> planes(chunk.codes, chunk.groups);
  std::memcpy(tile.d, chunk.d, sizeof tile.d);
  std::memcpy(tile.m, chunk.m, sizeof tile.m);
  for (int g = 0; g < chunk.groups; ++g) {
    fetch_ahead(planes.main + g * planes.kGroup, planes.kGroup, chunk.ahead);
    for (int r = 0; r < kPanel; r += kLanes) {
      for (int half = 0; half < 2; ++half) {
        Bytes u[4];
        L::sixteen(planes, chunk, g, half, r, u);
        for (int j = 0; j < 4; ++j) store_bytes(tile.codes + (8 * g + 4 * half + j) * 4 * kPanel + 4 * r, u[j]);
      }
    }
  }
}

/// acc[t * stride + row] += tile * x for n chunk-tokens from i on.
template <int bits, bool per16, bool halves, int n>
inline void code_block(const CodeTile& tile, int groups, const QuantTokens& x, int64_t i, float* acc, int64_t stride) {
  constexpr int parts = kParts<bits, n>;
  for (int r = 0; r < kPanel; r += parts * kLanes) {
    Lanes sums[n][parts];
    for (int t = 0; t < n; ++t) {
      for (int p = 0; p < parts; ++p) sums[t][p] = load_lanes(acc + t * stride + r + p * kLanes);
    }
    RowScales<parts> w;
    for (int p = 0; p < parts; ++p) w.d[p] = tile.d + r + p * kLanes, w.m[p] = tile.m + r + p * kLanes;
    for (int g = 0; g < groups; ++g) {
      add_group<bits, per16, halves, n, parts>(
          sums,
          [&](int half, int p, Bytes(&u)[4]) {
            const uint8_t* from = tile.codes + (8 * g + 4 * half) * 4 * kPanel + 4 * (r + p * kLanes);
            for (int j = 0; j < 4; ++j) u[j] = load_bytes(from + j * 4 * kPanel);
          },
          w, x, i, g);
    }
    for (int t = 0; t < n; ++t) {
      for (int p = 0; p < parts; ++p) store_lanes(acc + t * stride + r + p * kLanes, sums[t][p]);
    }
  }
}

/// Codes of so many bits meet activations alike: what dot_sixteen of this instruction set tells apart.
constexpr int kind_of(int bits) { return kDotsAnyCode ? 8 : bits <= 5 ? 5 : bits <= 6 ? 6 : 8; }

template <int bits, bool per16, bool halves>
void many_codes(const Panels& w, const QuantTokens& x, float* acc, uint8_t* scratch) {
  auto* tiles = reinterpret_cast<CodeTile*>(scratch);
  const int64_t stride = w.count * kPanel;
  std::memset(acc, 0, static_cast<std::size_t>(x.count * stride) * sizeof(float));
  for (int64_t at = 0; at < w.k; at += kChunk) {
    for (int p = 0; p < w.count; ++p) w.format->codes(*w.format, w.packed[p], w.k, at, tiles[p]);
    const int groups = static_cast<int>((w.k - at < kChunk ? w.k - at : kChunk) / 32);
    in_blocks<kLanes >= 8 ? 8 : 4>(x.count, [&]<int tokens>(int64_t t) {
      for (int p = 0; p < w.count; ++p) {
        const int64_t i = at / kChunk * x.count + t;
        code_block<bits, per16, halves, tokens>(tiles[p], groups, x, i, acc + t * stride + p * kPanel, stride);
      }
    });
  }
}

template <int bits, bool per16>
void multiply_many(const Panels& w, const QuantTokens& x, float* acc, uint8_t* scratch) {
  const auto many = x.low != nullptr ? many_codes<bits, per16, true> : many_codes<bits, per16, false>;
  return many(w, x, acc, scratch);
}

// --- floats ----------------------------------------------------------------------------------------

/// put(j, four j of group g) for all of them.
template <int bits, class Put>
inline void each_four(const Planes<bits>& planes, int g, int r, const Put& put) {
  [&]<int... j>(std::integer_sequence<int, j...>) { (put(j, planes.template codes<j>(g, r)), ...); }
  (std::make_integer_sequence<int, 8>());
}

/// The values themselves: tile [kChunk][16 rows], as far as k goes. value<i>(four) gives those of byte i.
template <int bits, class Value>
inline void unpack_values(const Format& format, const uint8_t* panel, int64_t k, int64_t at, const Value& value,
                          float* tile) {
  Chunk chunk;
  format.open(panel, k, at, chunk);
  const Planes<bits> planes(chunk.codes, chunk.groups);
  for (int g = 0; g < chunk.groups; ++g) {
    fetch_ahead(planes.main + g * planes.kGroup, planes.kGroup, chunk.ahead);
    for (int r = 0; r < kPanel; r += kLanes) {
      each_four(planes, g, r, [&](int j, Bytes u) {
        const int64_t scales = (format.per16 ? 2 * g + j / 4 : g) * kPanel + r;
        const Lanes d = load_lanes(chunk.d + scales), m = load_lanes(chunk.m + scales);
        float* to = tile + (32 * g + 4 * j) * kPanel + r;
        [&]<int... i>(std::integer_sequence<int, i...>) {
          (store_lanes(to + i * kPanel, value.template operator()<i>(chunk, u, d, m)), ...);
        }
        (std::make_integer_sequence<int, 4>());
      });
    }
  }
}
/// Of codes that stand for integers.
template <class L>
void unpack_whole(const Format& format, const uint8_t* panel, int64_t k, int64_t at, float* tile) {
  const Lanes lowest = all_lanes(L::kBits == 8 && kWideIsSigned ? -128 : 0), one = all_lanes(1);
  const auto value = [&]<int i>(const Chunk& chunk, Bytes u, Lanes d, Lanes m) {
    if constexpr (L::kTable) u = look_up(*chunk.table, u);
    return multiply_add(multiply_add(byte_lanes<i>(u), one, lowest), d, m);
  };
  unpack_values<L::kStored>(format, panel, k, at, value, tile);
}
/// Of codes that stand for floats.
template <class F>
void unpack_floats(const Format& format, const uint8_t* panel, int64_t k, int64_t at, float* tile) {
  const auto value = []<int i>(const Chunk&, Bytes u, Lanes d, Lanes) { return multiply(F::template value<i>(u), d); };
  unpack_values<F::kBits>(format, panel, k, at, value, tile);
}

/// out[t * kPanel + row] for n of T tokens in floats.
template <class F, int n>
void float_tokens(const Format& format, const uint8_t* panel, int64_t k, const float* x, int T, float* out) {
  Lanes acc[kPanel / kLanes][n] = {};
  Chunk chunk;
  for (int64_t at = 0; at < k; at += kChunk) {
    format.open(panel, k, at, chunk);
    const Planes<F::kBits> planes(chunk.codes, chunk.groups);
    const float* here = x + at * T;
    for (int r = 0; r < kPanel; r += kLanes) {
      for (int g = 0; g < chunk.groups; ++g) {
        if (r == 0) fetch_ahead(planes.main + g * planes.kGroup, planes.kGroup, chunk.ahead);
        Lanes part[n] = {};
        each_four(planes, g, r, [&](int j, Bytes u) {
          const float* four = here + 32 * g + 4 * j;
          const auto add = [&](int i, Lanes v) {
            for (int t = 0; t < n; ++t) part[t] = multiply_add(v, all_lanes(four[t * kChunk + i]), part[t]);
          };
          add(0, F::template value<0>(u)), add(1, F::template value<1>(u)), add(2, F::template value<2>(u)),
              add(3, F::template value<3>(u));
        });
        const Lanes d = load_lanes(chunk.d + g * kPanel + r);
        for (int t = 0; t < n; ++t) acc[r / kLanes][t] = multiply_add(part[t], d, acc[r / kLanes][t]);
      }
    }
  }
  for (int t = 0; t < n; ++t) {
    for (int r = 0; r < kPanel; r += kLanes) store_lanes(out + t * kPanel + r, acc[r / kLanes][t]);
  }
}
template <class F>
void multiply_floats(const Format& format, const uint8_t* panel, int64_t k, const float* x, int T, float* out) {
  int t = 0;
  for (; t + 4 <= T; t += 4) float_tokens<F, 4>(format, panel, k, x + t * kChunk, T, out + t * kPanel);
  for (; t < T; ++t) float_tokens<F, 1>(format, panel, k, x + t * kChunk, T, out + t * kPanel);
}

/// The lowest and the highest code as codes meet activations.
template <class F>
constexpr std::pair<uint8_t, uint8_t> range_of_codes() {
  if constexpr (HasTable<F>) {
    uint8_t lowest = 255, highest = 0;
    for (const int8_t code : F::kTable) {
      const auto u = static_cast<uint8_t>(code);
      lowest = u < lowest ? u : lowest, highest = u > highest ? u : highest;
    }
    return {lowest, highest};
  } else {
    return {0, static_cast<uint8_t>((1 << F::kBits) - 1)};
  }
}

/// Products with integers where codes stand for such, with floats where codes stand for floats. F, and Same, which
/// computes alike: they differ in how many values a scale has.
template <class F, class Same = F>
constexpr Format format_of() {
  using L = LayoutOf<F>;
  Format f{.values = F::kValues, .panel_bytes = Panel<F>::bytes, .pack = Panel<F>::pack, .open = Panel<F>::open};
  constexpr auto codes = range_of_codes<F>();
  f.per16 = L::kPer16, f.lowest = codes.first, f.bits = std::bit_width<unsigned>(codes.second - codes.first);
  if constexpr (!HasValues<F> || HasTable<F>) {
    f.multiply = multiply_few<L>, f.codes = unpack_codes<L>,
    f.multiply_many = multiply_many<kind_of(L::kBits), L::kPer16>;
  }
  if constexpr (HasValues<F>) {
    f.rounded = true, f.unpack = unpack_floats<Same>, f.multiply_floats = multiply_floats<Same>;
  } else {
    f.unpack = unpack_whole<L>;
  }
  return f;
}

const Format* format(std::string_view dtype) {
  struct Named {
    std::string_view name;
    Format format;
  };
  static constexpr Named kFormats[] = {{"q4_0", format_of<Q4_0>()},
                                       {"q4_1", format_of<Q4_1>()},
                                       {"q5_0", format_of<Q5_0>()},
                                       {"q5_1", format_of<Q5_1>()},
                                       {"q8_0", format_of<Q8_0>()},
                                       {"q2_k", format_of<Q2_K>()},
                                       {"q3_k", format_of<Q3_K>()},
                                       {"q4_k", format_of<Q4_K>()},
                                       {"q5_k", format_of<Q5_K>()},
                                       {"q6_k", format_of<Q6_K>()},
                                       {"iq4_nl", format_of<Iq4_NL>()},
                                       {"iq4_xs", format_of<Iq4_XS>()},
                                       {"mxfp4", format_of<Mxfp4>()},
                                       {"int4_b32", format_of<Int4<32>>()},
                                       {"int4_b64", format_of<Int4<64>>()},
                                       {"int4_b128", format_of<Int4<128>>()},
                                       {"int8_b32", format_of<Int8<32>>()},
                                       {"int8_b64", format_of<Int8<64>>()},
                                       {"int8_b128", format_of<Int8<128>>()},
                                       {"nf4_b64", format_of<Table4<kNf4, kNf4Int8>>()},
                                       {"fp4_b64", format_of<Table4<kBnbFp4, kBnbFp4Int8>>()},
                                       {"f8_e4m3_b32", format_of<F8E4M3<32>>()},
                                       {"f8_e4m3_b64", format_of<F8E4M3<64>, F8E4M3<32>>()},
                                       {"f8_e4m3_b128", format_of<F8E4M3<128>, F8E4M3<32>>()},
                                       {"f8_e5m2_b32", format_of<F8E5M2<32>>()},
                                       {"f8_e5m2_b64", format_of<F8E5M2<64>, F8E5M2<32>>()},
                                       {"f8_e5m2_b128", format_of<F8E5M2<128>, F8E5M2<32>>()}};
  for (const Named& f : kFormats) {
    if (f.name == dtype) return &f.format;
  }
  return nullptr;
}
