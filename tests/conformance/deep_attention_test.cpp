// attention where fast kernels split the work: many keys, many tokens, heads of any size. Keys and values that are not
// finite reach the tokens that see them, and no others.
#include <cmath>

#include "tests/conformance/attention_case.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(DeepAttention);

// Compares with naive code alone, and not with the composite's body as attention_test.cpp does: the body is slow at
// these sizes, and it multiplies by 0 what a token does not see, which turns infinity into NaN.
#define EXPECT_NAIVE(test, dtype)                                                                                      \
  do {                                                                                                                 \
    const AttentionCase& case_ = (test);                                                                               \
    const auto y_ = run(runner(case_.args(), case_.write(), case_.stored_as((dtype))).get(), case_.feed());            \
    ASSERT_EQ(y_.size(), 3u);                                                                                          \
    EXPECT_TRUE(close(y_[0], case_.expected(y_[1], y_[2])));                                                           \
  } while (0)

TEST_P(DeepAttention, Few_tokens_see_many_keys) {
  const Sequences sequences = {{0, 1300, 1}, {512, 1111, 1}, {0, 512, 1}, {0, 40, 1},
                               {0, 513, 2},  {0, 0, 0},      {0, 2100, 3}};
  for (const auto& [heads, kv_heads] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {3, 1}, {8, 2}, {14, 2}, {8, 1}, {16, 1}}) {
    EXPECT_NAIVE(AttentionCase({.heads = heads, .kv_heads = kv_heads, .dim = 32, .value_dim = 32}, sequences), "f16");
  }
}

TEST_P(DeepAttention, Many_tokens_see_each_other) {
  for (const auto& [heads, kv_heads] : std::vector<std::pair<int64_t, int64_t>>{{2, 2}, {3, 1}, {7, 1}, {16, 2}}) {
    EXPECT_NAIVE(AttentionCase({.heads = heads, .kv_heads = kv_heads, .dim = 16, .value_dim = 32},
                               {{0, 150, 150}, {64, 300, 33}, {0, 1200, 20}}),
                 "f16");
  }
}

TEST_P(DeepAttention, Tokens_see_what_follows_them_where_nothing_is_causal) {
  for (const auto& [heads, kv_heads] : std::vector<std::pair<int64_t, int64_t>>{{12, 12}, {7, 1}}) {
    Shape s{.heads = heads, .kv_heads = kv_heads, .dim = 32, .value_dim = 32};
    s.rule.causal = false;
    EXPECT_NAIVE(AttentionCase(s, {{0, 150, 150}, {0, 1, 1}, {64, 300, 33}, {0, 1200, 20}, {0, 300, 2}}), "f16");
  }
}

TEST_P(DeepAttention, Scores_fall_with_the_distance_by_alibi) {
  for (const auto& [heads, kv_heads] : std::vector<std::pair<int64_t, int64_t>>{{12, 12}, {7, 1}}) {
    for (bool causal : {false, true}) {
      Shape s{.heads = heads, .kv_heads = kv_heads, .dim = 32, .value_dim = 32, .slopes = true};
      s.rule.causal = causal, s.rule.softcap = causal ? 5 : 0;
      EXPECT_NAIVE(AttentionCase(s, {{0, 150, 150}, {0, 1, 1}, {64, 300, 33}, {0, 1200, 20}, {0, 600, 1}}), "f16");
    }
  }
}

TEST_P(DeepAttention, Scores_get_a_bias_by_distance) {
  for (const auto& [heads, kv_heads] : std::vector<std::pair<int64_t, int64_t>>{{12, 12}, {7, 1}}) {
    for (bool causal : {false, true}) {
      Shape s{.heads = heads, .kv_heads = kv_heads, .dim = 32, .value_dim = 32, .relative = causal ? 20 : 128};
      s.rule.causal = causal, s.rule.softcap = causal ? 5 : 0;
      EXPECT_NAIVE(AttentionCase(s, {{0, 150, 150}, {0, 1, 1}, {64, 300, 33}, {0, 1200, 20}, {0, 600, 1}}), "f16");
    }
  }
}

TEST_P(DeepAttention, Many_queries_of_a_sequence_of_few_keys) {
  Shape s{.heads = 6, .kv_heads = 6, .dim = 32, .value_dim = 32};
  s.rule.causal = false;
  EXPECT_NAIVE(AttentionCase(s, {{0, 30, 120}, {0, 700, 1}, {0, 1, 40}}), "f16");
}

