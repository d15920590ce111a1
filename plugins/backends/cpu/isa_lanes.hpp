// Vectors of the instruction set: Lanes are kLanes floats, Whole as many int32, Bytes four bytes a
// lane. What is written with them is written once for all instruction sets.

#if defined(__AVX512F__)
constexpr int kLanes = 16;
constexpr bool kWideIsSigned = false;
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
inline Lanes load_bf16(const void* p) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(static_cast<const __m256i*>(p))), 16)); }
inline Lanes load_unsigned(const uint8_t* p) { return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))); }
inline Lanes load_signed(const uint8_t* p) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))); }
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
/// Byte `i` of each lane, sign bit flipped back when `flipped`, as float.
template <int i>
inline Lanes byte_lanes(Bytes v) { return _mm512_cvtepi32_ps(_mm512_and_si512(_mm512_srli_epi32(v, 8 * i), _mm512_set1_epi32(255))); }
/// *p << shift in all lanes.
template <int shift>
inline Whole shifted(const int32_t* p) { return _mm512_slli_epi32(_mm512_set1_epi32(*p), shift); }
/// sum[lane] += the four products of u with four activations. Wide: u is a signed byte with its sign
/// bit flipped; where kWideIsSigned that is undone, else the product is of the unsigned byte.
template <bool wide>
inline Whole dot_four(Whole sum, Bytes u, const int8_t* q) {
  int four;
  std::memcpy(&four, q, 4);
  const __m512i x = _mm512_set1_epi32(four);
#if defined(__AVX512VNNI__)
  return _mm512_dpbusd_epi32(sum, u, x);
#else
  static_assert(sizeof(u) == 0, "AVX-512 without VNNI is not built");
#endif
}
#elif defined(__AVX2__)
constexpr int kLanes = 8;
constexpr bool kWideIsSigned = true;
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
inline Lanes load_bf16(const void* p) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128(static_cast<const __m128i*>(p))), 16)); }
inline Lanes load_unsigned(const uint8_t* p) { return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))); }
inline Lanes load_signed(const uint8_t* p) { return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))); }
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
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table))), index);
}
template <int i>
inline Lanes byte_lanes(Bytes v) { return _mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srli_epi32(v, 8 * i), _mm256_set1_epi32(255))); }
template <int shift>
inline Whole shifted(const int32_t* p) { return _mm256_slli_epi32(_mm256_set1_epi32(*p), shift); }
template <bool wide>
inline Whole dot_four(Whole sum, Bytes u, const int8_t* q) {
  int four;
  std::memcpy(&four, q, 4);
  const __m256i x = _mm256_set1_epi32(four), ones = _mm256_set1_epi16(1);
  if constexpr (wide) {  // 255 * 127 * 2 overflows 16 bits, 128 * 127 * 2 does not
    const __m256i w = _mm256_xor_si256(u, _mm256_set1_epi8(static_cast<char>(0x80)));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w)), ones));
  } else {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(u, x), ones));
  }
}
#else
constexpr int kLanes = 4;
constexpr bool kWideIsSigned = false;
struct Lanes {
  float v[kLanes];
};
struct Whole {
  int32_t v[kLanes];
};
struct Bytes {
  uint8_t v[4 * kLanes];
};
template <class V, class F>
inline V each(F f) {
  V r;
  for (int i = 0; i < static_cast<int>(sizeof(r.v) / sizeof(r.v[0])); ++i) r.v[i] = static_cast<std::remove_reference_t<decltype(r.v[0])>>(f(i));
  return r;
}
inline Lanes no_lanes() { return {}; }
inline Lanes all_lanes(float x) { return {{x, x, x, x}}; }
inline Lanes load_lanes(const float* p) { return each<Lanes>([=](int i) { return p[i]; }); }
inline void store_lanes(float* p, Lanes x) { std::memcpy(p, x.v, sizeof x.v); }
inline Lanes multiply(Lanes a, Lanes b) { return each<Lanes>([=](int i) { return a.v[i] * b.v[i]; }); }
inline Lanes multiply_add(Lanes a, Lanes b, Lanes c) { return each<Lanes>([=](int i) { return c.v[i] + a.v[i] * b.v[i]; }); }
inline float sum_lanes(Lanes x) { return (x.v[0] + x.v[1]) + (x.v[2] + x.v[3]); }
inline Lanes to_lanes(Whole x) { return each<Lanes>([=](int i) { return static_cast<float>(x.v[i]); }); }
inline Lanes load_halves(const void* p) { return each<Lanes>([=](int i) { return half_to_float(static_cast<const uint8_t*>(p) + 2 * i); }); }
inline Lanes load_bf16(const void* p) { return each<Lanes>([=](int i) { return bf16_to_float(static_cast<const uint8_t*>(p) + 2 * i); }); }
inline Lanes load_unsigned(const uint8_t* p) { return each<Lanes>([=](int i) { return static_cast<float>(p[i]); }); }
inline Lanes load_signed(const uint8_t* p) { return each<Lanes>([=](int i) { return static_cast<float>(static_cast<int8_t>(p[i])); }); }
inline Bytes load_bytes(const void* p) { return each<Bytes>([=](int i) { return static_cast<const uint8_t*>(p)[i]; }); }
inline void store_bytes(void* p, Bytes x) { std::memcpy(p, x.v, sizeof x.v); }
inline Bytes all_bytes(int x) { return each<Bytes>([=](int) { return x; }); }
inline Bytes both(Bytes a, Bytes b) { return each<Bytes>([=](int i) { return a.v[i] & b.v[i]; }); }
inline Bytes either(Bytes a, Bytes b) { return each<Bytes>([=](int i) { return a.v[i] | b.v[i]; }); }
// In units of 16 bits, as the vector instructions have it: mask after.
template <int n>
inline Bytes shift_right(Bytes x) { return each<Bytes>([=](int i) { return (x.v[i] | (i % 2 == 0 ? x.v[i + 1] << 8 : 0)) >> n; }); }
template <int n>
inline Bytes shift_left(Bytes x) { return each<Bytes>([=](int i) { return (x.v[i] << n) | (i % 2 == 1 ? x.v[i - 1] >> (8 - n) : 0); }); }
inline Bytes look_up(const int8_t (&table)[16], Bytes index) { return each<Bytes>([&](int i) { return table[index.v[i] & 15]; }); }
template <int b>
inline Lanes byte_lanes(Bytes x) { return each<Lanes>([=](int i) { return static_cast<float>(x.v[4 * i + b]); }); }
template <int shift>
inline Whole shifted(const int32_t* p) {
  const auto x = static_cast<int32_t>(static_cast<uint32_t>(*p) << shift);
  return {{x, x, x, x}};
}
template <bool wide>
inline Whole dot_four(Whole sum, Bytes u, const int8_t* q) {
  return each<Whole>([&](int i) {
    return sum.v[i] + int{u.v[4 * i]} * q[0] + int{u.v[4 * i + 1]} * q[1] + int{u.v[4 * i + 2]} * q[2] + int{u.v[4 * i + 3]} * q[3];
  });
}
#endif

/// to[i][row] = four bytes i of each of 16 rows; n of them a row, a multiple of 16.
inline void interleave_fours(const uint8_t* const* rows, int64_t n, uint32_t* to) {
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
      _mm512_storeu_si512(to + (i + j) * 16, even);
      _mm512_storeu_si512(to + (i + j + 8) * 16, odd);
    }
  }
#else
  for (int r = 0; r < 16; ++r) {
    for (int64_t i = 0; i < n; ++i) std::memcpy(to + i * 16 + r, rows[r] + 4 * i, 4);
  }
#endif
}
