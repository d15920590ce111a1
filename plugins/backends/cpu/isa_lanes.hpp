// Vectors of the instruction set: Lanes are kLanes floats, Whole as many int32, Bytes four bytes a
// lane. What is written with them is written once for all instruction sets.

#if defined(__AVX512F__)
constexpr int kLanes = 16;
constexpr bool kWideIsSigned = false, kDotsAnyCode = true;
using Lanes = __m512;
using Whole = __m512i;
using Bytes = __m512i;
inline Lanes no_lanes() { return _mm512_setzero_ps(); }
inline Lanes all_lanes(float v) { return _mm512_set1_ps(v); }
inline Lanes load_lanes(const float* p) { return _mm512_loadu_ps(p); }
inline void store_lanes(float* p, Lanes v) { _mm512_storeu_ps(p, v); }
inline Lanes multiply(Lanes a, Lanes b) { return _mm512_mul_ps(a, b); }
inline Lanes multiply_add(Lanes a, Lanes b, Lanes c) { return _mm512_fmadd_ps(a, b, c); }
inline float sum_lanes(Lanes v) { return _mm512_reduce_add_ps(v); }
inline Lanes to_lanes(Whole v) { return _mm512_cvtepi32_ps(v); }
inline Lanes load_halves(const void* p) { return _mm512_cvtph_ps(_mm256_loadu_si256(static_cast<const __m256i*>(p))); }
inline Lanes load_bf16(const void* p) {
  return _mm512_castsi512_ps(
      _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(static_cast<const __m256i*>(p))), 16));
}
inline Lanes load_unsigned(const uint8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
inline Lanes load_signed(const uint8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
inline Bytes load_bytes(const void* p) { return _mm512_loadu_si512(p); }
inline void store_bytes(void* p, Bytes v) { _mm512_storeu_si512(p, v); }
inline Bytes all_bytes(int v) { return _mm512_set1_epi8(static_cast<char>(v)); }
inline Bytes both(Bytes a, Bytes b) { return _mm512_and_si512(a, b); }
inline Bytes either(Bytes a, Bytes b) { return _mm512_or_si512(a, b); }
template <int n>
inline Bytes shift_right(Bytes v) { return _mm512_srli_epi16(v, n); }
template <int n>
inline Bytes shift_left(Bytes v) { return _mm512_slli_epi16(v, n); }
inline Bytes look_up(const int8_t (&table)[16], Bytes index) {
  return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table))), index);
}
/// Byte `i` of each lane as float.
template <int i>
inline Lanes byte_lanes(Bytes v) {
  return _mm512_cvtepi32_ps(_mm512_and_si512(_mm512_srli_epi32(v, 8 * i), _mm512_set1_epi32(255)));
}
/// table[byte `i` of each lane], which is below 16.
template <int i>
inline Lanes look_up_floats(const float (&table)[16], Bytes v) {
  return _mm512_permutexvar_ps(_mm512_srli_epi32(v, 8 * i), _mm512_loadu_ps(table));
}
/// Byte `i` of each lane as a float's sign, and its other bits from bit `at` on.
template <int i, int at>
inline Lanes small_floats(Bytes v) {
  // The sign's copies between it and the others are masked.
  const __m512i moved = _mm512_srai_epi32(_mm512_slli_epi32(v, 24 - 8 * i), 24 - at);
  return _mm512_castsi512_ps(_mm512_and_si512(moved, _mm512_set1_epi32(INT32_MIN | 0x7f << at)));
}
/// The four bytes in all lanes.
inline Bytes four_bytes(const int8_t* q) {
  int four;
  std::memcpy(&four, q, 4);
  return _mm512_set1_epi32(four);
}
/// (high << kLowBits) + low.
inline Whole joined(Whole high, Whole low) { return _mm512_add_epi32(_mm512_slli_epi32(high, kLowBits), low); }
/// sum[p][lane] += the 16 products of u[p] with activations: byte i of u[p][j] meets q[4 * j + i]. Values are
/// below 2^bits; of 8 bits, u is a signed byte with its sign bit flipped, which is undone where kWideIsSigned.
template <int bits, int parts>
inline void dot_sixteen(Whole (&sum)[parts], const Bytes (&u)[parts][4], const int8_t* q) {
#if defined(__AVX512VNNI__)
  for (int j = 0; j < 4; ++j) {
    for (int p = 0; p < parts; ++p) sum[p] = _mm512_dpbusd_epi32(sum[p], u[p][j], four_bytes(q + 4 * j));
  }
#else
  static_assert(bits < 0, "AVX-512 without VNNI is not built");
#endif
}
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#if defined(__AVXVNNI__)
constexpr bool kWideIsSigned = false, kDotsAnyCode = true;
#else
constexpr bool kWideIsSigned = true, kDotsAnyCode = false;
#endif
using Lanes = __m256;
using Whole = __m256i;
using Bytes = __m256i;
inline Lanes no_lanes() { return _mm256_setzero_ps(); }
inline Lanes all_lanes(float v) { return _mm256_set1_ps(v); }
inline Lanes load_lanes(const float* p) { return _mm256_loadu_ps(p); }
inline void store_lanes(float* p, Lanes v) { _mm256_storeu_ps(p, v); }
inline Lanes multiply(Lanes a, Lanes b) { return _mm256_mul_ps(a, b); }
inline Lanes multiply_add(Lanes a, Lanes b, Lanes c) { return _mm256_fmadd_ps(a, b, c); }
inline float sum_lanes(Lanes v) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}
inline Lanes to_lanes(Whole v) { return _mm256_cvtepi32_ps(v); }
inline Lanes load_halves(const void* p) { return _mm256_cvtph_ps(_mm_loadu_si128(static_cast<const __m128i*>(p))); }
inline Lanes load_bf16(const void* p) {
  return _mm256_castsi256_ps(
      _mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128(static_cast<const __m128i*>(p))), 16));
}
inline Lanes load_unsigned(const uint8_t* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}
inline Lanes load_signed(const uint8_t* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}
inline Bytes load_bytes(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
inline void store_bytes(void* p, Bytes v) { _mm256_storeu_si256(static_cast<__m256i*>(p), v); }
inline Bytes all_bytes(int v) { return _mm256_set1_epi8(static_cast<char>(v)); }
inline Bytes both(Bytes a, Bytes b) { return _mm256_and_si256(a, b); }
inline Bytes either(Bytes a, Bytes b) { return _mm256_or_si256(a, b); }
template <int n>
inline Bytes shift_right(Bytes v) { return _mm256_srli_epi16(v, n); }
template <int n>
inline Bytes shift_left(Bytes v) { return _mm256_slli_epi16(v, n); }
inline Bytes look_up(const int8_t (&table)[16], Bytes index) {
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table))),
                             index);
}
template <int i>
inline Lanes byte_lanes(Bytes v) {
  return _mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srli_epi32(v, 8 * i), _mm256_set1_epi32(255)));
}
template <int i>
inline Lanes look_up_floats(const float (&table)[16], Bytes v) {
  const __m256i index = _mm256_srli_epi32(v, 8 * i);
  const __m256 low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table), index),
               high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table + 8), index);
  return _mm256_blendv_ps(low, high, _mm256_castsi256_ps(_mm256_slli_epi32(index, 28)));
}
template <int i, int at>
inline Lanes small_floats(Bytes v) {
  // The sign's copies between it and the others are masked.
  const __m256i moved = _mm256_srai_epi32(_mm256_slli_epi32(v, 24 - 8 * i), 24 - at);
  return _mm256_castsi256_ps(_mm256_and_si256(moved, _mm256_set1_epi32(INT32_MIN | 0x7f << at)));
}
inline Whole joined(Whole high, Whole low) { return _mm256_add_epi32(_mm256_slli_epi32(high, kLowBits), low); }
inline Bytes four_bytes(const int8_t* q) {
  int four;
  std::memcpy(&four, q, 4);
  return _mm256_set1_epi32(four);
}
template <int bits, int parts>
inline void dot_sixteen(Whole (&sum)[parts], const Bytes (&u)[parts][4], const int8_t* q) {
#if defined(__AVXVNNI__)
  for (int j = 0; j < 4; ++j) {
    for (int p = 0; p < parts; ++p) sum[p] = _mm256_dpbusd_avx_epi32(sum[p], u[p][j], four_bytes(q + 4 * j));
  }
#else
  // Sums of pairs of products, in 16 bits: of 5 bits four of them fit, of 6 bits two, of 8 bits one.
  constexpr int fit = bits <= 5 ? 4 : bits == 6 ? 2 : 1;
  const Whole ones = _mm256_set1_epi16(1);
  Whole pairs[parts];
  for (int j = 0; j < 4; ++j) {
    const Bytes x = four_bytes(q + 4 * j);
    for (int p = 0; p < parts; ++p) {
      Whole pair;
      if constexpr (bits == 8) {  // 255 * 127 * 2 overflows, 128 * 127 * 2 does not
        const Bytes w = _mm256_xor_si256(u[p][j], _mm256_set1_epi8(static_cast<char>(0x80)));
        pair = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
      } else {
        pair = _mm256_maddubs_epi16(u[p][j], x);
      }
      pairs[p] = j % fit == 0 ? pair : _mm256_add_epi16(pairs[p], pair);
      if (j % fit == fit - 1) sum[p] = _mm256_add_epi32(sum[p], _mm256_madd_epi16(pairs[p], ones));
    }
  }
#endif
}
#else
// Vectors of 16 bytes as GCC and Clang have them for every machine.
constexpr int kLanes = 4;
#if defined(__ARM_FEATURE_DOTPROD)
constexpr bool kWideIsSigned = true, kDotsAnyCode = false;
#else
constexpr bool kWideIsSigned = false, kDotsAnyCode = false;
#endif
using Lanes = float __attribute__((vector_size(16)));
using Whole = int32_t __attribute__((vector_size(16)));
using Bits = uint32_t __attribute__((vector_size(16)));
using Shorts = int16_t __attribute__((vector_size(16)));
using Pairs = uint16_t __attribute__((vector_size(16)));
using Bytes = uint8_t __attribute__((vector_size(16)));
template <class V>
inline V load_vector(const void* p) {
  V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline Lanes no_lanes() { return Lanes{}; }
inline Lanes all_lanes(float x) { return Lanes{x, x, x, x}; }
inline Lanes load_lanes(const float* p) { return load_vector<Lanes>(p); }
inline void store_lanes(float* p, Lanes x) { std::memcpy(p, &x, sizeof x); }
inline Lanes multiply(Lanes a, Lanes b) { return a * b; }
inline Lanes multiply_add(Lanes a, Lanes b, Lanes c) { return c + a * b; }
inline float sum_lanes(Lanes x) { return (x[0] + x[1]) + (x[2] + x[3]); }
inline Lanes to_lanes(Whole x) { return __builtin_convertvector(x, Lanes); }
/// yes where the mask is all ones, else no.
inline Bits take(Whole mask, Bits yes, Bits no) {
  return (yes & reinterpret_cast<Bits>(mask)) | (no & ~reinterpret_cast<Bits>(mask));
}
inline Bits load_shorts(const void* p) {
  uint16_t h[kLanes];
  std::memcpy(h, p, sizeof h);
  return Bits{h[0], h[1], h[2], h[3]};
}
inline Lanes load_halves(const void* p) {
  const Bits h = load_shorts(p), rest = (h & 0x7fff) << 13;
  const Lanes scaled = reinterpret_cast<Lanes>(rest) * 0x1p112f;  // subnormals, too
  const Bits finite = reinterpret_cast<Bits>(scaled);
  return reinterpret_cast<Lanes>(take(rest >= 0x0f800000, rest | 0x7f800000, finite) | (h & 0x8000) << 16);
}
inline Lanes load_bf16(const void* p) { return reinterpret_cast<Lanes>(load_shorts(p) << 16); }
inline Lanes load_unsigned(const uint8_t* p) { return to_lanes(Whole{p[0], p[1], p[2], p[3]}); }
inline Lanes load_signed(const uint8_t* p) {
  return to_lanes(Whole{static_cast<int8_t>(p[0]), static_cast<int8_t>(p[1]), static_cast<int8_t>(p[2]),
                        static_cast<int8_t>(p[3])});
}
inline Bytes load_bytes(const void* p) { return load_vector<Bytes>(p); }
inline void store_bytes(void* p, Bytes x) { std::memcpy(p, &x, sizeof x); }
inline Bytes all_bytes(int x) { return Bytes{} + static_cast<uint8_t>(x); }
inline Bytes both(Bytes a, Bytes b) { return a & b; }
inline Bytes either(Bytes a, Bytes b) { return a | b; }
// In units of 16 bits, as the vector instructions have it: mask after.
template <int n>
inline Bytes shift_right(Bytes x) { return reinterpret_cast<Bytes>(reinterpret_cast<Pairs>(x) >> n); }
template <int n>
inline Bytes shift_left(Bytes x) { return reinterpret_cast<Bytes>(reinterpret_cast<Pairs>(x) << n); }
inline Bytes look_up(const int8_t (&table)[16], Bytes index) {
  Bytes found{};
  for (int i = 0; i < 16; ++i) found[i] = static_cast<uint8_t>(table[index[i] & 15]);
  return found;
}
template <int b>
inline Lanes byte_lanes(Bytes x) {
  return to_lanes(reinterpret_cast<Whole>(reinterpret_cast<Bits>(x) >> (8 * b) & 255));
}
template <int b>
inline Lanes look_up_floats(const float (&table)[16], Bytes x) {
  return Lanes{table[x[b]], table[x[b + 4]], table[x[b + 8]], table[x[b + 12]]};
}
template <int b, int at>
inline Lanes small_floats(Bytes x) {
  const Bits bits = reinterpret_cast<Bits>(x) >> (8 * b);
  return reinterpret_cast<Lanes>((bits & 0x80) << 24 | (bits & 0x7f) << at);
}
inline Bytes four_bytes(const int8_t* q) {
  uint32_t four;
  std::memcpy(&four, q, 4);
  return reinterpret_cast<Bytes>(Bits{four, four, four, four});
}
inline Whole joined(Whole high, Whole low) { return high * (1 << kLowBits) + low; }
template <int bits, int parts>
inline void dot_sixteen(Whole (&sum)[parts], const Bytes (&u)[parts][4], const int8_t* q) {
#if defined(__ARM_FEATURE_DOTPROD)
  for (int j = 0; j < 4; ++j) {
    const auto x = reinterpret_cast<int8x16_t>(four_bytes(q + 4 * j));
    for (int p = 0; p < parts; ++p) {
      const auto w = reinterpret_cast<int8x16_t>(bits == 8 ? u[p][j] ^ 0x80 : u[p][j]);
      sum[p] = reinterpret_cast<Whole>(vdotq_s32(reinterpret_cast<int32x4_t>(sum[p]), w, x));
    }
  }
#else
  // One product fits 16 bits, 255 * 127; of 6 bits the sum of four does.
  constexpr int fit = bits <= 6 ? 2 : 1;
  for (int p = 0; p < parts; ++p) {
    const auto add = [&](Shorts v) {
      sum[p] += (reinterpret_cast<Whole>(v) << 16 >> 16) + (reinterpret_cast<Whole>(v) >> 16);
    };
    for (int j = 0; j < 4; j += fit) {
      Shorts even{}, odd{};
      for (int i = j; i < j + fit; ++i) {
        const auto x = reinterpret_cast<Shorts>(four_bytes(q + 4 * i));
        const auto w = reinterpret_cast<Pairs>(u[p][i]);
        even += reinterpret_cast<Shorts>(w & 255) * (x << 8 >> 8);
        odd += reinterpret_cast<Shorts>(w >> 8) * (x >> 8);
      }
      if constexpr (fit > 1) {
        add(even + odd);
      } else {
        add(even), add(odd);
      }
    }
  }
#endif
}
#endif

inline Lanes load_floats(const uint8_t* p) {
  float v[kLanes];
  std::memcpy(v, p, sizeof v);
  return load_lanes(v);
}

/// to[i * stride + row] = four bytes i of each of kLanes rows; n of them a row, a multiple of kLanes.
inline void turn_lanes(const uint8_t* const* rows, int64_t n, uint32_t* to, int64_t stride) {
#if defined(__AVX512F__)
  for (int64_t i = 0; i < n; i += 16) {
    __m512i a[16], b[16];
    for (int r = 0; r < 16; ++r) a[r] = _mm512_loadu_si512(rows[r] + 4 * i);
    for (int r = 0; r < 16; r += 2) {  // pairs of rows, then fours, eights, all
      b[r] = _mm512_unpacklo_epi32(a[r], a[r + 1]);
      b[r + 1] = _mm512_unpackhi_epi32(a[r], a[r + 1]);
    }
    for (int r = 0; r < 16; r += 4) {
      a[r] = _mm512_unpacklo_epi64(b[r], b[r + 2]);
      a[r + 1] = _mm512_unpackhi_epi64(b[r], b[r + 2]);
      a[r + 2] = _mm512_unpacklo_epi64(b[r + 1], b[r + 3]);
      a[r + 3] = _mm512_unpackhi_epi64(b[r + 1], b[r + 3]);
    }
    for (int half = 0; half < 16; half += 8) {
      for (int j = 0; j < 4; ++j) {
        b[half + j] = _mm512_shuffle_i32x4(a[half + j], a[half + j + 4], 0x88);
        b[half + j + 4] = _mm512_shuffle_i32x4(a[half + j], a[half + j + 4], 0xdd);
      }
    }
    for (int j = 0; j < 8; ++j) {
      const __m512i even = _mm512_shuffle_i32x4(b[j], b[j + 8], 0x88), odd = _mm512_shuffle_i32x4(b[j], b[j + 8], 0xdd);
      _mm512_storeu_si512(to + (i + j) * stride, even);
      _mm512_storeu_si512(to + (i + j + 8) * stride, odd);
    }
  }
#elif defined(__AVX2__)
  for (int64_t i = 0; i < n; i += 8) {
    __m256i a[8], b[8];
    for (int r = 0; r < 8; ++r) a[r] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[r] + 4 * i));
    for (int r = 0; r < 8; r += 2) {  // pairs of rows, then fours, all
      b[r] = _mm256_unpacklo_epi32(a[r], a[r + 1]);
      b[r + 1] = _mm256_unpackhi_epi32(a[r], a[r + 1]);
    }
    for (int r = 0; r < 8; r += 4) {
      a[r] = _mm256_unpacklo_epi64(b[r], b[r + 2]);
      a[r + 1] = _mm256_unpackhi_epi64(b[r], b[r + 2]);
      a[r + 2] = _mm256_unpacklo_epi64(b[r + 1], b[r + 3]);
      a[r + 3] = _mm256_unpackhi_epi64(b[r + 1], b[r + 3]);
    }
    for (int j = 0; j < 4; ++j) {
      const __m256i first = _mm256_permute2x128_si256(a[j], a[j + 4], 0x20),
                    last = _mm256_permute2x128_si256(a[j], a[j + 4], 0x31);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + (i + j) * stride), first);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + (i + j + 4) * stride), last);
    }
  }
#else
  for (int r = 0; r < kLanes; ++r) {
    for (int64_t i = 0; i < n; ++i) std::memcpy(to + i * stride + r, rows[r] + 4 * i, 4);
  }
#endif
}

/// to[i][row] = four bytes i of each of 16 rows; n of them a row, a multiple of kLanes.
inline void interleave_fours(const uint8_t* const* rows, int64_t n, uint32_t* to) {
  for (int r = 0; r < 16; r += kLanes) turn_lanes(rows + r, n, to + r, 16);
}
