// AVX-512 by the library SIMDe and, for what SIMDe lacks, by two halves of AVX2, so that machines without AVX-512 can
// run its kernels. isa_avx512.cpp, which is then compiled for AVX2, includes this ahead of all else.
#pragma once

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

#include <cstring>

namespace weft::cpu::avx512_emulated {

template <class Half, class Whole>
inline Half half(const Whole& v, int i) {
  Half h;
  std::memcpy(&h, reinterpret_cast<const char*>(&v) + i * sizeof h, sizeof h);
  return h;
}
template <class Whole, class Half>
inline Whole join(const Half& low, const Half& high) {
  static_assert(sizeof(Whole) == 2 * sizeof(Half));
  Whole v;
  std::memcpy(&v, &low, sizeof low);
  std::memcpy(reinterpret_cast<char*>(&v) + sizeof low, &high, sizeof high);
  return v;
}
/// Both halves of v after f.
template <class Whole, class Half, class V, class F>
inline Whole halves(const V& v, const F& f) {
  return join<Whole>(f(half<Half>(v, 0)), f(half<Half>(v, 1)));
}
template <class T, class V, class F>
inline T reduce(const V& v, const F& f) {
  T all[64 / sizeof(T)];
  std::memcpy(all, &v, sizeof all);
  for (int n = 8; n > 0; n /= 2) {
    for (int i = 0; i < n; ++i) all[i] = f(all[i], all[i + n]);
  }
  return all[0];
}

inline __m512 cvtepi32_ps(__m512i v) {
  return halves<__m512, __m256i>(v, [](__m256i h) { return _mm256_cvtepi32_ps(h); });
}
inline __m512i cvtps_epi32(__m512 v) {
  return halves<__m512i, __m256>(v, [](__m256 h) { return _mm256_cvtps_epi32(h); });
}
inline __m512i cvtepi8_epi32(__m128i v) {
  return join<__m512i>(_mm256_cvtepi8_epi32(v), _mm256_cvtepi8_epi32(_mm_unpackhi_epi64(v, v)));
}
inline __m512i cvtepu8_epi32(__m128i v) {
  return join<__m512i>(_mm256_cvtepu8_epi32(v), _mm256_cvtepu8_epi32(_mm_unpackhi_epi64(v, v)));
}
inline __m512i cvtepu16_epi32(__m256i v) {
  return halves<__m512i, __m128i>(v, [](__m128i h) { return _mm256_cvtepu16_epi32(h); });
}
inline __m512 cvtph_ps(__m256i v) { return halves<__m512, __m128i>(v, [](__m128i h) { return _mm256_cvtph_ps(h); }); }
template <int rounding>
inline __m256i cvtps_ph(__m512 v) {
  return halves<__m256i, __m256>(v, [](__m256 h) { return _mm256_cvtps_ph(h, rounding); });
}
template <int control>
inline __m512 permute_ps(__m512 v) {
  return halves<__m512, __m256>(v, [](__m256 h) { return _mm256_permute_ps(h, control); });
}
template <int n>
inline __m512i srai_epi32(__m512i v) {
  return halves<__m512i, __m256i>(v, [](__m256i h) { return _mm256_srai_epi32(h, n); });
}
inline __m512 fmaddsub_ps(__m512 a, __m512 b, __m512 c) {
  return join<__m512>(_mm256_fmaddsub_ps(half<__m256>(a, 0), half<__m256>(b, 0), half<__m256>(c, 0)),
                      _mm256_fmaddsub_ps(half<__m256>(a, 1), half<__m256>(b, 1), half<__m256>(c, 1)));
}
/// The bf16 of `low` in the first sixteen places and of `high` in the last, rounded to nearest, ties to even. NaN stays
/// NaN, and subnormal floats become zero.
inline __m512bh cvtne2ps_pbh(__m512 high, __m512 low) {
  uint32_t bits[32];
  uint16_t to[32];
  std::memcpy(bits, &low, 64);
  std::memcpy(bits + 16, &high, 64);
  for (int i = 0; i < 32; ++i) {
    const uint32_t size = bits[i] & 0x7fffffff, rounded = bits[i] + 0x7fff + (bits[i] >> 16 & 1);
    to[i] = static_cast<uint16_t>(size > 0x7f800000   ? bits[i] >> 16 | 64
                                  : size < 0x00800000 ? bits[i] >> 16 & 0x8000
                                                      : rounded >> 16);
  }
  __m512bh v;
  std::memcpy(&v, to, sizeof v);
  return v;
}

}  // namespace weft::cpu::avx512_emulated

#define _mm512_cvtepi32_ps ::weft::cpu::avx512_emulated::cvtepi32_ps
#define _mm512_cvtps_epi32 ::weft::cpu::avx512_emulated::cvtps_epi32
#define _mm512_cvtepi8_epi32 ::weft::cpu::avx512_emulated::cvtepi8_epi32
#define _mm512_cvtepu8_epi32 ::weft::cpu::avx512_emulated::cvtepu8_epi32
#define _mm512_cvtepu16_epi32 ::weft::cpu::avx512_emulated::cvtepu16_epi32
#define _mm512_cvtph_ps ::weft::cpu::avx512_emulated::cvtph_ps
#define _mm512_cvtps_ph(v, rounding) ::weft::cpu::avx512_emulated::cvtps_ph<rounding>(v)
#define _mm512_permute_ps(v, control) ::weft::cpu::avx512_emulated::permute_ps<control>(v)
#define _mm512_srai_epi32(v, n) ::weft::cpu::avx512_emulated::srai_epi32<n>(v)
#define _mm512_fmaddsub_ps ::weft::cpu::avx512_emulated::fmaddsub_ps
#define _mm512_cvtne2ps_pbh ::weft::cpu::avx512_emulated::cvtne2ps_pbh
#define _mm512_extractf32x8_ps(v, i) ::weft::cpu::avx512_emulated::half<__m256>(v, i)
#define _mm512_mask_cmp_ps_mask(mask, a, b, how) ((mask) & _mm512_cmp_ps_mask(a, b, how))
#define _mm512_reduce_add_ps(v) ::weft::cpu::avx512_emulated::reduce<float>(v, [](float a, float b) { return a + b; })
#define _mm512_reduce_max_ps(v) \
  ::weft::cpu::avx512_emulated::reduce<float>(v, [](float a, float b) { return a > b ? a : b; })
#define _mm512_reduce_add_epi32(v) \
  ::weft::cpu::avx512_emulated::reduce<int32_t>(v, [](int32_t a, int32_t b) { return a + b; })

// Macros that the kernels ask for.
#define __AVX512F__ 1
#define __AVX512VNNI__ 1
#define __AVX512BF16__ 1
