// Panels: 16 rows of block-quantised weights side by side, in planes of equal bits, so that one
// vector holds four values of each row. Of a group of 32 values, "fours" 0 to 7 are values 4j to
// 4j+3 of each row; a plane of four bits has fours j and j + 4 in one byte, one of two bits j, j + 1,
// ... of four fours, one of one bit all eight. A panel is read from end to end: chunk by chunk (the
// last one may be shorter), of each its planes, then its scales.

/// Panels follow each other: what lies ahead of these bytes is needed soon, also beyond the end of this one.
inline void fetch_ahead(const uint8_t* p, int64_t bytes, int64_t ahead) {
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(p + ahead + i, 0, 3);
}

template <class F>
concept HasTable = requires {
  F::kTable;
};

/// Codes stand for floats of their own: value<i> of byte i of each lane.
template <class F>
concept HasValues = requires(Bytes u) {
  F::template value<0>(u);
};

/// The planes of codes of `bits` bits: `groups` groups from `main` on.
template <int bits>
struct Planes {
  // Bytes of a group: the plane of whole bytes or nibbles, of two bits, of one bit.
  static constexpr int kMain = bits == 8 ? 512 : bits >= 4 ? 256 : 0;
  static constexpr int kTwo = bits == 6 || bits == 2 || bits == 3 ? 128 : 0;
  static constexpr int kOne = bits == 5 || bits == 3 ? 64 : 0;
  static constexpr int kGroup = kMain + kTwo + kOne;
  static constexpr int kTwoAt = bits == 6 ? 4 : 0;  // the bit of the value where the two begin
  static constexpr int kOneAt = bits == 5 ? 4 : 2;

  Planes(const uint8_t* first, int groups) : main(first), two(main + groups * kMain), one(two + groups * kTwo) {}
  const uint8_t *main, *two, *one;

  /// Fours j of group g, of the kLanes rows from r on.
  template <int j>
  Bytes codes(int g, int r) const {
    if constexpr (bits == 8) {
      return load_bytes(main + g * 512 + 64 * j + 4 * r);
    } else {
      Bytes u;
      if constexpr (kMain != 0) {
        const Bytes pair = load_bytes(main + g * 256 + 64 * (j % 4) + 4 * r);
        u = both(j < 4 ? pair : shift_right<4>(pair), all_bytes(15));
      }
      if constexpr (kTwo != 0) {
        const Bytes four = load_bytes(two + g * 128 + 64 * (j / 4) + 4 * r);
        const Bytes pair = both(moved<kTwoAt - 2 * (j % 4)>(four), all_bytes(3 << kTwoAt));
        if constexpr (kMain != 0) {
          u = either(u, pair);
        } else {
          u = pair;
        }
      }
      if constexpr (kOne != 0)
        u = either(u, both(moved<kOneAt - j>(load_bytes(one + g * 64 + 4 * r)), all_bytes(1 << kOneAt)));
      return u;
    }
  }

  /// Codes of a group, [8][16 rows][4], into the planes.
  void put_group(int g, const uint8_t* codes) const {
    for (int i = 0; i < 64; i += 4 * kLanes) {
      const uint8_t* u = codes + i;
      auto* to_main = const_cast<uint8_t*>(main) + g * kMain + i;
      if constexpr (bits == 8) {
        for (int j = 0; j < 8; ++j) store_bytes(to_main + 64 * j, load_bytes(u + 64 * j));
      } else if constexpr (kMain != 0) {
        for (int j = 0; j < 4; ++j)
          store_bytes(to_main + 64 * j, either(some<0, 15, 0>(u, j), some<0, 15, 4>(u, j + 4)));
      }
      if constexpr (kTwo != 0) {
        for (int j = 0; j < 8; j += 4) {
          const Bytes low = either(some<kTwoAt, 3, 0>(u, j), some<kTwoAt, 3, 2>(u, j + 1)),
                      high = either(some<kTwoAt, 3, 4>(u, j + 2), some<kTwoAt, 3, 6>(u, j + 3));
          store_bytes(const_cast<uint8_t*>(two) + g * kTwo + 16 * j + i, either(low, high));
        }
      }
      if constexpr (kOne != 0) {
        const Bytes first = either(either(some<kOneAt, 1, 0>(u, 0), some<kOneAt, 1, 1>(u, 1)),
                                   either(some<kOneAt, 1, 2>(u, 2), some<kOneAt, 1, 3>(u, 3)));
        const Bytes last = either(either(some<kOneAt, 1, 4>(u, 4), some<kOneAt, 1, 5>(u, 5)),
                                  either(some<kOneAt, 1, 6>(u, 6), some<kOneAt, 1, 7>(u, 7)));
        store_bytes(const_cast<uint8_t*>(one) + g * kOne + i, either(first, last));
      }
    }
  }

