// prefix_attention: what tokens see ahead, beside attention that is causal and attention that is not.
#include "tests/conformance/attention_case.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(PrefixAttention);

TEST_P(PrefixAttention, Between_nothing_and_everything_of_the_step_ahead) {
  const Sequences sequences{{0, 5, 5}, {0, 9, 3}, {4, 4, 0}};
  for (bool others : {false, true}) {
    Shape shape{.sinks = others, .slopes = false, .relative = others ? 3 : 0};
    const AttentionCase test(shape, sequences);
    Feed feed = test.feed();
    std::vector<ArgType> types = test.args();
    types.push_back({WEFT_I32, {"T"}});
    const Write write = [&](Graph& g, const Tensors& in) {
      const blocks::TokenAxis axis(g);
      const auto [group, k, v] = paged_keys(g, shape, in);
      return Tensors{blocks::paged_attention(g, axis, group, in[0], k, v, others ? in[4] : Tensor{}, shape.rule, {},
                                             others ? in[5] : Tensor{}, in.back()),
                     g.gather(k, in[3]), g.gather(v, in[3])};
    };
    for (bool all : {false, true}) {
      Ints ahead;
      for (const Sequence& s : sequences) {
        for (int32_t i = 0; i < s.fresh; ++i) ahead.push_back(all ? s.fresh - 1 - i : 0);
      }
      feed.args = test.feed().args;
      feed.args.push_back(i32({static_cast<int64_t>(ahead.size())}, ahead));
      const auto y = agreed(types, write, feed, test.stored_as("f32"));
      ASSERT_EQ(y.size(), 3u);
      shape.rule.causal = !all;
      EXPECT_TRUE(close(y[0], naive_attention(shape, sequences, test.feed(), y[1], y[2]))) << others << all;
      shape.rule.causal = true;
    }
  }
}

}  // namespace
}  // namespace weft::conformance
