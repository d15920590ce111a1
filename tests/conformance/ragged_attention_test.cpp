// ragged_attention, where a sequence's tokens are all in the step: the composite, its body, and naive code.
#include <cmath>

#include "tests/conformance/attention_case.hpp"
#include "weft/blocks/ragged_attention.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(RaggedAttention);

/// Sequences of so many tokens each.
Sequences of_lengths(const std::vector<int32_t>& lengths) {
  Sequences s;
  for (int32_t n : lengths) s.push_back({0, n, n});
  return s;
}

/// q, keys and values of the same tokens, then the sinks, slopes and relative biases that the shape has.
std::vector<ArgType> types_in_step(const Shape& shape) {
  std::vector<ArgType> t = types(shape);
  for (std::size_t i = 0; i < 4; ++i) t[i].dims[0] = "T";
  return t;
}

Write attend_in_step(const Shape& shape) {
  return [shape](Graph& g, const Tensors& in) {
    std::size_t at = 4;
    const auto next = [&](bool there) { return there ? in[at++] : Tensor{}; };
    const Tensor sinks = next(shape.sinks), slopes = next(shape.slopes), relative = next(shape.relative > 0);
    return Tensors{blocks::ragged_attention(g, blocks::TokenAxis(g), in[0], in[1], in[2], sinks, shape.rule, slopes,
                                            relative)};
  };
}

/// Of step(), what a graph without states takes.
Feed step_alone(const Shape& shape, const Sequences& sequences) {
  Feed f = step(shape, sequences);
  std::erase_if(f.named, [](const auto& input) { return input.first.starts_with("kv."); });
  f.sizes = {{"Q", f.sizes.at("Q")}, {"S", static_cast<int64_t>(sequences.size())}};
  return f;
}

RunnerOptions options_for(const Feed& feed) {
  return {.most = std::max<int64_t>(64, feed.args[0].dims[0] + 1)};
}

Array naive(const Shape& shape, const Sequences& sequences, const Feed& feed) {
  return naive_attention(shape, sequences, feed, feed.args[1], feed.args[2]);
}

#define EXPECT_RAGGED(shape, sequences)                                                                             \
  do {                                                                                                              \
    const Feed feed_ = step_alone((shape), (sequences));                                                            \
    const auto y_ = agreed(types_in_step((shape)), attend_in_step((shape)), feed_, options_for(feed_));             \
    ASSERT_EQ(y_.size(), 1u);                                                                                       \
    EXPECT_TRUE(close(y_[0], naive((shape), (sequences), feed_)));                                                  \
  } while (0)

/// Without the composite's body, which is slow for many tokens.
#define EXPECT_NAIVE(shape, sequences)                                                                              \
  do {                                                                                                              \
    const Feed feed_ = step_alone((shape), (sequences));                                                            \
    const auto y_ = run(runner(types_in_step((shape)), attend_in_step((shape)), options_for(feed_)).get(), feed_);  \
    ASSERT_EQ(y_.size(), 1u);                                                                                       \
    EXPECT_TRUE(close(y_[0], naive((shape), (sequences), feed_)));                                                  \
  } while (0)

TEST_P(RaggedAttention, Sequences_of_any_length_with_every_rule) {
  const Sequences sequences = of_lengths({5, 1, 0, 17, 3});
  for (int64_t window : {0, 1, 3, 100}) {
    for (int64_t relative : {0, 4}) {
      for (bool sinks : {false, true}) {
        for (bool slopes : {false, true}) {
          for (bool causal : {false, true}) {
            Shape s{.sinks = sinks, .slopes = slopes, .relative = relative};
            s.rule.causal = causal, s.rule.window = window, s.rule.softcap = slopes ? 0.7 : 0;
            EXPECT_RAGGED(s, sequences);
          }
        }
      }
    }
  }
}

TEST_P(RaggedAttention, Heads_share_keys_and_values_of_other_widths) {
  for (const auto& [heads, kv_heads] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {6, 2}, {5, 1}}) {
    for (int64_t value_dim : {1, 8, 40}) {
      Shape s{.heads = heads, .kv_heads = kv_heads, .value_dim = value_dim};
      s.rule.causal = false;
      EXPECT_RAGGED(s, of_lengths({9, 2, 20}));
    }
  }
}

