// attention over paged K and V: the composite, its body, and naive code over the stored values.
#include <cmath>

#include "tests/conformance/conformance.hpp"
#include "weft/blocks/paged_attention.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Attention);

constexpr int64_t kBlockTokens = 4, kBlocks = 12;

struct Sequence {
  int32_t base, len, fresh;  // stored are positions [base, len); the last `fresh` of them are this step's tokens
};

struct Shape {
  int64_t heads = 4, kv_heads = 2, dim = 8, value_dim = 8;
  bool sinks = false;
  blocks::AttentionRule rule{.scale = 0.35};
};

/// Results: y [T,Hq,Dv], then K and V [P,...] as stored. Arguments: q, keys [P,...], values [P,...], slots [P], sinks.
Write attend(const Shape& shape) {
  return [shape](Graph& g, const Tensors& in) {
    const blocks::TokenAxis axis(g);
    uint32_t id = 0;
    const weft_group group = g.group("kv", WEFT_GROUP_PAGED, 0, &id);
    const Tensor k = g.scatter(g.state("k", id, {shape.kv_heads, shape.dim}), in[3], in[1]);
    const Tensor v = g.scatter(g.state("v", id, {shape.kv_heads, shape.value_dim}), in[3], in[2]);
    const Tensor y = blocks::paged_attention(g, axis, group, in[0], k, v, shape.sinks ? in[4] : Tensor{}, shape.rule);
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
  return t;
}

/// A step whose blocks lie in the cache in no order, with tables wider than needed and filled up with nonsense.
Feed step(const Shape& shape, const std::vector<Sequence>& sequences, int64_t more_blocks = 1, int64_t more_queries = 1) {
  const auto S = static_cast<int64_t>(sequences.size());
  int64_t B = more_blocks, Q = more_queries;
  for (const Sequence& s : sequences) {
    B = std::max<int64_t>(B, (s.len - s.base + kBlockTokens - 1) / kBlockTokens + more_blocks);
    Q = std::max<int64_t>(Q, s.fresh + more_queries);
  }
  Ints table, base, len, start{0}, seq, slots;
  int32_t next = 7;  // blocks 7, 2, 9, 4, 11, 6, 1 ...
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    const Sequence& it = sequences[s];
    for (int64_t b = 0; b < B; ++b) {
      const bool used = it.base + b * kBlockTokens < it.len;
      table.push_back(used ? next : -1000000);
      if (used) next = (next + 7) % static_cast<int32_t>(kBlocks);
    }
    for (int32_t p = it.base; p < it.len; ++p) {
      const int32_t block = table[static_cast<std::size_t>(static_cast<int64_t>(s) * B + (p - it.base) / kBlockTokens)];
      slots.push_back(block * static_cast<int32_t>(kBlockTokens) + p % static_cast<int32_t>(kBlockTokens));
    }
    base.push_back(it.base), len.push_back(it.len), start.push_back(start.back() + it.fresh);
    seq.insert(seq.end(), static_cast<std::size_t>(it.fresh), static_cast<int32_t>(s));
  }
  const auto T = static_cast<int64_t>(seq.size()), P = static_cast<int64_t>(slots.size());
  Feed f{{random({T, shape.heads, shape.dim}, 1, -2, 2), random({P, shape.kv_heads, shape.dim}, 2, -2, 2), random({P, shape.kv_heads, shape.value_dim}, 3),
          i32({P}, slots)},
         {{"kv.table", i32({S, B}, table)},
          {"kv.base", i32({S}, base)},
          {"kv.len", i32({S}, len)},
          {"kv.slot", i32({T}, Ints(static_cast<std::size_t>(T), -1))},
          {"positions", i32({T}, Ints(static_cast<std::size_t>(T), 0))},
          {"seq_start", i32({S + 1}, start)},
          {"token_seq", i32({T}, seq)}},
         {{"Q", Q}, {"slots:kv", kBlocks * kBlockTokens}}};
  if (shape.sinks) f.args.push_back(random({shape.heads}, 4, -1, 1));
  return f;
}

