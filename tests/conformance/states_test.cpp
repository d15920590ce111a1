// gather and scatter on states: memory that lasts from run to run, stored in a dtype of the host's choice.
#include <algorithm>

#include "tests/conformance/conformance.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(States);

constexpr int64_t kSlots = 12;

/// Writes the update [T,2,32] at the group's slots, and gives the rows [R,2,32] of the state that in[1] [R] names.
Tensors write_then_read(Graph& g, const Tensors& in) {
  uint32_t id = 0;
  const weft_group group = g.group("kv", WEFT_GROUP_PAGED, 0, &id);
  return {g.gather(g.scatter(g.state("s", id, {2, 32}), {group.slot}, in[0]), in[1])};
}
const std::vector<ArgType> kTypes{{WEFT_F32, {"T", "2", "32"}}, {WEFT_I32, {"R"}}};

/// The inputs of the group "kv": zeros for the tables, which gather and scatter do not read, and the slots of this
/// run's tokens.
std::map<std::string, Array> tables(Ints slots) {
  const auto T = static_cast<int64_t>(slots.size());
  return {{"kv.table", zeros(WEFT_I32, {1, 1})},
          {"kv.base", zeros(WEFT_I32, {1})},
          {"kv.len", zeros(WEFT_I32, {1})},
          {"kv.slot", i32({T}, std::move(slots))}};
}
Feed feed(const Array& update, Ints slots, Ints read) {
  const auto R = static_cast<int64_t>(read.size());
  return {{update, i32({R}, std::move(read))}, tables(std::move(slots)), {{"slots:kv", kSlots}}};
}

/// The rows `which` of x [.,2,32]; zeros for -1.
Array rows(const Array& x, const std::vector<int>& which) {
  Floats v;
  for (int r : which) {
    for (std::size_t i = 0; i < 64; ++i) v.push_back(r < 0 ? 0 : x.f()[static_cast<std::size_t>(r) * 64 + i]);
  }
  return f32({static_cast<int64_t>(which.size()), 2, 32}, v);
}

TEST_P(States, Rows_written_in_one_run_are_read_in_the_next) {
  const auto r = runner(kTypes, write_then_read);
  const Array first = random({3, 2, 32}, 1), second = random({1, 2, 32}, 2);
  auto y = run(r.get(), feed(first, {11, 0, -1}, {0, -1, 11}));
  ASSERT_EQ(y.size(), 1u);
  EXPECT_TRUE(same(y[0], rows(first, {1, -1, 0})));
  y = run(r.get(), feed(second, {5}, {11, 5, 5}));
  ASSERT_EQ(y.size(), 1u);
  Array expected = rows(first, {0, 0, 0});
  std::copy(second.f().begin(), second.f().end(), std::get<Floats>(expected.values).begin() + 64);
  std::copy(second.f().begin(), second.f().end(), std::get<Floats>(expected.values).begin() + 128);
  EXPECT_TRUE(same(y[0], expected));
  y = run(r.get(), feed(zeros(WEFT_F32, {0, 2, 32}), {}, {0}));
  ASSERT_EQ(y.size(), 1u);
  EXPECT_TRUE(same(y[0], rows(first, {1})));
}

TEST_P(States, Rows_are_added_to_what_is_stored_also_more_than_once) {
  // The graph sets rows 4 and 3 of the state to in[1], then adds in[0] at the group's slots.
  const auto r = runner({{WEFT_F32, {"T", "2", "32"}}, {WEFT_F32, {"2", "2", "32"}}}, [](Graph& g, const Tensors& in) {
    uint32_t id = 0;
    const weft_group group = g.group("kv", WEFT_GROUP_PAGED, 0, &id);
    const Tensor rows = g.constant(Ints{4, 3}, {2}), set = g.scatter(g.state("s", id, {2, 32}), rows, in[1]);
    return Tensors{g.gather(g.node("scatter", {set, {group.slot}, in[0]}, {Attr::i64("kind", 1)}), rows)};
  });
  const auto y = run(r.get(), {{f32({3, 2, 32}, Floats(192, 1.5f)), f32({2, 2, 32}, Floats(128, 1))},
                               tables({4, -1, 4}),
                               {{"slots:kv", kSlots}}});
  ASSERT_EQ(y.size(), 1u);
  Floats expected(64, 4);
  expected.resize(128, 1);
  EXPECT_TRUE(same(y[0], f32({2, 2, 32}, expected)));
}

