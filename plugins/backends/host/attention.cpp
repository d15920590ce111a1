// Attention over paged keys and values, and rope.
#include "plugins/backends/host/ops.hpp"
#include "plugins/backends/host/tensor.hpp"

namespace weft::host_ops {
namespace {

/// x [T,H,D], cos and sin [T,R/2]: the first R dims of each head are rotated, the rest are copied.
void rope(Call& c) {
  const View &x = c.in[0], &y = c.out[0];
  const bool interleaved = c.integer("interleaved", 0) != 0;
  const int64_t T = x.dims[0], H = x.dims[1], D = x.dims[2], half = c.in[1].dims[1];
  c.parallel(T, grain(H * D), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin * H; row < end * H; ++row) {
      const float *cs = c.in[1].f32() + row / H * half, *sn = c.in[2].f32() + row / H * half, *in = x.f32() + row * D;
      float* out = y.f32() + row * D;
      for (int64_t i = 0; i < half; ++i) {
        const int64_t p = interleaved ? 2 * i : i, q = interleaved ? 2 * i + 1 : i + half;
        out[p] = in[p] * cs[i] - in[q] * sn[i];
        out[q] = in[q] * cs[i] + in[p] * sn[i];
      }
      std::copy(in + 2 * half, in + D, out + 2 * half);
    }
  });
}

/// q [T,Hq,D] over the paged states k [slots,Hkv,D], v [slots,Hkv,Dv], as sdk/include/weft/blocks/paged_attention.hpp
/// defines it.
void attention(Call& c) {
  const View &q = c.in[0], &y = c.out[0], &table = c.in[3];
  const sdk::StateView &ks = *c.states[1], &vs = *c.states[2];
  const int32_t *base = c.in[4].i32(), *len = c.in[5].i32(), *start = c.in[6].i32(), *seq = c.in[7].i32();
  const float *sinks = c.has(8) ? c.in[8].f32() : nullptr, *slopes = c.has(9) ? c.in[9].f32() : nullptr;
  const float* relative = c.has(10) ? c.in[10].f32() : nullptr;
  const int64_t most = c.has(10) ? c.in[10].dims[1] / 2 : 0;  // the largest distance with a bias of its own
  const float scale = static_cast<float>(c.number("scale", 1)), cap = static_cast<float>(c.number("softcap", 0));
  const bool causal = c.integer("causal", 1) != 0;
  const int64_t window = c.integer("window", 0), bs = c.integer("block_tokens", 1), S = table.dims[0],
                B = table.dims[1];
  const int64_t T = q.dims[0], Hq = q.dims[1], D = q.dims[2], Dv = y.dims[2], Hkv = c.in[1].dims[1], group = Hq / Hkv;
  constexpr float inf = std::numeric_limits<float>::infinity();
  // The position of token t in its sequence.
  const auto index_of = [&](int64_t t) { return int64_t{len[seq[t]]} - start[seq[t] + 1] + t; };
  const auto first_seen = [&](int64_t i, int64_t s) {
    return std::max<int64_t>(base[s], window > 0 ? i - window + 1 : 0);
  };
  const auto last_seen = [&](int64_t i, int64_t s) {
    return causal ? i : std::min<int64_t>(int64_t{len[s]} - 1, window > 0 ? i + window - 1 : len[s]);
  };
  c.parallel(T, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> keys, values, score;
    int64_t low = 0;  // the position of the first of these keys and values
    const auto read = [&](int64_t s, int64_t high) {
      const int64_t n = std::max<int64_t>(high - low + 1, 0);
      if (n > 0 && (high - base[s]) / bs >= B)
        sdk::fail(WEFT_OUT_OF_RANGE, "attention: position " + std::to_string(high) + " is beyond the table");
      keys.resize(static_cast<std::size_t>(n * ks.entry_elems));
      values.resize(static_cast<std::size_t>(n * vs.entry_elems));
      score.resize(static_cast<std::size_t>(n));
      for (int64_t p = low; p <= high; ++p) {
        const int64_t slot = int64_t{table.i32()[s * B + (p - base[s]) / bs]} * bs + p % bs;
        if (slot < 0 || slot >= ks.slots) sdk::fail(WEFT_OUT_OF_RANGE, "attention: slot " + std::to_string(slot));
        ks.read(slot, keys.data() + (p - low) * ks.entry_elems);
        vs.read(slot, values.data() + (p - low) * vs.entry_elems);
      }
    };
    for (int64_t t = begin; t < end; ++t) {
      const int64_t s = seq[t];
      if (s < 0 || s >= S)
        sdk::fail(WEFT_OUT_OF_RANGE, "attention: sequence " + std::to_string(s) + " of " + std::to_string(S));
      const int64_t i = index_of(t), first = first_seen(i, s), n = std::max<int64_t>(last_seen(i, s) - first + 1, 0);
      if (t == begin || seq[t - 1] != s) {  // read once for all tokens of the sequence in [begin, end)
        int64_t last = t;
        while (last + 1 < end && seq[last + 1] == s) ++last;
        low = first;
        read(s, last_seen(index_of(last), s));
      }
      for (int64_t h = 0; h < Hq; ++h) {
        const float* query = q.f32() + (t * Hq + h) * D;
        float* out = y.f32() + (t * Hq + h) * Dv;
        float top = sinks ? sinks[h] : -inf;
        for (int64_t p = 0; p < n; ++p) {
          const float* key = keys.data() + (first - low + p) * ks.entry_elems + h / group * D;
          float logit = dot(query, key, D) * scale;
          if (cap > 0) logit = cap * std::tanh(logit / cap);
          if (slopes) logit -= slopes[h] * static_cast<float>(std::abs(i - first - p));
          if (relative) logit += relative[h * (2 * most + 1) + most + std::clamp(first + p - i, -most, most)];
          score[static_cast<std::size_t>(p)] = logit;
          top = std::max(top, logit);
        }
        float sum = sinks ? std::exp(sinks[h] - top) : 0;
        std::fill(out, out + Dv, 0.0f);
        for (int64_t p = 0; p < n; ++p) {
          const float w = std::exp(score[static_cast<std::size_t>(p)] - top);
          sum += w;
          const float* value = values.data() + (first - low + p) * vs.entry_elems + h / group * Dv;
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
  b.kernel("relative_attention", attention);
}

}  // namespace weft::host_ops
