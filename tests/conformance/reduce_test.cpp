// reduce, cumsum, top_k.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/conformance/conformance.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Reductions);

using sdk::Reduce;

One reduce(Reduce kind, int64_t axis, bool keep = false) {
  return [=](Graph& g, const Tensors& in) {
    return g.node("reduce", {in[0]},
                  {Attr::i64("kind", static_cast<int64_t>(kind)), Attr::i64("axis", axis), Attr::i64("keep", keep)});
  };
}
One cumsum(int64_t axis, bool exclusive) {
  return [=](Graph& g, const Tensors& in) {
    return g.node("cumsum", {in[0]}, {Attr::i64("axis", axis), Attr::i64("exclusive", exclusive)});
  };
}
Write top_k(int64_t k) {
  return [k](Graph& g, const Tensors& in) { return g.top_k(in[0], k); };
}

TEST_P(Reductions, Reduce_takes_every_axis_and_keeps_or_drops_it) {
  const Array x = random_i32({3, 4, 5}, 1, -50, 50);
  for (Reduce kind : {Reduce::kSum, Reduce::kMax, Reduce::kMin}) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      Dims kept = x.dims, dropped = x.dims;
      kept[axis] = 1;
      dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(axis));
      Ints expected;
      each_index(kept, [&](Dims at) {
        Ints line;
        for (at[axis] = 0; at[axis] < x.dims[axis]; ++at[axis]) line.push_back(x.i()[offset(x.dims, at)]);
        expected.push_back(kind == Reduce::kSum   ? std::accumulate(line.begin(), line.end(), 0)
                           : kind == Reduce::kMax ? *std::max_element(line.begin(), line.end())
                                                  : *std::min_element(line.begin(), line.end()));
      });
      const auto a = static_cast<int64_t>(axis);
      EXPECT_TRUE(same(run({x}, reduce(kind, a, true)), i32(kept, expected)));
      EXPECT_TRUE(same(run({x}, reduce(kind, a)), i32(dropped, expected)));
      Array floats{x.dims, Floats(x.i().begin(), x.i().end())};
      EXPECT_TRUE(same(run({{floats, {"T", "4", "N"}}}, reduce(kind, a)),
                       f32(dropped, Floats(expected.begin(), expected.end()))));
    }
  }
}

TEST_P(Reductions, Reduce_of_rank_one_and_eight) {
  EXPECT_TRUE(same(run({f32({3}, {1, 2, 4})}, reduce(Reduce::kSum, 0)), f32({}, {7})));
  EXPECT_TRUE(same(run({f32({1, 1, 1, 2, 1, 1, 1, 2}, {1, 2, 3, 4})}, reduce(Reduce::kMax, 3)),
                   f32({1, 1, 1, 1, 1, 1, 2}, {3, 4})));
}

TEST_P(Reductions, Reduce_of_an_empty_axis_is_0_and_minus_and_plus_infinity) {
  for (const Arg& x : {Arg(zeros(WEFT_F32, {2, 0})), Arg(zeros(WEFT_F32, {2, 0}), {"S", "T"})}) {
    EXPECT_TRUE(same(run({x}, reduce(Reduce::kSum, 1)), f32({2}, {0, 0})));
    EXPECT_TRUE(same(run({x}, reduce(Reduce::kMax, 1)), f32({2}, {-kInf, -kInf})));
    EXPECT_TRUE(same(run({x}, reduce(Reduce::kMin, 1)), f32({2}, {kInf, kInf})));
    EXPECT_TRUE(same(run({x}, reduce(Reduce::kSum, 0)), zeros(WEFT_F32, {0})));
  }
  const Array n = zeros(WEFT_I32, {0});
  EXPECT_TRUE(same(run({n}, reduce(Reduce::kSum, 0)), i32({}, {0})));
  EXPECT_TRUE(same(run({n}, reduce(Reduce::kMax, 0)), i32({}, {INT32_MIN})));
  EXPECT_TRUE(same(run({n}, reduce(Reduce::kMin, 0)), i32({}, {INT32_MAX})));
}

TEST_P(Reductions, Reduce_passes_NaN_wherever_it_stands) {
  for (std::size_t place = 0; place < 3; ++place) {
    Array x = f32({3}, {-kInf, 2, kInf});
    std::get<Floats>(x.values)[place] = kNaN;
    for (Reduce kind : {Reduce::kSum, Reduce::kMax, Reduce::kMin}) {
      EXPECT_TRUE(same(run({x}, reduce(kind, 0)), f32({}, {kNaN})));
    }
  }
  EXPECT_TRUE(same(run({f32({2}, {-kInf, -kInf})}, reduce(Reduce::kMax, 0)), f32({}, {-kInf})));
}