TEST_P(States, Readers_see_the_stored_values) {
  for (const auto& [dtype, rel] :
       std::vector<std::pair<std::string, double>>{{"f32", 0}, {"f16", 5e-4}, {"bf16", 4e-3}, {"q8_0", 8e-3}}) {
    if (dtype == "q8_0" && !has_states_in_blocks()) continue;
    const auto r = runner(kTypes, write_then_read, {.state_dtype = dtype});
    const Array x = random({2, 2, 32}, 3);
    const auto first = run(r.get(), feed(x, {7, 2}, {7, 2}));
    ASSERT_EQ(first.size(), 1u) << dtype;
    EXPECT_TRUE(close(first[0], x, rel)) << dtype;
    // Values that have been rounded once are stored without further loss (q8_0: nearly).
    const auto second = run(r.get(), feed(first[0], {1, 3}, {1, 3}));
    ASSERT_EQ(second.size(), 1u) << dtype;
    EXPECT_TRUE(close(second[0], first[0], dtype == "q8_0" ? 1e-3 : 0)) << dtype;
  }
}

TEST_P(States, Slots_outside_are_an_error) {
  const auto r = runner(kTypes, write_then_read);
  ASSERT_NE(r, nullptr);
  const Array x = random({1, 2, 32}, 4);
  for (int32_t bad : {static_cast<int32_t>(kSlots), -2, INT32_MAX, INT32_MIN}) {
    EXPECT_EQ(r->run(feed(x, {bad}, {})).status().code(), Code::kOutOfRange) << bad;
    EXPECT_EQ(r->run(feed(x, {0}, {bad})).status().code(), Code::kOutOfRange) << bad;
  }
  EXPECT_TRUE(r->run(feed(x, {0}, {0})).ok());  // an error leaves the runner usable
}

TEST_P(States, Entries_of_rank_zero_and_seven) {
  for (const Dims& entry : {Dims{}, Dims{1, 2, 1, 2, 1, 1, 2}}) {
    Dims d{3};
    d.insert(d.end(), entry.begin(), entry.end());
    const Array x = random(d, 5);
    std::vector<std::string> type{"T"};
    for (int64_t e : entry) type.push_back(std::to_string(e));
    const auto r = runner({{WEFT_F32, type}, {WEFT_I32, {"R"}}}, [&](Graph& g, const Tensors& in) {
      uint32_t id = 0;
      const weft_group group = g.group("kv", WEFT_GROUP_PAGED, 0, &id);
      return Tensors{g.gather(g.scatter(g.state("s", id, entry), {group.slot}, in[0]), in[1])};
    });
    const auto y = run(r.get(), feed(x, {9, 1, 4}, {9, 1, 4}));
    ASSERT_EQ(y.size(), 1u);
    EXPECT_TRUE(same(y[0], x));
  }
}

TEST_P(States, A_state_is_read_by_rows_alone) {
  const auto with_state = [&](const std::function<Tensor(Graph&, Tensor state, Tensor idx)>& use) {
    return refusal({i32({1}, {0})}, [&](Graph& g, const Tensors& in) {
      uint32_t id = 0;
      g.group("kv", WEFT_GROUP_PAGED, 0, &id);
      return use(g, g.state("s", id, {4}), in[0]);
    });
  };
  EXPECT_EQ(with_state([](Graph& g, Tensor s, Tensor) { return g.exp(s); }), Code::kInvalidArgument);
  EXPECT_EQ(with_state([](Graph& g, Tensor s, Tensor) { return g.mul(s, g.scalar(2, 2)); }), Code::kInvalidArgument);
  EXPECT_EQ(with_state([](Graph& g, Tensor s, Tensor idx) { return g.gather(s, idx, 1); }), Code::kInvalidArgument);
  EXPECT_EQ(with_state([](Graph& g, Tensor s, Tensor) { return g.unary("exp", g.slice(s, 0, 0, 1)); }),
            Code::kInvalidArgument);
}

}  // namespace
}  // namespace weft::conformance
