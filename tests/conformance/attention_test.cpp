// attention over paged keys and values: the composite, its body, and naive code over the stored values.
#include <cmath>

#include "tests/conformance/attention_case.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Attention);

const Sequences kRagged = {{0, 5, 5}, {4, 17, 1}, {0, 9, 3}, {8, 8, 0}, {0, 1, 1}};

TEST_P(Attention, Ragged_sequences_with_every_rule) {
  for (int64_t window : {0, 1, 3, 100}) {
    for (double softcap : {0.0, 0.7}) {
      for (bool sinks : {false, true}) {
        for (bool slopes : {false, true}) {
          for (bool causal : {false, true}) {
            Shape s{.sinks = sinks, .slopes = slopes};
            s.rule.causal = causal, s.rule.window = window, s.rule.softcap = softcap;
            EXPECT_ATTENTION(AttentionCase(s, kRagged), "f32");
          }
        }
      }
    }
  }
}

TEST_P(Attention, Scores_fall_with_the_distance_by_alibi) {
  for (bool causal : {false, true}) {
    for (bool sinks : {false, true}) {
      Shape s{.sinks = sinks, .slopes = true};
      s.rule.causal = causal;
      EXPECT_ATTENTION(AttentionCase(s, kRagged), "f32");
    }
  }
}

TEST_P(Attention, Scores_get_a_bias_by_how_far_a_key_stands_and_on_which_side) {
  for (int64_t relative : {1, 3, 40}) {
    for (bool causal : {false, true}) {
      for (bool others : {false, true}) {
        Shape s{.sinks = others, .slopes = others, .relative = relative};
        s.rule.causal = causal, s.rule.window = others ? 6 : 0, s.rule.softcap = others ? 0.7 : 0;
        EXPECT_ATTENTION(AttentionCase(s, kRagged), "f32");
      }
    }
  }
}

TEST_P(Attention, More_queries_than_keys_see_them_all_where_nothing_is_causal) {
  Shape s;
  s.rule.causal = false;
  EXPECT_ATTENTION(AttentionCase(s, {{0, 3, 7}, {0, 9, 1}, {0, 1, 20}, {0, 5, 2}}), "f32");
}

TEST_P(Attention, Heads_share_keys_and_values) {
  for (const auto& [heads, kv_heads] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {3, 3}, {6, 2}, {5, 1}}) {
    EXPECT_ATTENTION(AttentionCase({.heads = heads, .kv_heads = kv_heads}, kRagged), "f32");
  }
}

TEST_P(Attention, Values_may_be_wider_or_narrower_than_keys) {
  for (int64_t value_dim : {1, 5, 16}) EXPECT_ATTENTION(AttentionCase({.value_dim = value_dim}, kRagged), "f32");
}

TEST_P(Attention, Keys_and_values_are_read_as_they_are_stored) {
  for (const std::string dtype : {"f32", "f16", "bf16", "q8_0"}) {
    if (dtype == "q8_0" && !has_states_in_blocks()) continue;
    for (bool sinks : {false, true}) {
      EXPECT_ATTENTION(AttentionCase({.dim = 32, .value_dim = 64, .sinks = sinks}, kRagged), dtype);
    }
  }
}

TEST_P(Attention, A_token_that_sees_nothing_gets_zeros) {
  for (bool sinks : {false, true}) {
    // The first sequence's tokens stand at positions 2 and 3, and it keeps no position before 4.
    const AttentionCase test({.sinks = sinks}, {{4, 4, 2}, {0, 3, 1}});
    const auto y = agreed(test.args(), test.write(), test.feed(), test.stored_as("f32"));
    ASSERT_EQ(y.size(), 3u);
    EXPECT_TRUE(close(y[0], test.expected(y[1], y[2])));
    for (std::size_t i = 0; i < 2 * 4 * 8; ++i) EXPECT_EQ(y[0].f()[i], 0);
  }
}

TEST_P(Attention, No_tokens_no_sequences_and_no_blocks) {
  for (const Sequences& sequences : {Sequences{}, {{0, 0, 0}}, {{0, 6, 0}, {0, 0, 0}}}) {
    const Shape s;
    for (int64_t more : {0, 1}) {
      const Feed f = step(s, sequences, more, more);
      const auto y = agreed(types(s), attend(s), f, {.block_tokens = kBlockTokens});
      ASSERT_EQ(y.size(), 3u);
      EXPECT_TRUE(same(y[0], zeros(WEFT_F32, {0, 4, 8})));
    }
  }
}

TEST_P(Attention, Large_scores_do_not_overflow) {
  Shape s{.sinks = true};
  s.rule.scale = 200;
  const AttentionCase test(s, kRagged);
  const auto y = agreed(test.args(), test.write(), test.feed(), test.stored_as("f32"));
  ASSERT_EQ(y.size(), 3u);
  for (float v : y[0].f()) EXPECT_TRUE(std::isfinite(v));
}

TEST_P(Attention, Tables_and_sequences_outside_are_an_error) {
  const Shape s;
  const auto r = runner(types(s), attend(s), {.block_tokens = kBlockTokens});
  ASSERT_NE(r, nullptr);
  const auto code = [&](const std::string& name, Ints values) {
    Feed f = step(s, {{0, 5, 2}, {0, 3, 1}});
    Array& a = f.named.at(name);
    a = i32(a.dims, std::move(values));
    return r->run(f).status().code();
  };
  EXPECT_EQ(code("token_seq", {0, 0, 2}), Code::kOutOfRange);
  EXPECT_EQ(code("token_seq", {-2, 0, 1}), Code::kOutOfRange);
  EXPECT_EQ(code("kv.table", {1, static_cast<int32_t>(blocks_for({})), 0, 2, 0, 0}), Code::kOutOfRange);
  EXPECT_EQ(code("kv.table", {-7, 1, 0, 2, 0, 0}), Code::kOutOfRange);
  EXPECT_EQ(code("kv.len", {5, INT32_MAX}), Code::kOutOfRange);
  EXPECT_TRUE(r->run(step(s, {{0, 5, 2}, {0, 3, 1}})).ok());  // an error leaves the runner usable
}

}  // namespace
}  // namespace weft::conformance