TEST_P(RaggedAttention, Many_tokens_that_all_see_each_other) {
  for (int64_t dim : {16, 32, 40, 64}) {
    Shape s{.heads = 3, .kv_heads = 3, .dim = dim, .value_dim = dim};
    s.rule.causal = false;
    EXPECT_NAIVE(s, of_lengths({150, 1, 300, 17, 0, 16, 64, 193}));
  }
  Shape s{.heads = 4, .kv_heads = 2, .dim = 32, .value_dim = 32, .slopes = true, .relative = 128};
  s.rule.causal = false, s.rule.window = 70;
  EXPECT_NAIVE(s, of_lengths({150, 513}));
}

TEST_P(RaggedAttention, More_tokens_than_one_range_of_keys_has) {
  Shape s{.heads = 2, .kv_heads = 1, .dim = 16, .value_dim = 24};
  s.rule.causal = false;
  EXPECT_NAIVE(s, of_lengths({1200, 3}));
}

TEST_P(RaggedAttention, A_sequence_alone_or_among_others_gets_the_same) {
  Shape s{.heads = 4, .kv_heads = 4, .dim = 16, .value_dim = 16};
  s.rule.causal = false;
  const Feed alone = step_alone(s, of_lengths({90})), among = step_alone(s, of_lengths({90, 1, 200}));
  Feed same = among;  // its first sequence is that of `alone`
  for (std::size_t i = 0; i < 3; ++i) {
    Floats values = same.args[i].f();
    std::copy(alone.args[i].f().begin(), alone.args[i].f().end(), values.begin());
    same.args[i] = f32(same.args[i].dims, values);
  }
  const auto one = run(runner(types_in_step(s), attend_in_step(s), options_for(alone)).get(), alone);
  const auto all = run(runner(types_in_step(s), attend_in_step(s), options_for(same)).get(), same);
  ASSERT_EQ(one.size() + all.size(), 2u);
  EXPECT_TRUE(close(f32(one[0].dims, Floats(all[0].f().begin(), all[0].f().begin() + 90 * 4 * 16)), one[0], 1e-6));
}

TEST_P(RaggedAttention, What_is_not_finite_stays_in_its_sequence) {
  Shape s{.heads = 2, .kv_heads = 2, .dim = 16, .value_dim = 16};
  s.rule.causal = false;
  for (const std::size_t arg : {0, 1, 2}) {
    Feed feed = step_alone(s, of_lengths({40, 70, 5}));
    Floats values = feed.args[arg].f();
    values[offset(feed.args[arg].dims, {45, 1, 3})] = kNaN;  // a token of the second sequence
    feed.args[arg] = f32(feed.args[arg].dims, values);
    const auto y = run(runner(types_in_step(s), attend_in_step(s), options_for(feed)).get(), feed);
    ASSERT_EQ(y.size(), 1u);
    for (int64_t t = 0; t < 115; ++t) {
      const bool reached = std::isnan(y[0].f()[offset(y[0].dims, {t, 1, 3})]);
      EXPECT_EQ(reached, arg == 0 ? t == 45 : t >= 40 && t < 110) << arg << " " << t;
    }
  }
}

TEST_P(RaggedAttention, No_tokens_and_no_sequences) {
  const Shape s;
  for (const Sequences& sequences : {of_lengths({}), of_lengths({0}), of_lengths({0, 0})}) {
    const Feed feed = step_alone(s, sequences);
    const auto y = agreed(types_in_step(s), attend_in_step(s), feed);
    ASSERT_EQ(y.size(), 1u);
    EXPECT_TRUE(same(y[0], zeros(WEFT_F32, {0, 4, 8})));
  }
}

TEST_P(RaggedAttention, Sequences_that_do_not_hold_the_tokens_are_an_error) {
  const Shape s;
  const Feed good = step_alone(s, of_lengths({2, 3}));
  const auto r = runner(types_in_step(s), attend_in_step(s));
  ASSERT_NE(r, nullptr);
  const auto code = [&](const std::string& name, Ints values) {
    Feed f = good;
    Array& a = f.named.at(name);
    a = i32(a.dims, std::move(values));
    return r->run(f).status().code();
  };
  EXPECT_EQ(code("token_seq", {0, 0, 1, 1, 2}), Code::kOutOfRange);
  EXPECT_EQ(code("token_seq", {0, -2, 1, 1, 1}), Code::kOutOfRange);
  EXPECT_TRUE(r->run(good).ok());  // an error leaves the runner usable
}

}  // namespace
}  // namespace weft::conformance
