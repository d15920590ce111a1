#include "tests/conformance/attention_case.hpp"

#include <algorithm>
#include <cmath>

namespace weft::conformance {

PagedKeys paged_keys(Graph& g, const Shape& shape, const Tensors& in) {
  uint32_t id = 0;
  const weft_group group = g.group("kv", WEFT_GROUP_PAGED, 0, &id);
  const Tensor k = g.scatter(g.state("k", id, {shape.kv_heads, shape.dim}), in[3], in[1]);
  const Tensor v = g.scatter(g.state("v", id, {shape.kv_heads, shape.value_dim}), in[3], in[2]);
  return {group, k, v};
}

Write attend(const Shape& shape) {
  return [shape](Graph& g, const Tensors& in) {
    const blocks::TokenAxis axis(g);
    const auto [group, k, v] = paged_keys(g, shape, in);
    std::size_t at = 4;
    const auto next = [&](bool there) { return there ? in[at++] : Tensor{}; };
    const Tensor sinks = next(shape.sinks), slopes = next(shape.slopes), relative = next(shape.relative > 0);
    const Tensor y = blocks::paged_attention(g, axis, group, in[0], k, v, sinks, shape.rule, slopes, relative);
    return Tensors{y, g.gather(k, in[3]), g.gather(v, in[3])};
  };
}

std::vector<ArgType> types(const Shape& s) {
  const auto text = [](int64_t n) { return std::to_string(n); };
  std::vector<ArgType> t{{WEFT_F32, {"T", text(s.heads), text(s.dim)}},
                         {WEFT_F32, {"P", text(s.kv_heads), text(s.dim)}},
                         {WEFT_F32, {"P", text(s.kv_heads), text(s.value_dim)}},
                         {WEFT_I32, {"P"}}};
  if (s.sinks) t.push_back({WEFT_F32, {text(s.heads)}});
  if (s.slopes) t.push_back({WEFT_F32, {text(s.heads)}});
  if (s.relative > 0) t.push_back({WEFT_F32, {text(s.heads), text(2 * s.relative + 1)}});
  return t;
}

int64_t blocks_for(const Sequences& sequences) {
  int64_t n = 0;
  for (const Sequence& s : sequences) n += std::max<int64_t>(s.len - s.base + kBlockTokens - 1, 0) / kBlockTokens;
  n = std::max<int64_t>(n, 12);
  return n % 7 == 0 ? n + 1 : n;
}

Feed step(const Shape& shape, const Sequences& sequences, int64_t more_blocks, int64_t more_queries) {
  const auto S = static_cast<int64_t>(sequences.size()), cache = blocks_for(sequences);
  int64_t B = more_blocks, Q = more_queries;
  for (const Sequence& s : sequences) {
    B = std::max<int64_t>(B, (s.len - s.base + kBlockTokens - 1) / kBlockTokens + more_blocks);
    Q = std::max<int64_t>(Q, s.fresh + more_queries);
  }
  Ints table, base, len, start{0}, seq, slots;
  int32_t next = 7;  // the block of the cache to hand out next; of 12 blocks these are 7, 2, 9, 4, 11, 6, 1 ...
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    const Sequence& it = sequences[s];
    for (int64_t b = 0; b < B; ++b) {
      const bool used = it.base + b * kBlockTokens < it.len;
      table.push_back(used ? next : -1000000);
      if (used) next = (next + 7) % static_cast<int32_t>(cache);
    }
    for (int32_t p = it.base; p < it.len; ++p) {
      const int32_t block = table[static_cast<std::size_t>(static_cast<int64_t>(s) * B + (p - it.base) / kBlockTokens)];
      slots.push_back(block * static_cast<int32_t>(kBlockTokens) + p % static_cast<int32_t>(kBlockTokens));
    }
    base.push_back(it.base), len.push_back(it.len), start.push_back(start.back() + it.fresh);
    seq.insert(seq.end(), static_cast<std::size_t>(it.fresh), static_cast<int32_t>(s));
  }
  const auto T = static_cast<int64_t>(seq.size()), P = static_cast<int64_t>(slots.size());
  Feed f{{random({T, shape.heads, shape.dim}, 1, -2, 2), random({P, shape.kv_heads, shape.dim}, 2, -2, 2),
          random({P, shape.kv_heads, shape.value_dim}, 3), i32({P}, slots)},
         {{"kv.table", i32({S, B}, table)},
          {"kv.base", i32({S}, base)},
          {"kv.len", i32({S}, len)},
          {"kv.slot", i32({T}, Ints(static_cast<std::size_t>(T), -1))},
          {"positions", i32({T}, Ints(static_cast<std::size_t>(T), 0))},
          {"seq_start", i32({S + 1}, start)},
          {"token_seq", i32({T}, seq)}},
         {{"Q", Q}, {"slots:kv", cache * kBlockTokens}}};
  if (shape.sinks) f.args.push_back(random({shape.heads}, 4, -1, 1));
  if (shape.slopes) f.args.push_back(random({shape.heads}, 5, 0.01f, 0.5f));
  if (shape.relative > 0) f.args.push_back(random({shape.heads, 2 * shape.relative + 1}, 6, -2, 2));
  return f;
}

