// Scales of 16 rows: how a format's own scales lie side by side, and what a group of values is scaled
// by. `kBytes` for `kUnit` values of all rows; put() files those of one row's unit; d() (and m(),
// where kMins: w = d * u + m) gives them of the kLanes rows from r on, for the 16 values from
// 16 * `half` of group `g` of 32 in a chunk. Both halves are alike unless kPer16.

/// d, and perhaps m, as halves, one for 32 values.
template <bool mins>
struct HalfScales {
  static constexpr int kUnit = 32, kBytes = mins ? 64 : 32;
  static constexpr bool kMins = mins, kPer16 = false;
  static void put(uint8_t* to, int r, const uint8_t* d, const uint8_t* m = nullptr) {
    std::memcpy(to + 2 * r, d, 2);
    if (mins) std::memcpy(to + 32 + 2 * r, m, 2);
  }
  static Lanes d(const uint8_t* s, int g, int, int r) { return load_halves(s + g * kBytes + 2 * r); }
  static Lanes m(const uint8_t* s, int g, int, int r) { return load_halves(s + g * kBytes + 32 + 2 * r); }
};

/// d as float, one for `unit` values.
template <int unit>
struct FloatScales {
  static constexpr int kUnit = unit, kBytes = 64;
  static constexpr bool kMins = false, kPer16 = false;
  static void put(uint8_t* to, int r, float d) { std::memcpy(to + 4 * r, &d, 4); }
  static Lanes d(const uint8_t* s, int g, int, int r) { return load_floats(s + 32 * g / unit * kBytes + 4 * r); }
  static Lanes m(const uint8_t*, int64_t, int, int) { return no_lanes(); }
};

/// d as float and a zero of a byte, for `unit` values: w = d * (u - zero).
template <int unit, int bits>
struct ZeroScales {
  static constexpr int kUnit = unit, kBytes = 80;
  static constexpr bool kMins = true, kPer16 = false;
  static void put(uint8_t* to, int r, const uint8_t* d, uint8_t zero) {
    std::memcpy(to + 4 * r, d, 4);
    to[64 + r] = zero;
  }
  static Lanes d(const uint8_t* s, int g, int, int r) { return load_floats(s + 32 * g / unit * kBytes + 4 * r); }
  /// Where dot_sixteen takes 128 from what has 8 bits, it is given back here.
  static Lanes m(const uint8_t* s, int g, int, int r) {
    s += 32 * g / unit * kBytes;
    const Lanes taken = all_lanes(bits == 8 && kWideIsSigned ? 128 : 0);
    return multiply(load_floats(s + 4 * r), multiply_add(load_unsigned(s + 64 + r), all_lanes(-1), taken));
  }
};

/// A half for 256 values times a byte for 32; perhaps minima alike, which are subtracted.
template <bool mins, bool is_signed>
struct SuperScales {
  static constexpr int kUnit = 256, kBytes = mins ? 320 : 160;
  static constexpr bool kMins = mins, kPer16 = false;
  static void put(uint8_t* to, int r, const uint8_t* d, const uint8_t (&scale)[8], const uint8_t* dmin = nullptr,
                  const uint8_t* min = nullptr) {
    std::memcpy(to + 2 * r, d, 2);
    for (int g = 0; g < 8; ++g) to[32 + 16 * g + r] = scale[g];
    if (!mins) return;
    std::memcpy(to + 160 + 2 * r, dmin, 2);
    for (int g = 0; g < 8; ++g) to[192 + 16 * g + r] = min[g];
  }
  static Lanes d(const uint8_t* s, int g, int, int r) {
    const uint8_t* scale = s + 32 + 16 * g + r;
    return multiply(load_halves(s + 2 * r), is_signed ? load_signed(scale) : load_unsigned(scale));
  }
  static Lanes m(const uint8_t* s, int g, int, int r) {
    s += 160;
    return multiply(load_halves(s + 2 * r), multiply(all_lanes(-1), load_unsigned(s + 32 + 16 * g + r)));
  }
};

/// A half for 256 values times a signed byte for 16.
struct FineScales {
  static constexpr int kUnit = 256, kBytes = 288;
  static constexpr bool kMins = false, kPer16 = true;
  static void put(uint8_t* to, int r, const uint8_t* d, const int8_t (&scale)[16]) {
    std::memcpy(to + 2 * r, d, 2);
    for (int g = 0; g < 16; ++g) to[32 + 16 * g + r] = static_cast<uint8_t>(scale[g]);
  }
  static Lanes d(const uint8_t* s, int g, int half, int r) {
    return multiply(load_halves(s + 2 * r), load_signed(s + 32 + 16 * (2 * g + half) + r));
  }
  static Lanes m(const uint8_t*, int64_t, int, int) { return no_lanes(); }
};

/// Two halves for 256 values; for 16 a byte: scale in its low four bits, minimum in its high ones.
struct NibbleScales {
  static constexpr int kUnit = 256, kBytes = 320;
  static constexpr bool kMins = true, kPer16 = true;
  static void put(uint8_t* to, int r, const uint8_t* d, const uint8_t* dmin, const uint8_t* scale) {
    std::memcpy(to + 2 * r, d, 2);
    std::memcpy(to + 32 + 2 * r, dmin, 2);
    for (int g = 0; g < 16; ++g) to[64 + 16 * g + r] = scale[g];
  }
  static const uint8_t* nibbles(const uint8_t* s, int g, int half, int r, bool high, uint8_t (&out)[kLanes]) {
    const uint8_t* from = s + 64 + 16 * (2 * g + half) + r;
    for (int i = 0; i < kLanes; ++i) out[i] = high ? from[i] >> 4 : from[i] & 15;
    return out;
  }
  static Lanes d(const uint8_t* s, int g, int half, int r) {
    uint8_t scale[kLanes];
    return multiply(load_halves(s + 2 * r), load_unsigned(nibbles(s, g, half, r, false, scale)));
  }
  static Lanes m(const uint8_t* s, int g, int half, int r) {
    uint8_t min[kLanes];
    return multiply(load_halves(s + 32 + 2 * r),
                    multiply(all_lanes(-1), load_unsigned(nibbles(s, g, half, r, true, min))));
  }
};

/// A power of two for 32 values: 2^(byte - 128), which is half of E8M0's own value.
struct PowerScales {
  static constexpr int kUnit = 32, kBytes = 16;
  static constexpr bool kMins = false, kPer16 = false;
  static void put(uint8_t* to, int r, const uint8_t* e) { to[r] = *e; }
  static Lanes d(const uint8_t* s, int g, int, int r) {
    float power[kLanes];
    for (int i = 0; i < kLanes; ++i) {
      const uint32_t e = s[16 * g + r + i];  // below 2: not a normal float
      power[i] = std::bit_cast<float>(e >= 2 ? (e - 1) << 23 : 0x00200000u << e);
    }
    return load_lanes(power);
  }
  static Lanes m(const uint8_t*, int64_t, int, int) { return no_lanes(); }
};