 private:
  template <int by>
  static Bytes moved(Bytes v) {
    if constexpr (by > 0) return shift_left<by>(v);
    if constexpr (by < 0) return shift_right<-by>(v);
    return v;
  }
  /// Bits `at` and on of four j, as many as `mask` has, moved to bit `to`.
  template <int at, int mask, int to>
  static Bytes some(const uint8_t* u, int j) {
    return moved<to>(both(moved<-at>(load_bytes(u + 64 * j)), all_bytes(mask)));
  }
};

/// The bits of a format's codes as they meet activations.
template <class F>
constexpr int kCodeBits = HasTable<F> ? 8 : F::kBits;
/// What a format without minima takes from its codes; nothing of 8 bits where these are signed.
template <class F>
constexpr int kZero = F::Scales::kMins || F::kZeroShift < 0 || (kCodeBits<F> == 8 && kWideIsSigned)
                          ? 0
                          : 1 << F::kZeroShift;

template <class F>
struct Panel {
  using Scales = typename F::Scales;
  using Codes = Planes<F::kBits>;
  static constexpr int kChunkBytes = 8 * Codes::kGroup + static_cast<int>(kChunk) / Scales::kUnit * Scales::kBytes;

  static int64_t bytes(int64_t k) {
    return (k / kChunk * kChunkBytes + k % kChunk / 32 * Codes::kGroup + k % kChunk / Scales::kUnit * Scales::kBytes +
            63) /
           64 * 64;
  }
  static int groups(int64_t k, int64_t at) { return k - at < kChunk ? static_cast<int>((k - at) / 32) : 8; }

  /// The scales of so many groups as floats.
  template <class Groups>
  static void unpack_scales(const uint8_t* __restrict scales, Groups groups, Chunk& to) {
    constexpr int halves = Scales::kPer16 ? 2 : 1;
    float *__restrict d = to.d, *__restrict m = to.m;
    for (int r = 0; r < kPanel; r += kLanes) {
      for (int i = 0; i < halves * groups; ++i) {
        const Lanes scale = Scales::d(scales, i / halves, i % halves, r);
        store_lanes(d + i * kPanel + r, scale);
        store_lanes(m + i * kPanel + r, Scales::kMins ? Scales::m(scales, i / halves, i % halves, r)
                                                      : multiply(scale, all_lanes(-kZero<F>)));
      }
    }
  }

  /// The chunk from value `at` on.
  static void open(const uint8_t* panel, int64_t k, int64_t at, Chunk& to) {
    to.codes = panel + at / kChunk * kChunkBytes, to.groups = groups(k, at);
    if constexpr (HasTable<F>) {
      to.table = &F::kTable;
    } else {
      to.table = nullptr;
    }
    const uint8_t* __restrict scales = to.codes + to.groups * Codes::kGroup;
    fetch_ahead(scales, kChunkBytes - 8 * Codes::kGroup, to.ahead);
    // The loop of a whole chunk is unrolled: products of few tokens spend a tenth of their time here.
    if (to.groups == 8) return unpack_scales(scales, std::integral_constant<int, 8>(), to);
    unpack_scales(scales, to.groups, to);
  }

  /// From 16 rows as stored (null: zeros).
  static void pack(const uint8_t* const* rows, int64_t k, uint8_t* panel) {
    static_assert(F::kValues == Scales::kUnit);
    alignas(64) uint8_t codes[16][kChunk] = {};
    alignas(64) uint32_t fours[kChunk / 4 * 16];
    const uint8_t* row_codes[16];
    for (int r = 0; r < 16; ++r) row_codes[r] = codes[r];
    for (int64_t at = 0; at < k; at += kChunk) {
      uint8_t* chunk = panel + at / kChunk * kChunkBytes;
      const int n = groups(k, at);
      uint8_t* scales = chunk + n * Codes::kGroup;
      if (rows[15] == nullptr)
        std::memset(scales, 0, static_cast<std::size_t>(32 * n / Scales::kUnit * Scales::kBytes));
      for (int r = 0; r < 16; ++r) {
        if (rows[r] == nullptr) continue;
        // 16 streams are more than the hardware follows.
        for (int i = 0; i < kChunk / F::kValues * F::kBytes; i += 64)
          __builtin_prefetch(rows[r] + (at + 2 * kChunk) / F::kValues * F::kBytes + i);
        for (int v = 0; v < 32 * n; v += F::kValues) {
          const uint8_t* block = rows[r] + (at + v) / F::kValues * F::kBytes;
          F::codes(block, codes[r] + v);
          F::scales(block, r, scales + v / Scales::kUnit * Scales::kBytes);
        }
      }
      interleave_fours(row_codes, kChunk / 4, fours);
      const Codes planes(chunk, n);
      for (int g = 0; g < n; ++g) planes.put_group(g, reinterpret_cast<const uint8_t*>(fours + g * 8 * 16));
    }
  }
};