Array naive_attention(const Shape& shape, const Sequences& sequences, const Feed& feed, const Array& k,
                      const Array& v) {
  const Array& q = feed.args[0];
  const std::size_t slopes = 4 + (shape.sinks ? 1 : 0), relative = slopes + (shape.slopes ? 1 : 0);
  Floats y;
  int64_t t = 0, first = 0;  // the token's index; the row of k and v with the first position of its sequence
  for (const Sequence& s : sequences) {
    for (int32_t j = 0; j < s.fresh; ++j, ++t) {
      const int64_t i = s.len - s.fresh + j;
      for (int64_t h = 0; h < shape.heads; ++h) {
        const int64_t kv = h / (shape.heads / shape.kv_heads);
        double sum = shape.sinks ? std::exp(static_cast<double>(feed.args[4].f()[static_cast<std::size_t>(h)])) : 0;
        std::vector<double> out(static_cast<std::size_t>(shape.value_dim), 0);
        for (int64_t p = s.base; p < s.len; ++p) {
          if ((shape.rule.causal && p > i) || (shape.rule.window > 0 && std::abs(i - p) >= shape.rule.window)) continue;
          const int64_t row = (first + p - s.base) * shape.kv_heads + kv;
          const float *query = q.f().data() + (t * shape.heads + h) * shape.dim, *key = k.f().data() + row * shape.dim;
          const float* value = v.f().data() + row * shape.value_dim;
          double score = 0;
          for (int64_t d = 0; d < shape.dim; ++d) score += static_cast<double>(query[d]) * static_cast<double>(key[d]);
          score *= shape.rule.scale;
          if (shape.rule.softcap > 0) score = shape.rule.softcap * std::tanh(score / shape.rule.softcap);
          if (shape.slopes)
            score -= static_cast<double>(feed.args[slopes].f()[static_cast<std::size_t>(h)]) *
                     static_cast<double>(std::abs(i - p));
          if (shape.relative > 0) {
            const int64_t behind = std::clamp(p - i, -shape.relative, shape.relative);
            score += static_cast<double>(feed.args[relative].f()[static_cast<std::size_t>(
                h * (2 * shape.relative + 1) + shape.relative + behind)]);
          }
          const double weight = std::exp(score);
          sum += weight;
          for (int64_t d = 0; d < shape.value_dim; ++d)
            out[static_cast<std::size_t>(d)] += weight * static_cast<double>(value[d]);
        }
        for (double o : out) y.push_back(static_cast<float>(sum == 0 ? 0 : o / sum));
      }
    }
    first += std::max(s.len - s.base, 0);
  }
  return f32({t, shape.heads, shape.value_dim}, y);
}

RunnerOptions AttentionCase::stored_as(const std::string& dtype) const {
  return {.block_tokens = kBlockTokens,
          .state_dtype = dtype,
          .most = std::max<int64_t>(64, blocks_for(sequences_) * kBlockTokens)};
}

}  // namespace weft::conformance
