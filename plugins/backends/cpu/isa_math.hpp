// Arithmetic and functions on Lanes, which have the operators of GCC and Clang's vectors.

// Mask: which lanes to take.
#if defined(__AVX512F__)
using Mask = __mmask16;
inline Lanes larger(Lanes a, Lanes b) { return _mm512_max_ps(a, b); }    // b when one of them is NaN
inline Lanes smaller(Lanes a, Lanes b) { return _mm512_min_ps(a, b); }  // the same
inline Mask less(Lanes a, Lanes b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
inline Mask within(Lanes first, Lanes x, Lanes last) {
  return _mm512_mask_cmp_ps_mask(less(x, last), first, x, _CMP_LE_OQ);
}
inline Lanes choose(Mask m, Lanes yes, Lanes no) { return _mm512_mask_blend_ps(m, no, yes); }
inline float max_lanes(Lanes v) { return _mm512_reduce_max_ps(v); }
inline Lanes nearest(Lanes v) { return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/// v * 2^n for whole n of [-126, 128].
inline Lanes times_power(Lanes v, Lanes n) { return _mm512_scalef_ps(v, n); }
inline Lanes magnitude(Lanes v) { return _mm512_abs_ps(v); }
inline Lanes with_sign(Lanes v, Lanes sign) {
  return _mm512_castsi512_ps(
      _mm512_ternarylogic_epi32(_mm512_castps_si512(v), _mm512_castps_si512(sign), _mm512_set1_epi32(INT32_MIN), 0xd8));
}
#elif defined(__AVX2__)
using Mask = __m256;
inline Lanes larger(Lanes a, Lanes b) { return _mm256_max_ps(a, b); }
inline Lanes smaller(Lanes a, Lanes b) { return _mm256_min_ps(a, b); }
inline Mask less(Lanes a, Lanes b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
inline Mask within(Lanes first, Lanes x, Lanes last) {
  return _mm256_and_ps(less(x, last), _mm256_cmp_ps(first, x, _CMP_LE_OQ));
}
inline Lanes choose(Mask m, Lanes yes, Lanes no) { return _mm256_blendv_ps(no, yes, m); }
inline float max_lanes(Lanes v) {
  __m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_max_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
}
inline Lanes nearest(Lanes v) { return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
inline Lanes times_power(Lanes v, Lanes n) {
  return v *
         _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
}
inline Lanes magnitude(Lanes v) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v); }
inline Lanes with_sign(Lanes v, Lanes sign) {
  return _mm256_or_ps(magnitude(v), _mm256_and_ps(sign, _mm256_set1_ps(-0.0f)));
}
#else
using Mask = Whole;
inline Lanes choose(Mask m, Lanes yes, Lanes no) {
  return reinterpret_cast<Lanes>(take(m, reinterpret_cast<Bits>(yes), reinterpret_cast<Bits>(no)));
}
inline Mask less(Lanes a, Lanes b) { return a < b; }
inline Mask within(Lanes first, Lanes x, Lanes last) { return (first <= x) & (x < last); }
inline Lanes larger(Lanes a, Lanes b) { return choose(a > b, a, b); }
inline Lanes smaller(Lanes a, Lanes b) { return choose(a < b, a, b); }
inline float max_lanes(Lanes x) {
  const Lanes y = larger(x, Lanes{x[2], x[3], x[0], x[1]});
  return y[0] > y[1] ? y[0] : y[1];
}
inline Lanes nearest(Lanes x) { return (x + 0x1.8p23f) - 0x1.8p23f; }  // for |x| < 2^22
inline Lanes times_power(Lanes x, Lanes n) {
  return x * reinterpret_cast<Lanes>(reinterpret_cast<Bits>(n + (0x1.8p23f + 127)) << 23);
}
inline Lanes magnitude(Lanes x) { return reinterpret_cast<Lanes>(reinterpret_cast<Bits>(x) & 0x7fffffff); }
inline Lanes with_sign(Lanes x, Lanes sign) {
  return reinterpret_cast<Lanes>((reinterpret_cast<Bits>(x) & 0x7fffffff) |
                                 (reinterpret_cast<Bits>(sign) & 0x80000000));
}
#endif

/// e^x for x <= kMostExp, within 2 ulp from -87 on; 0 below, NaN for NaN. Cephes' polynomial after the
/// reduction x = n ln 2 + r.
constexpr float kMostExp = 88.37f;
inline Lanes exp_at_most(Lanes x) {
  const Lanes low = all_lanes(-87.3f), cut = larger(low, x);
  const Lanes n = nearest(cut * all_lanes(1.44269504f));
  const Lanes r = multiply_add(n, all_lanes(2.12194440e-4f), multiply_add(n, all_lanes(-0.693359375f), cut));
  Lanes p = multiply_add(all_lanes(1.9875691500e-4f), r, all_lanes(1.3981999507e-3f));
  p = multiply_add(p, r, all_lanes(8.3334519073e-3f));
  p = multiply_add(p, r, all_lanes(4.1665795894e-2f));
  p = multiply_add(p, r, all_lanes(1.6666665459e-1f));
  p = multiply_add(p, r, all_lanes(5.0000001201e-1f));
  p = multiply_add(p * r, r, r + all_lanes(1));
  return choose(less(x, low), no_lanes(), times_power(p, n));
}
/// The same for all x; inf above.
inline Lanes exp_lanes(Lanes x) {
  const Lanes most = all_lanes(kMostExp);
  return choose(less(most, x), all_lanes(std::numeric_limits<float>::infinity()), exp_at_most(smaller(most, x)));
}

/// Within 2 ulp; near 0 Cephes' polynomial.
inline Lanes tanh_lanes(Lanes x) {
  const Lanes t = magnitude(x), s = t * t;
  Lanes p = multiply_add(all_lanes(-5.70498872745e-3f), s, all_lanes(2.06390887954e-2f));
  p = multiply_add(p, s, all_lanes(-5.37397155531e-2f));
  p = multiply_add(p, s, all_lanes(1.33314422036e-1f));
  p = multiply_add(p, s, all_lanes(-3.33332819422e-1f));
  const Lanes large = all_lanes(1) - all_lanes(2) / (exp_lanes(t + t) + all_lanes(1));
  return with_sign(choose(less(t, all_lanes(0.625f)), multiply_add(p * s, t, t), large), x);
}

/// Within 2 ulp. N. Juffa's pair of polynomials: of erf(x) / x - 1 near 0, of log(1 - erf(x)) beyond.
inline Lanes erf_lanes(Lanes x) {
  const Lanes t = magnitude(x), s = x * x, split = all_lanes(0.927734375f);
  Lanes p = multiply_add(all_lanes(-5.96761703e-4f), s, all_lanes(4.99119423e-3f));
  p = multiply_add(p, s, all_lanes(-2.67681349e-2f));
  p = multiply_add(p, s, all_lanes(1.12819925e-1f));
  p = multiply_add(p, s, all_lanes(-3.76125336e-1f));
  p = multiply_add(p, s, all_lanes(1.28379166e-1f));
  Lanes r = multiply_add(all_lanes(-1.72853470e-5f), t, all_lanes(3.83197126e-4f));
  const Lanes u = multiply_add(all_lanes(-3.88396438e-3f), t, all_lanes(2.42546219e-2f));
  r = multiply_add(r, s, u);
  r = multiply_add(r, t, all_lanes(-1.06777877e-1f));
  r = multiply_add(r, t, all_lanes(-6.34846687e-1f));
  r = multiply_add(r, t, all_lanes(-1.28717512e-1f));
  r = multiply_add(r, t, no_lanes() - t);
  const Lanes far = with_sign(all_lanes(1) - exp_at_most(r), x);
  return choose(less(split, t), far, multiply_add(p, x, x));
}
