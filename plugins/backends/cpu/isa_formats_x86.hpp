// The formats in widest use, unpacked with AVX2: 64 values are stored at once, since a load that
// spans several smaller stores waits for them.

inline void store64(uint8_t* u, __m256i a, __m256i b) {
#if defined(__AVX512F__)
  _mm512_store_si512(u, _mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1));
#else
  _mm256_store_si256(reinterpret_cast<__m256i*>(u), a);
  _mm256_store_si256(reinterpret_cast<__m256i*>(u + 32), b);
#endif
}

/// Eight scales of 32 values each, for 16 groups of 16.
inline void store_scales(float* to, __m256 s) {
  const __m256 a = _mm256_permutevar8x32_ps(s, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
  const __m256 b = _mm256_permutevar8x32_ps(s, _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7));
#if defined(__AVX512F__)
  _mm512_store_ps(to, _mm512_insertf32x8(_mm512_castps256_ps512(a), b, 1));
#else
  _mm256_store_ps(to, a);
  _mm256_store_ps(to + 8, b);
#endif
}

/// The halves at offset `at` of `n` (at most 8) blocks, as floats; 0 for what is missing.
inline __m256 half_of_blocks(const uint8_t* p, int64_t bytes, int n) {
  uint64_t low = 0, high = 0;
  for (int i = 0; i < n && i < 4; ++i) {
    uint16_t h;
    std::memcpy(&h, p + i * bytes, 2);
    low |= uint64_t{h} << (16 * i);
  }
  for (int i = 4; i < n; ++i) {
    uint16_t h;
    std::memcpy(&h, p + i * bytes, 2);
    high |= uint64_t{h} << (16 * (i - 4));
  }
  return _mm256_cvtph_ps(_mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low)));
}

/// Nibbles of up to 8 blocks of 32 values whose 16 bytes stand at offset `at`.
template <int bytes, int offset>
inline void nibble_blocks(const uint8_t* p, int n, uint8_t* u) {
  const __m256i mask = _mm256_set1_epi8(15);
  for (int i = 0; i < n; i += 2, p += 2 * bytes, u += 64) {
    const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + offset));
    const __m128i second = i + 1 < n ? _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + bytes + offset)) : _mm_setzero_si128();
    const __m256i both = _mm256_set_m128i(second, first);
    const __m256i low = _mm256_and_si256(both, mask), high = _mm256_and_si256(_mm256_srli_epi16(both, 4), mask);
    store64(u, _mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31));
  }
}

inline int blocks_here(int64_t at, int64_t n) { return static_cast<int>((n - at < kChunk ? n - at : kChunk) / 32); }

void unpack_q4_0(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  const uint8_t* p = row + at / 32 * 18;
  const int here = blocks_here(at, n);
  nibble_blocks<18, 2>(p, here, out.u);
  const __m256 d = half_of_blocks(p, 18, here);
  store_scales(out.d, d);
  store_scales(out.m, _mm256_mul_ps(d, _mm256_set1_ps(-8)));
}

void unpack_q4_1(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  const uint8_t* p = row + at / 32 * 20;
  const int here = blocks_here(at, n);
  nibble_blocks<20, 4>(p, here, out.u);
  store_scales(out.d, half_of_blocks(p, 20, here));
  store_scales(out.m, half_of_blocks(p + 2, 20, here));
}

void unpack_q8_0(const uint8_t* row, int64_t at, int64_t n, Unpacked& out) {
  const uint8_t* p = row + at / 32 * 34;
  const int here = blocks_here(at, n);
  const __m256i flip = _mm256_set1_epi8(static_cast<char>(0x80));
  for (int i = 0; i < here; i += 2) {
    const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i * 34 + 2));
    const __m256i second = i + 1 < here ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i * 34 + 36)) : _mm256_setzero_si256();
    store64(out.u + 32 * i, _mm256_xor_si256(first, flip), _mm256_xor_si256(second, flip));
  }
  const __m256 d = half_of_blocks(p, 34, here);
  store_scales(out.d, d);
  store_scales(out.m, _mm256_mul_ps(d, _mm256_set1_ps(-128)));
}