TEST_P(DeepAttention, Heads_of_any_size) {
  for (int64_t dim : {1, 40, 64, 80, 96, 128}) {
    for (const char* dtype : {"f32", "f16", "bf16"}) {
      EXPECT_NAIVE(AttentionCase({.dim = dim, .value_dim = dim}, {{0, 70, 66}, {0, 600, 1}, {0, 30, 3}}), dtype);
    }
  }
  EXPECT_NAIVE(AttentionCase({.dim = 40, .value_dim = 96}, {{0, 70, 66}, {0, 600, 1}}), "f16");
  EXPECT_NAIVE(AttentionCase({.dim = 64, .value_dim = 7}, {{0, 70, 66}, {0, 600, 1}}), "f16");
  EXPECT_NAIVE(AttentionCase({.dim = 576, .value_dim = 512}, {{0, 70, 6}, {0, 600, 1}}), "bf16");
  EXPECT_NAIVE(AttentionCase({.dim = 1100, .value_dim = 1030}, {{0, 5, 2}, {0, 40, 1}}), "f32");
}

TEST_P(DeepAttention, Quantised_keys_and_values) {
  if (!has_states_in_blocks()) GTEST_SKIP() << "the backend has no such states";
  for (int64_t dim : {32, 96})
    EXPECT_NAIVE(AttentionCase({.dim = dim, .value_dim = 64}, {{0, 70, 66}, {0, 600, 1}, {0, 30, 3}}), "q8_0");
}

TEST_P(DeepAttention, Windows_that_end_anywhere) {
  for (int64_t window : {5, 64, 500, 700}) {
    for (bool more : {false, true}) {
      Shape s{.dim = 16, .value_dim = 16, .sinks = more};
      s.rule.window = window, s.rule.softcap = more ? 0.9 : 0;
      EXPECT_NAIVE(AttentionCase(s, {{0, 1100, 1}, {0, 620, 40}, {512, 1111, 2}, {0, 130, 130}}), "f16");
      s.rule.causal = false;
      EXPECT_NAIVE(AttentionCase(s, {{0, 1100, 1}, {0, 620, 40}, {512, 1111, 2}, {0, 130, 130}, {0, 8, 8}}), "f16");
    }
  }
}

TEST_P(DeepAttention, A_sequence_alone_or_among_others_gets_the_same) {
  const Shape s{.heads = 8, .dim = 16, .value_dim = 16};
  const AttentionCase alone(s, {{0, 1300, 2}}), among(s, {{0, 1300, 2}, {0, 700, 1}, {0, 90, 90}});
  Feed feed = among.feed();  // queries, keys and values of the first sequence come first, and are those of `alone`
  for (std::size_t i = 0; i < 3; ++i) {
    Floats values = feed.args[i].f();
    std::copy(alone.feed().args[i].f().begin(), alone.feed().args[i].f().end(), values.begin());
    feed.args[i] = f32(feed.args[i].dims, values);
  }
  const auto one = run(runner(alone.args(), alone.write(), alone.stored_as("f16")).get(), alone.feed());
  const auto all = run(runner(among.args(), among.write(), among.stored_as("f16")).get(), feed);
  ASSERT_EQ(one.size(), 3u);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_TRUE(std::equal(one[0].f().begin(), one[0].f().end(), all[0].f().begin()));
}

TEST_P(DeepAttention, What_is_not_finite_reaches_those_who_see_it) {
  for (const Sequences& sequences :
       {Sequences{{0, 700, 4}, {0, 20, 1}}, Sequences{{0, 100, 60}, {0, 20, 1}}, Sequences{{0, 600, 1}}}) {
    for (int64_t window : {0, 30}) {
      for (const auto& [arg, bad] :
           std::vector<std::pair<std::size_t, float>>{{1, kNaN}, {2, kNaN}, {2, kInf}}) {  // 1: in a key, 2: in a value
        Shape s{.heads = 6, .dim = 16, .value_dim = 16};
        s.rule.window = window, s.rule.causal = window == 0;
        AttentionCase test(s, sequences);
        for (int64_t position : {3, 570, 698}) {
          if (position >= sequences[0].len) continue;
          Array& a = test.feed().args[arg];
          const Array clean = a;
          Floats values = a.f();
          values[offset(a.dims, {position, 1, 5})] = bad;
          a = f32(a.dims, values);
          EXPECT_NAIVE(test, "f32");
          a = clean;
        }
      }
    }
  }
}

}  // namespace
}  // namespace weft::conformance
