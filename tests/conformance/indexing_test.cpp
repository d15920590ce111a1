// gather and scatter on values; on states: states_test.cpp.
#include "tests/conformance/conformance.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Indexing);

One gather(int64_t axis = 0, int64_t batch = 0) {
  return [=](Graph& g, const Tensors& in) { return g.gather(in[0], in[1], axis, batch); };
}
One scatter(int64_t kind) {
  return [=](Graph& g, const Tensors& in) { return g.node("scatter", in, {Attr::i64("kind", kind)}); };
}
constexpr int64_t kSet = 0, kAdd = 1;

/// The result has dims x.dims[:axis] + idx.dims[batch:] + x.dims[axis+1:]; index -1 gives 0.
Array naive_gather(const Array& x, const Array& idx, std::size_t axis, std::size_t batch) {
  const auto at_axis = static_cast<std::ptrdiff_t>(axis), at_batch = static_cast<std::ptrdiff_t>(batch);
  Dims d(x.dims.begin(), x.dims.begin() + at_axis);
  d.insert(d.end(), idx.dims.begin() + at_batch, idx.dims.end());
  d.insert(d.end(), x.dims.begin() + at_axis + 1, x.dims.end());
  const std::size_t inner = idx.dims.size() - batch;
  Ints v;
  each_index(d, [&](const Dims& at) {
    Dims i(at.begin(), at.begin() + at_batch);
    i.insert(i.end(), at.begin() + at_axis, at.begin() + at_axis + static_cast<std::ptrdiff_t>(inner));
    Dims from(at.begin(), at.begin() + at_axis);
    const int32_t k = idx.i()[offset(idx.dims, i)];
    from.push_back(k);
    from.insert(from.end(), at.begin() + at_axis + static_cast<std::ptrdiff_t>(inner), at.end());
    v.push_back(k == -1 ? 0 : x.i()[offset(x.dims, from)]);
  });
  return i32(d, v);
}

TEST_P(Indexing, Gather_takes_every_axis_and_all_its_batch_axes) {
  const Array x = random_i32({2, 3, 4, 5}, 1, 1, 1000);
  for (std::size_t axis = 0; axis < 4; ++axis) {
    for (std::size_t batch = 0; batch <= axis; ++batch) {
      for (std::size_t more = 0; more < 3; ++more) {  // how many axes idx has after its batch axes
        Dims d(x.dims.begin(), x.dims.begin() + static_cast<std::ptrdiff_t>(batch));
        for (std::size_t i = 0; i < more; ++i) d.push_back(static_cast<int64_t>(i) + 2);
        const Array idx = random_i32(d, 2, -1, static_cast<int32_t>(x.dims[axis]) - 1);
        EXPECT_TRUE(same(run({x, idx}, gather(static_cast<int64_t>(axis), static_cast<int64_t>(batch))),
                         naive_gather(x, idx, axis, batch)))
            << "axis " << axis << ", batch " << batch << ", further axes " << more;
      }
    }
  }
}

TEST_P(Indexing, Gather_gives_zero_for_minus_one_in_every_dtype) {
  const Array idx = i32({3}, {1, -1, 0});
  EXPECT_TRUE(same(run({f32({2, 2}, {1, 2, kNaN, 4}), idx}, gather()), f32({3, 2}, {kNaN, 4, 0, 0, 1, 2})));
  EXPECT_TRUE(same(run({i32({2}, {7, 8}), idx}, gather()), i32({3}, {8, 0, 7})));
  EXPECT_TRUE(same(run({u8({2}, {1, 1}), idx}, gather()), u8({3}, {1, 0, 1})));
}

TEST_P(Indexing, Gather_of_a_scalar_index_drops_the_axis) {
  EXPECT_TRUE(same(run({f32({2, 2}, {1, 2, 3, 4}), i32({}, {1})}, gather()), f32({2}, {3, 4})));
  EXPECT_TRUE(same(run({f32({2}, {1, 2}), i32({}, {-1})}, gather()), f32({}, {0})));
}

TEST_P(Indexing, Gather_takes_symbols_and_no_elements) {
  for (int64_t T : {0, 1, 37}) {
    const Array x = random_i32({5, 3}, 3, 1, 99), idx = random_i32({T}, 4, -1, 4);
    EXPECT_TRUE(same(run({x, {idx, {"T"}}}, gather()), naive_gather(x, idx, 0, 0)));
  }
  const Array none = zeros(WEFT_F32, {0, 3});  // an axis of size 0 has no row, and takes index -1 alone
  EXPECT_TRUE(same(run({{none, {"N", "3"}}, i32({2}, {-1, -1})}, gather()), zeros(WEFT_F32, {2, 3})));
  EXPECT_TRUE(same(run({zeros(WEFT_F32, {4, 0}), i32({2}, {3, -1})}, gather()), zeros(WEFT_F32, {2, 0})));
  EXPECT_TRUE(same(run({f32({2}, {1, 2}), zeros(WEFT_I32, {3, 0})}, gather()), zeros(WEFT_F32, {3, 0})));
  EXPECT_TRUE(same(run({zeros(WEFT_F32, {0, 3}), zeros(WEFT_I32, {0, 2})}, gather(1, 1)), zeros(WEFT_F32, {0, 2})));
  EXPECT_TRUE(same(run({i32({1}, {-1})},
                       [](Graph& g, const Tensors& in) {
                         return g.gather(g.constant(Floats{}, {0, 2}), in[0]);
                       }),
                   zeros(WEFT_F32, {1, 2})));
}