TEST_P(Reductions, Integer_sums_wrap_around) {
  EXPECT_TRUE(same(run({i32({2}, {INT32_MAX, 2})}, reduce(Reduce::kSum, 0)), i32({}, {INT32_MIN + 1})));
  EXPECT_TRUE(same(run({i32({2}, {INT32_MIN, -1})}, cumsum(0, false)), i32({2}, {INT32_MIN, INT32_MAX})));
}

TEST_P(Reductions, Cumsum_runs_along_every_axis_with_or_without_the_element_itself) {
  const Array x = random_i32({3, 4, 2}, 2, -9, 9);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (bool exclusive : {false, true}) {
      Ints expected;
      each_index(x.dims, [&](Dims at) {
        const int64_t last = exclusive ? at[axis] : at[axis] + 1;
        int32_t sum = 0;
        for (at[axis] = 0; at[axis] < last; ++at[axis]) sum += x.i()[offset(x.dims, at)];
        expected.push_back(sum);
      });
      const auto a = static_cast<int64_t>(axis);
      EXPECT_TRUE(same(run({x}, cumsum(a, exclusive)), i32(x.dims, expected)));
      Array floats{x.dims, Floats(x.i().begin(), x.i().end())};
      EXPECT_TRUE(same(run({{floats, {"T", "4", "2"}}}, cumsum(a, exclusive)),
                       f32(x.dims, Floats(expected.begin(), expected.end()))));
    }
  }
}

TEST_P(Reductions, Cumsum_of_nothing_and_of_infinities) {
  EXPECT_TRUE(same(run({{zeros(WEFT_F32, {0, 3}), {"T", "3"}}}, cumsum(0, false)), zeros(WEFT_F32, {0, 3})));
  EXPECT_TRUE(same(run({f32({3}, {1, kInf, 1})}, cumsum(0, true)), f32({3}, {0, 1, kInf})));
  EXPECT_TRUE(same(run({f32({3}, {kInf, -kInf, 1})}, cumsum(0, true)), f32({3}, {0, kInf, kNaN})));
}

TEST_P(Reductions, Top_k_sorts_down_and_ties_go_to_the_lower_index) {
  const auto y = run_all({f32({2, 5}, {1, 3, 2, 3, 1, -1, -1, -1, -1, -2})}, top_k(4));
  ASSERT_EQ(y.size(), 2u);
  EXPECT_TRUE(same(y[0], f32({2, 4}, {3, 3, 2, 1, -1, -1, -1, -1})));
  EXPECT_TRUE(same(y[1], i32({2, 4}, {1, 3, 2, 0, 0, 1, 2, 3})));
}

TEST_P(Reductions, Top_k_takes_NaN_for_the_largest) {
  const auto y = run_all({f32({6}, {1, kNaN, kInf, -kInf, kNaN, 0})}, top_k(6));
  ASSERT_EQ(y.size(), 2u);
  EXPECT_TRUE(same(y[0], f32({6}, {kNaN, kNaN, kInf, 1, 0, -kInf})));
  EXPECT_TRUE(same(y[1], i32({6}, {1, 4, 2, 0, 5, 3})));
}

TEST_P(Reductions, Top_k_takes_the_two_zeros_for_a_tie) {
  const auto y = run_all({f32({3}, {-0.0f, 0.0f, -0.0f})}, top_k(2));
  ASSERT_EQ(y.size(), 2u);
  EXPECT_TRUE(same(y[1], i32({2}, {0, 1})));
}

TEST_P(Reductions, Top_k_of_symbolic_rows_and_axes) {
  for (int64_t T : {0, 1, 5}) {
    const Array x = random({T, 2, 33}, 9);
    const auto y = run_all({{x, {"T", "2", "V"}}}, top_k(7));
    ASSERT_EQ(y.size(), 2u);
    Floats values;
    Ints indices;
    for (int64_t r = 0; r < T * 2; ++r) {
      std::vector<std::pair<float, int32_t>> row;
      for (int32_t i = 0; i < 33; ++i) row.emplace_back(-x.f()[static_cast<std::size_t>(r * 33 + i)], i);
      std::sort(row.begin(), row.end());
      for (std::size_t i = 0; i < 7; ++i) values.push_back(-row[i].first), indices.push_back(row[i].second);
    }
    EXPECT_TRUE(same(y[0], f32({T, 2, 7}, values)));
    EXPECT_TRUE(same(y[1], i32({T, 2, 7}, indices)));
  }
}

TEST_P(Reductions, Top_k_of_more_than_there_are_is_an_error) {
  const One values = [](Graph& g, const Tensors& in) { return g.top_k(in[0], 3)[0]; };
  EXPECT_EQ(failure({{zeros(WEFT_F32, {1, 2}), {"1", "V"}}}, values), Code::kOutOfRange);
  EXPECT_EQ(failure({{zeros(WEFT_F32, {1, 0}), {"1", "V"}}}, values), Code::kOutOfRange);
  EXPECT_EQ(refusal({zeros(WEFT_F32, {1, 2})}, values), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weft::conformance
