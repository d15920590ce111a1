// Activations as integers: plain loops that compilers turn into vectors of any instruction set.

/// The nearest integer, to even where two are as near, for |x| below 2^22: 1.5 * 2^23 leaves no bits for a fraction.
inline int32_t nearest(float x) { return std::bit_cast<int32_t>(x + 12582912.0f) - 0x4b400000; }

/// `count` values with one scale: their integers, at most `most` in size, to `whole`; gives the scale. What is not
/// finite makes the whole product NaN, as it would in floats: the scale is NaN then.
template <int count, int most>
inline float scale_group(const float* x, int32_t* whole) {
  uint32_t top = 0;  // floats without their signs are ordered as their bits
  for (int i = 0; i < count; ++i) {
    const uint32_t bits = std::bit_cast<uint32_t>(x[i]) & 0x7fffffff;
    top = bits > top ? bits : top;
  }
  const auto largest = std::bit_cast<float>(top);
  const bool finite = top < 0x7f800000;
  if (!finite || largest < most * 1e-38f) {  // most / largest would not be finite
    for (int i = 0; i < count; ++i) whole[i] = 0;
    return finite ? 0 : std::numeric_limits<float>::quiet_NaN();
  }
  const float inverse = most / largest;
  for (int i = 0; i < count; ++i) whole[i] = nearest(x[i] * inverse);
  return largest / most;
}

inline int32_t total_of(const int32_t* whole, int count) {
  int32_t total = 0;
  for (int i = 0; i < count; ++i) total += whole[i];
  return total;
}

/// 32 values in one half, with a scale for each 16.
inline void quantize_one(const float* x, int8_t* q, float* d, float* sum) {
  for (int half = 0; half < 2; ++half, x += 16, q += 16) {
    int32_t whole[16];
    d[half] = scale_group<16, 127>(x, whole);
    for (int i = 0; i < 16; ++i) q[i] = static_cast<int8_t>(whole[i]);
    sum[half] = d[half] * static_cast<float>(total_of(whole, 16));
  }
}

/// 32 values in two halves, with one scale.
inline void quantize_two(const float* x, int8_t* q, int8_t* low, float* d, float* sum) {
  constexpr int most = 127 * 128 + 63;  // all that 127 and 63 give
  int32_t whole[32];
  d[0] = d[1] = scale_group<32, most>(x, whole);
  for (int i = 0; i < 32; ++i) {
    const int32_t high = (whole[i] + 64) >> kLowBits;
    q[i] = static_cast<int8_t>(high);
    low[i] = static_cast<int8_t>(whole[i] - (high << kLowBits));
  }
  for (int half = 0; half < 2; ++half) sum[half] = d[0] * static_cast<float>(total_of(whole + 16 * half, 16));
}

void quantize(const float* x, int64_t k, const QuantTokens& to, int64_t t) {
  for (int64_t at = 0; at < (k + kChunk - 1) / kChunk * kChunk; at += 32) {
    const int64_t i = at / kChunk * to.count + t, in = at % kChunk, here = k - at;
    float rest[32] = {};
    const float* from = x + at;
    if (here < 32) {
      for (int64_t v = 0; v < here; ++v) rest[v] = from[v];
      from = rest;
    }
    int8_t* q = to.q + i * kChunk + in;
    const int64_t j = i * 16 + in / 16;
    if (to.low != nullptr) {
      quantize_two(from, q, to.low + i * kChunk + in, to.d + j, to.sum + j);
    } else {
      quantize_one(from, q, to.d + j, to.sum + j);
    }
    to.sum32[i * 8 + in / 32] = to.sum[j] + to.sum[j + 1];
  }
}