/// Over keys and values as they are stored, in the order of positions.
Array naive(const Shape& shape, const std::vector<Sequence>& sequences, const Feed& feed, const Array& k, const Array& v) {
  const Array& q = feed.args[0];
  Floats y;
  int64_t t = 0, first = 0;  // the sequence's first token, and its first stored row
  for (const Sequence& s : sequences) {
    for (int32_t j = 0; j < s.fresh; ++j, ++t) {
      const int64_t i = s.len - s.fresh + j;
      for (int64_t h = 0; h < shape.heads; ++h) {
        const int64_t kv = h / (shape.heads / shape.kv_heads);
        double sum = shape.sinks ? std::exp(static_cast<double>(feed.args[4].f()[static_cast<std::size_t>(h)])) : 0;
        std::vector<double> out(static_cast<std::size_t>(shape.value_dim), 0);
        for (int64_t p = s.base; p < s.len; ++p) {
          if (p > i || (shape.rule.window > 0 && i - p >= shape.rule.window)) continue;
          double score = 0;
          for (int64_t d = 0; d < shape.dim; ++d) {
            score += static_cast<double>(q.f()[offset(q.dims, {t, h, d})]) * static_cast<double>(k.f()[offset(k.dims, {first + p - s.base, kv, d})]);
          }
          score *= shape.rule.scale;
          if (shape.rule.softcap > 0) score = shape.rule.softcap * std::tanh(score / shape.rule.softcap);
          sum += std::exp(score);
          for (int64_t d = 0; d < shape.value_dim; ++d) {
            out[static_cast<std::size_t>(d)] += std::exp(score) * static_cast<double>(v.f()[offset(v.dims, {first + p - s.base, kv, d})]);
          }
        }
        for (double o : out) y.push_back(static_cast<float>(sum == 0 ? 0 : o / sum));
      }
    }
    first += std::max(s.len - s.base, 0);
  }
  return f32({t, shape.heads, shape.value_dim}, y);
}

const std::vector<Sequence> kRagged = {{0, 5, 5}, {4, 17, 1}, {0, 9, 3}, {8, 8, 0}, {0, 1, 1}};

class AttentionCase {
 public:
  AttentionCase(Shape shape, std::vector<Sequence> sequences) : shape_(shape), sequences_(std::move(sequences)) {}
  Write write() const { return attend(shape_); }
  std::vector<ArgType> args() const { return types(shape_); }
  Feed feed() const { return step(shape_, sequences_); }
  Array expected(const Array& k, const Array& v) const { return naive(shape_, sequences_, feed(), k, v); }

 private:
  Shape shape_;
  std::vector<Sequence> sequences_;
};

#define EXPECT_ATTENTION(test, options)                                           \
  do {                                                                            \
    const AttentionCase& case_ = (test);                                          \
    const auto y_ = agreed(case_.args(), case_.write(), case_.feed(), (options)); \
    ASSERT_EQ(y_.size(), 3u);                                                     \
    EXPECT_TRUE(close(y_[0], case_.expected(y_[1], y_[2])));                      \
  } while (0)

RunnerOptions stored_as(const std::string& dtype) { return {.block_tokens = kBlockTokens, .state_dtype = dtype}; }

TEST_P(Attention, Ragged_sequences_with_every_rule) {
  for (int64_t window : {0, 1, 3, 100}) {
    for (double softcap : {0.0, 0.7}) {
      for (bool sinks : {false, true}) {
        Shape s{.sinks = sinks};
        s.rule.window = window, s.rule.softcap = softcap;
        EXPECT_ATTENTION(AttentionCase(s, kRagged), stored_as("f32"));
      }
    }
  }
}