TEST_P(Indexing, Gather_outside_is_an_error) {
  const Array x = f32({2, 3}, {1, 2, 3, 4, 5, 6});
  for (int32_t bad : {2, -2, INT32_MAX, INT32_MIN}) {
    EXPECT_EQ(failure({x, i32({2}, {0, bad})}, gather()), Code::kOutOfRange) << bad;
  }
  EXPECT_EQ(failure({x, i32({2}, {3, 0})}, gather(1, 1)), Code::kOutOfRange);
  EXPECT_EQ(failure({zeros(WEFT_F32, {0}), i32({1}, {0})}, gather()), Code::kOutOfRange);
}

TEST_P(Indexing, Scatter_sets_rows_and_drops_minus_one) {
  const Array x = f32({3, 2}, {1, 2, 3, 4, 5, 6}), update = f32({3, 2}, {10, 20, 30, 40, 50, 60});
  EXPECT_TRUE(same(run({x, i32({3}, {2, -1, 0}), update}, scatter(kSet)), f32({3, 2}, {50, 60, 3, 4, 10, 20})));
  EXPECT_TRUE(same(run({u8({2}, {0, 0}), i32({1}, {1}), u8({1}, {1})}, scatter(kSet)), u8({2}, {0, 1})));
  EXPECT_TRUE(same(run({i32({2}, {7, 8}), i32({1, 1}, {1}), i32({1, 1}, {9})}, scatter(kSet)), i32({2}, {7, 9})));
}

TEST_P(Indexing, Rows_of_floats_of_16_bits_are_taken_and_set) {
  const Array x = f16({3, 2}, {1, 2, 3, 4, 5, 6}), index = i32({2}, {2, -1});
  EXPECT_TRUE(same(run({x, index}, gather()), f16({2, 2}, {5, 6, 0, 0})));
  EXPECT_TRUE(same(run({x, index, f16({2, 2}, {7, 8, 9, 9})}, scatter(kSet)), f16({3, 2}, {1, 2, 3, 4, 7, 8})));
  EXPECT_TRUE(same(run({bf16({2, 1}, {1, 2}), i32({1}, {1})}, gather()), bf16({1, 1}, {2})));
}

TEST_P(Indexing, Scatter_leaves_its_input_as_it_was) {
  const auto y = run_all({f32({2}, {1, 2}), i32({1}, {0}), f32({1}, {5})}, [](Graph& g, const Tensors& in) {
    const Tensor kept = g.mul(in[0], g.scalar(1, 1)), written = g.scatter(kept, in[1], in[2]);
    return Tensors{written, g.add(kept, g.scalar(0, 1))};
  });
  ASSERT_EQ(y.size(), 2u);
  EXPECT_TRUE(same(y[0], f32({2}, {5, 2})));
  EXPECT_TRUE(same(y[1], f32({2}, {1, 2})));
}

TEST_P(Indexing, Scatter_adds_rows_named_more_than_once) {
  const Array idx = i32({2, 2}, {1, 1, -1, 1});
  EXPECT_TRUE(
      same(run({f32({2, 1}, {1, 2}), idx, f32({2, 2, 1}, {10, 20, 40, 80})}, scatter(kAdd)), f32({2, 1}, {1, 112})));
  EXPECT_TRUE(same(run({i32({2}, {1, INT32_MAX}), i32({2}, {1, 1}), i32({2}, {1, 1})}, scatter(kAdd)),
                   i32({2}, {1, INT32_MIN + 1})));
  EXPECT_EQ(refusal({u8({2}, {0, 0}), i32({1}, {0}), u8({1}, {1})}, scatter(kAdd)), Code::kInvalidArgument);
}

TEST_P(Indexing, Scatter_takes_a_scalar_index_symbols_and_no_elements) {
  EXPECT_TRUE(
      same(run({f32({2, 2}, {1, 2, 3, 4}), i32({}, {1}), f32({2}, {5, 6})}, scatter(kSet)), f32({2, 2}, {1, 2, 5, 6})));
  EXPECT_TRUE(same(
      run({{f32({2}, {1, 2}), {"N"}}, {zeros(WEFT_I32, {0}), {"T"}}, {zeros(WEFT_F32, {0}), {"T"}}}, scatter(kAdd)),
      f32({2}, {1, 2})));
  EXPECT_TRUE(same(run({zeros(WEFT_F32, {0, 2}), i32({1}, {-1}), f32({1, 2}, {1, 2})}, scatter(kSet)),
                   zeros(WEFT_F32, {0, 2})));
  EXPECT_TRUE(same(run({zeros(WEFT_F32, {2, 0}), i32({1}, {1}), zeros(WEFT_F32, {1, 0})}, scatter(kSet)),
                   zeros(WEFT_F32, {2, 0})));
}

TEST_P(Indexing, Scatter_outside_is_an_error) {
  for (int64_t kind : {kSet, kAdd}) {
    for (int32_t bad : {2, -2, INT32_MAX, INT32_MIN}) {
      EXPECT_EQ(failure({f32({2}, {1, 2}), i32({1}, {bad}), f32({1}, {3})}, scatter(kind)), Code::kOutOfRange) << bad;
    }
    EXPECT_EQ(failure({zeros(WEFT_F32, {0}), i32({1}, {0}), f32({1}, {3})}, scatter(kind)), Code::kOutOfRange);
  }
}

}  // namespace
}  // namespace weft::conformance
