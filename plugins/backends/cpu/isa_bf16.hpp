// Products with activations in bf16, where the instruction set has them.

/// Bytes of scratch: f32 tiles, or bf16 tiles of whole panels and one f32 tile of a chunk.
int64_t scratch(int64_t k, int64_t tokens) {
  const int64_t padded = (k + kChunk - 1) / kChunk * kChunk, tile = kChunk * kPanel * 4, whole = padded * kPanel * 2;
  const int64_t floats = kFloatPanels * float_depth(tokens) * kPanel * 4;
  return kPanels * whole + tile > floats ? kPanels * whole + tile : floats;
}

#if defined(__AVX512BF16__)

void bf16_tile(const Panels& w, int p, int64_t at, uint16_t* tile, float* floats) {
  const int64_t here = w.k - at < kChunk ? w.k - at : kChunk;
  if (w.format == nullptr && w.dtype == WEFT_BF16 && here == kChunk && w.n_rows - p * kPanel >= kPanel) {
    const uint8_t* from[kPanel];
    for (int r = 0; r < kPanel; ++r) from[r] = w.rows[p * kPanel + r] + 2 * at;
    return interleave_fours(from, kChunk / 2, reinterpret_cast<uint32_t*>(tile));
  }
  if (here < kChunk) std::memset(floats, 0, kChunk * kPanel * sizeof(float));
  float_tile(w, p, at, floats);
  alignas(64) static constexpr uint16_t kOrder[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i order = _mm512_load_si512(kOrder);
  for (int64_t i = 0; i < kChunk; i += 2) {
    const __m512bh both =
        _mm512_cvtne2ps_pbh(_mm512_loadu_ps(floats + (i + 1) * kPanel), _mm512_loadu_ps(floats + i * kPanel));
    _mm512_storeu_si512(tile + i * kPanel, _mm512_permutexvar_epi16(order, reinterpret_cast<__m512i>(both)));
  }
}

/// acc[t * stride + row] += tile * x for n tokens of one chunk.
template <int n>
inline void bf16_block(const uint16_t* tile, const uint16_t* x, float* out, int64_t stride) {
  __m512 acc[n];
  for (int t = 0; t < n; ++t) acc[t] = _mm512_loadu_ps(out + t * stride);
  for (int64_t i = 0; i < kChunk; i += 2) {
    const auto w = reinterpret_cast<__m512bh>(_mm512_loadu_si512(tile + i * kPanel));
    for (int t = 0; t < n; ++t) {
      int pair;
      std::memcpy(&pair, x + t * kChunk + i, 4);
      acc[t] = _mm512_dpbf16_ps(acc[t], w, reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair)));
    }
  }
  for (int t = 0; t < n; ++t) _mm512_storeu_ps(out + t * stride, acc[t]);
}

void bf16_many(const Panels& w, const uint16_t* x, int64_t T, float* acc, uint8_t* scratch) {
  const int64_t stride = w.count * kPanel;
  auto* floats = reinterpret_cast<float*>(scratch);
  auto* tiles = reinterpret_cast<uint16_t*>(scratch + kChunk * kPanel * sizeof(float));
  std::memset(acc, 0, static_cast<std::size_t>(T * stride) * sizeof(float));
  for (int64_t at = 0; at < w.k; at += kChunk) {
    for (int p = 0; p < w.count; ++p) bf16_tile(w, p, at, tiles + p * kChunk * kPanel, floats);
    in_blocks<14>(T, [&]<int tokens>(int64_t t) {
      for (int p = 0; p < w.count; ++p) {
        bf16_block<tokens>(tiles + p * kChunk * kPanel, x + (at / kChunk * T + t) * kChunk,
                           acc + t * stride + p * kPanel, stride);
      }
    });
  }
}

#else
constexpr void (*bf16_tile)(const Panels&, int, int64_t, uint16_t*, float*) = nullptr;
constexpr void (*bf16_many)(const Panels&, const uint16_t*, int64_t, float*, uint8_t*) = nullptr;
#endif