TEST_P(Attention, Heads_share_keys_and_values) {
  for (const auto& [heads, kv_heads] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {3, 3}, {6, 2}, {5, 1}}) {
    EXPECT_ATTENTION(AttentionCase({.heads = heads, .kv_heads = kv_heads}, kRagged), stored_as("f32"));
  }
}

TEST_P(Attention, Values_may_be_wider_or_narrower_than_keys) {
  for (int64_t value_dim : {1, 5, 16}) EXPECT_ATTENTION(AttentionCase({.value_dim = value_dim}, kRagged), stored_as("f32"));
}

TEST_P(Attention, Keys_and_values_are_read_as_they_are_stored) {
  for (const char* dtype : {"f32", "f16", "bf16", "q8_0"}) {
    for (bool sinks : {false, true}) {
      EXPECT_ATTENTION(AttentionCase({.dim = 32, .value_dim = 64, .sinks = sinks}, kRagged), stored_as(dtype));
    }
  }
}

TEST_P(Attention, A_token_that_sees_nothing_gets_zeros) {
  for (bool sinks : {false, true}) {
    // The tokens have indices 2 and 3, and nothing before position 4 is stored any more.
    const AttentionCase test({.sinks = sinks}, {{4, 4, 2}, {0, 3, 1}});
    const auto y = agreed(test.args(), test.write(), test.feed(), stored_as("f32"));
    ASSERT_EQ(y.size(), 3u);
    EXPECT_TRUE(close(y[0], test.expected(y[1], y[2])));
    for (std::size_t i = 0; i < 2 * 4 * 8; ++i) EXPECT_EQ(y[0].f()[i], 0);
  }
}

TEST_P(Attention, No_tokens_no_sequences_and_no_blocks) {
  for (const std::vector<Sequence>& sequences : {std::vector<Sequence>{}, {{0, 0, 0}}, {{0, 6, 0}, {0, 0, 0}}}) {
    const Shape s;
    for (int64_t more : {0, 1}) {
      const Feed f = step(s, sequences, more, more);
      const auto y = agreed(types(s), attend(s), f, stored_as("f32"));
      ASSERT_EQ(y.size(), 3u);
      EXPECT_TRUE(same(y[0], zeros(WEFT_F32, {0, 4, 8})));
    }
  }
}

TEST_P(Attention, Large_scores_do_not_overflow) {
  Shape s{.sinks = true};
  s.rule.scale = 200;
  const AttentionCase test(s, kRagged);
  const auto y = agreed(test.args(), test.write(), test.feed(), stored_as("f32"));
  ASSERT_EQ(y.size(), 3u);
  for (float v : y[0].f()) EXPECT_TRUE(std::isfinite(v));
}

TEST_P(Attention, Tables_and_sequences_outside_are_an_error) {
  const Shape s;
  const auto r = runner(types(s), attend(s), stored_as("f32"));
  ASSERT_NE(r, nullptr);
  const auto code = [&](const std::string& name, Ints values) {
    Feed f = step(s, {{0, 5, 2}, {0, 3, 1}});
    Array& a = f.named.at(name);
    a = i32(a.dims, std::move(values));
    return r->run(f).status().code();
  };
  EXPECT_EQ(code("token_seq", {0, 0, 2}), Code::kOutOfRange);
  EXPECT_EQ(code("token_seq", {-2, 0, 1}), Code::kOutOfRange);
  EXPECT_EQ(code("kv.table", {1, static_cast<int32_t>(kBlocks), 0, 2, 0, 0}), Code::kOutOfRange);
  EXPECT_EQ(code("kv.table", {-7, 1, 0, 2, 0, 0}), Code::kOutOfRange);
  EXPECT_EQ(code("kv.len", {5, INT32_MAX}), Code::kOutOfRange);
  EXPECT_TRUE(r->run(step(s, {{0, 5, 2}, {0, 3, 1}})).ok());  // and leave the runner usable
}

}  // namespace
}  // namespace weft::conformance
