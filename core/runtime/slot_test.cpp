// Sessions with slot states: a running average for each sequence, computed by a scan.
#include <gtest/gtest.h>

#include "core/runtime/session.hpp"
#include "core/runtime/slot_table.hpp"
#include "tests/written_graph.hpp"

namespace weft {
namespace {

constexpr int64_t kVocab = 5;

/// logits[t] = h[t], h[t] = h[t-1] / 2 + one-hot(token t), h[-1] = 1.
void write(sdk::Graph& g) {
  const sdk::Dim T = g.symbol("T"), S = g.symbol("S");
  uint32_t id = 0;
  const weft_group group = g.group("ssm", WEFT_GROUP_SLOT, 0, &id);
  const sdk::Tensor start = g.input("seq_start", WEFT_I32, {g.add(S, 1)});
  std::vector<float> one_hot(kVocab * kVocab, 0.0f);
  for (std::size_t i = 0; i < kVocab; ++i) one_hot[i * kVocab + i] = 1;
  const sdk::Tensor x = g.gather(g.constant(one_hot, {kVocab, kVocab}), g.input("tokens", WEFT_I32, {T}));
  const auto out = g.scan(group, start, {g.state("h", id, {kVocab}, 1.0)}, {x}, {g.scalar(0.5f, 1)}, false,
                          [&](const std::vector<sdk::Tensor>& in) {
                            const sdk::Tensor h = g.add(g.mul(in[0], in[2]), in[1]);
                            return std::vector<sdk::Tensor>{h, g.mul(h, g.scalar(1, 1))};
                          });
  g.output("logits", g.gather(out[1], g.input("rows", WEFT_I32, {g.symbol("R")})));
}

class Slots : public testing::Test {
 protected:
  Slots() {
    engine = *Engine::create(
        {.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"}, .use_environment = false, .threads = 1});
    const auto most = [](std::string_view symbol) -> int64_t {
      return symbol == "S" ? 2 : symbol.starts_with("kept:") ? 2 * SlotTable::kRows : 64;
    };
    auto compiled = test::compiled_graph(*engine, (*engine->open_devices("reference"))[0], "step", most, write);
    EXPECT_TRUE(compiled.ok()) << compiled.status().message();
    session =
        std::move(Session::create(*compiled, {.context = 64, .vocab = kVocab, .step_tokens = 64, .sequences = 2}, [] {
          return Status();
        })).value();
  }
  std::vector<float> step(SequenceId s, std::vector<int32_t> tokens) {
    const StepItem item{s, tokens, true};
    auto out = session->step({&item, 1});
    EXPECT_TRUE(out.ok()) << out.status().message();
    return out.ok() ? std::vector<float>(out->data, out->data + out->rows * out->width) : std::vector<float>();
  }
  static std::vector<float> expected(const std::vector<int32_t>& tokens) {
    std::vector<float> h(kVocab, 1.0f), all;
    for (int32_t token : tokens) {
      for (float& v : h) v /= 2;
      h[static_cast<std::size_t>(token)] += 1;
      all.insert(all.end(), h.begin(), h.end());
    }
    return all;
  }
  static std::vector<float> tail(const std::vector<float>& all, std::size_t rows) {
    return {all.end() - static_cast<std::ptrdiff_t>(rows * kVocab), all.end()};
  }

  std::shared_ptr<Engine> engine;
  std::unique_ptr<Session> session;
};

TEST_F(Slots, One_step_equals_token_by_token) {
  const std::vector<int32_t> tokens = {3, 1, 4, 1, 0};
  const SequenceId a = *session->open(), b = *session->open();
  EXPECT_EQ(step(a, tokens), expected(tokens));
  std::vector<float> single;
  for (int32_t token : tokens) {
    const auto row = step(b, {token});
    single.insert(single.end(), row.begin(), row.end());
  }
  EXPECT_EQ(single, expected(tokens));
}

TEST_F(Slots, Ragged_sequences_of_one_step_do_not_mix) {
  const SequenceId a = *session->open(), b = *session->open();
  const std::vector<int32_t> x = {2, 2}, y = {0, 1, 4};
  const StepItem items[] = {{a, x, true}, {b, y, true}};
  auto out = session->step(items);
  ASSERT_TRUE(out.ok());
  std::vector<float> both = expected(x);
  const auto second = expected(y);
  both.insert(both.end(), second.begin(), second.end());
  EXPECT_EQ(std::vector<float>(out->data, out->data + 5 * kVocab), both);
}

TEST_F(Slots, A_fork_goes_its_own_way_and_rollback_reaches_the_step_before) {
  const SequenceId a = *session->open();
  step(a, {1, 2});
  const SequenceId b = *session->fork(a);
  EXPECT_EQ(step(a, {3}), tail(expected({1, 2, 3}), 1));
  EXPECT_EQ(step(b, {4}), tail(expected({1, 2, 4}), 1));
  ASSERT_TRUE(session->rollback(a, 2).ok());
  EXPECT_EQ(step(a, {0}), tail(expected({1, 2, 0}), 1));
  EXPECT_EQ(session->rollback(a, 1).code(), Code::kFailedPrecondition);
  EXPECT_EQ(*session->length(a), 3);
  ASSERT_TRUE(session->rollback(a, 0).ok());
  EXPECT_EQ(step(a, {0}), expected({0}));
}

TEST_F(Slots, What_is_kept_of_a_sequence_is_what_other_ids_begin_with_as_far_as_it_can_go_back) {
  const SequenceId a = *session->open();
  step(a, {1, 2});
  step(a, {3});
  EXPECT_EQ(*session->keep_common(a, std::vector<int32_t>{1, 2, 4, 0}), 2);
  EXPECT_EQ(step(a, {4, 0}), tail(expected({1, 2, 4, 0}), 2));
  // Three tokens in common, but no state is kept after the third.
  EXPECT_EQ(*session->keep_common(a, std::vector<int32_t>{1, 2, 4, 0}), 0);
  EXPECT_EQ(*session->length(a), 0);
  EXPECT_EQ(step(a, {1, 2}), expected({1, 2}));
  EXPECT_EQ(*session->keep_common(a, std::vector<int32_t>{1, 2, 3}), 2);
  EXPECT_EQ(session->keep_common(a, std::vector<int32_t>{}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(session->keep_common(7, std::vector<int32_t>{1}).status().code(), Code::kNotFound);
}

TEST(SlotTable, Holds_three_rows_at_most_and_gives_all_back) {
  IdPool pool(SlotTable::kRows);
  {
    SlotTable table(pool);
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(table.reserve().ok());
      EXPECT_NE(table.write_row(), table.read_row());
      table.advance(2);
    }
    EXPECT_EQ(table.length(), 20);
    EXPECT_TRUE(table.can_roll_back(18).ok());
    EXPECT_FALSE(table.can_roll_back(17).ok());
    EXPECT_EQ(pool.free_count(), 1);
  }
  EXPECT_EQ(pool.free_count(), 3);
}

}  // namespace
}  // namespace weft