/// The scales and minima of a K-quant's 8 sub-blocks: six bits each in 12 bytes.
inline void store_scales_k4(const uint8_t* b, Unpacked& out) {
  uint32_t a, m, high;
  std::memcpy(&a, b + 4, 4), std::memcpy(&m, b + 8, 4), std::memcpy(&high, b + 12, 4);
  const uint64_t scales = (a & 0x3f3f3f3fu) | uint64_t{(high & 0x0f0f0f0fu) | ((a >> 6) & 0x03030303u) << 4} << 32;
  const uint64_t minima = (m & 0x3f3f3f3fu) | uint64_t{((high >> 4) & 0x0f0f0f0fu) | ((m >> 6) & 0x03030303u) << 4} << 32;
  auto floats = [](uint64_t bytes, float factor) {
    const __m256i wide = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(bytes)));
    return _mm256_mul_ps(_mm256_cvtepi32_ps(wide), _mm256_set1_ps(factor));
  };
  store_scales(out.d, floats(scales, half_to_float(b)));
  store_scales(out.m, floats(minima, -half_to_float(b + 2)));
}

void unpack_q4_k(const uint8_t* row, int64_t at, int64_t, Unpacked& out) {
  const uint8_t* b = row + at / 256 * 144;
  const __m256i mask = _mm256_set1_epi8(15);
  store_scales_k4(b, out);
  for (int g = 0; g < 4; ++g) {
    const __m256i q = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + 16 + 32 * g));
    store64(out.u + 64 * g, _mm256_and_si256(q, mask), _mm256_and_si256(_mm256_srli_epi16(q, 4), mask));
  }
}

void unpack_q5_k(const uint8_t* row, int64_t at, int64_t, Unpacked& out) {
  const uint8_t* b = row + at / 256 * 176;
  const __m256i mask = _mm256_set1_epi8(15), one = _mm256_set1_epi8(1);
  store_scales_k4(b, out);
  __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + 16));
  for (int g = 0; g < 4; ++g) {
    const __m256i q = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + 48 + 32 * g));
    const __m256i first = _mm256_slli_epi16(_mm256_and_si256(high, one), 4);
    const __m256i second = _mm256_slli_epi16(_mm256_and_si256(_mm256_srli_epi16(high, 1), one), 4);
    store64(out.u + 64 * g, _mm256_or_si256(_mm256_and_si256(q, mask), first),
            _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(q, 4), mask), second));
    high = _mm256_srli_epi16(high, 2);
  }
}

void unpack_q6_k(const uint8_t* row, int64_t at, int64_t, Unpacked& out) {
  const uint8_t* b = row + at / 256 * 210;
  const __m256i mask = _mm256_set1_epi8(15), two = _mm256_set1_epi8(3);
  for (int h = 0; h < 2; ++h) {
    const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + 64 * h));
    const __m256i c = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + 64 * h + 32));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + 128 + 32 * h));
    auto top = [&](__m256i shifted) { return _mm256_slli_epi16(_mm256_and_si256(shifted, two), 4); };
    auto low = [&](__m256i v) { return _mm256_and_si256(v, mask); };
    store64(out.u + 128 * h, _mm256_or_si256(low(a), top(high)), _mm256_or_si256(low(c), top(_mm256_srli_epi16(high, 2))));
    store64(out.u + 128 * h + 64, _mm256_or_si256(low(_mm256_srli_epi16(a, 4)), top(_mm256_srli_epi16(high, 4))),
            _mm256_or_si256(low(_mm256_srli_epi16(c, 4)), top(_mm256_srli_epi16(high, 6))));
  }
  const __m128i scales = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b + 192));
  const float d = half_to_float(b + 208);
#if defined(__AVX512F__)
  const __m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(scales)), _mm512_set1_ps(d));
  _mm512_store_ps(out.d, scaled);
  _mm512_store_ps(out.m, _mm512_mul_ps(scaled, _mm512_set1_ps(-32)));
#else
  for (int half = 0; half < 2; ++half) {
    const __m128i eight = half == 0 ? scales : _mm_srli_si128(scales, 8);
    const __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(eight)), _mm256_set1_ps(d));
    _mm256_store_ps(out.d + 8 * half, scaled);
    _mm256_store_ps(out.m + 8 * half, _mm256_mul_ps(scaled, _mm256_set1_ps(-32)));
  }
#endif
}
