#include <cmath>
#include <limits>

#include "plugins/backends/reference/kernels.hpp"

namespace weft::reference {
namespace {

/// x [T,H,D], cos and sin [T,R/2]: the first R dims of each head turn, the rest pass.
void rope(Call& c) {
  const View &x = c.in[0], &y = c.out[0];
  const bool interleaved = c.integer("interleaved", 0) != 0;
  const int64_t T = x.dims[0], H = x.dims[1], D = x.dims[2], half = c.in[1].dims[1];
  copy_bytes(y.data, x.data, static_cast<std::size_t>(x.size()) * sizeof(float));
  for (int64_t t = 0; t < T; ++t) {
    const float *cs = c.in[1].f32() + t * half, *sn = c.in[2].f32() + t * half;
    for (int64_t h = 0; h < H; ++h) {
      const float* in = x.f32() + (t * H + h) * D;
      float* out = y.f32() + (t * H + h) * D;
      for (int64_t i = 0; i < half; ++i) {
        const int64_t p = interleaved ? 2 * i : i, q = interleaved ? 2 * i + 1 : i + half;
        out[p] = in[p] * cs[i] - in[q] * sn[i];
        out[q] = in[q] * cs[i] + in[p] * sn[i];
      }
    }
  }
}

/// q [T,Hq,D] over the paged states k [slots,Hkv,D], v [slots,Hkv,Dv]; see sdk blocks.
void attention(Call& c) {
  const View &q = c.in[0], &y = c.out[0], &table = c.in[3];
  const sdk::StateView &ks = *c.states[1], &vs = *c.states[2];
  const int32_t *base = c.in[4].i32(), *len = c.in[5].i32(), *start = c.in[6].i32(), *seq = c.in[7].i32();
  const float* sinks = c.has(8) ? c.in[8].f32() : nullptr;
  const float scale = static_cast<float>(c.number("scale", 1)), cap = static_cast<float>(c.number("softcap", 0));
  const int64_t window = c.integer("window", 0), bs = c.integer("block_tokens", 1), S = table.dims[0], B = table.dims[1];
  const int64_t T = q.dims[0], Hq = q.dims[1], D = q.dims[2], Dv = y.dims[2], Hkv = c.in[1].dims[1], group = Hq / Hkv;
  constexpr float inf = std::numeric_limits<float>::infinity();
  c.parallel(T, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> keys, values, score;
    for (int64_t t = begin; t < end; ++t) {
      const int64_t s = seq[t];
      if (s < 0 || s >= S) sdk::fail(WEFT_OUT_OF_RANGE, "attention: sequence " + std::to_string(s) + " of " + std::to_string(S));
      const int64_t i = len[s] - (start[s + 1] - start[s]) + (t - start[s]);
      const int64_t first = std::max<int64_t>(base[s], window > 0 ? i - window + 1 : 0), n = std::max<int64_t>(i - first + 1, 0);
      if (n > 0 && (i - base[s]) / bs >= B) sdk::fail(WEFT_OUT_OF_RANGE, "attention: position " + std::to_string(i) + " is beyond the table");
      keys.resize(static_cast<std::size_t>(n * ks.entry_elems));
      values.resize(static_cast<std::size_t>(n * vs.entry_elems));
      score.resize(static_cast<std::size_t>(n));
      for (int64_t p = first; p <= i; ++p) {
        const int64_t slot = int64_t{table.i32()[s * B + (p - base[s]) / bs]} * bs + p % bs;
        if (slot < 0 || slot >= ks.slots) sdk::fail(WEFT_OUT_OF_RANGE, "attention: slot " + std::to_string(slot));
        ks.read(slot, keys.data() + (p - first) * ks.entry_elems);
        vs.read(slot, values.data() + (p - first) * vs.entry_elems);
      }
      for (int64_t h = 0; h < Hq; ++h) {
        const float* query = q.f32() + (t * Hq + h) * D;
        float* out = y.f32() + (t * Hq + h) * Dv;
        float top = sinks ? sinks[h] : -inf;
        for (int64_t p = 0; p < n; ++p) {
          const float* key = keys.data() + p * ks.entry_elems + h / group * D;
          float dot = 0;
          for (int64_t d = 0; d < D; ++d) dot += query[d] * key[d];
          dot *= scale;
          if (cap > 0) dot = cap * std::tanh(dot / cap);
          score[static_cast<std::size_t>(p)] = dot;
          top = std::max(top, dot);
        }
        float sum = sinks ? std::exp(sinks[h] - top) : 0;
        std::fill(out, out + Dv, 0.0f);
        for (int64_t p = 0; p < n; ++p) {
          const float w = std::exp(score[static_cast<std::size_t>(p)] - top);
          sum += w;
          const float* value = values.data() + p * vs.entry_elems + h / group * Dv;
          for (int64_t d = 0; d < Dv; ++d) out[d] += w * value[d];
        }
        for (int64_t d = 0; d < Dv && sum != 0; ++d) out[d] /= sum;
      }
    }
  });
}

}  // namespace

void add_attention(Interpreter& b) {
  b.kernel("rope", rope);
  b.kernel("attention", attention);
}

}  // namespace weft::reference
