// reshape, transpose, broadcast, concat, slice, pad, iota.
#include <algorithm>
#include <numeric>

#include "tests/conformance/conformance.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Layout);

One reshape(const Dims& dims) {
  return [dims](Graph& g, const Tensors& in) { return g.reshape(in[0], dims); };
}
One transpose(const Dims& perm) {
  return [perm](Graph& g, const Tensors& in) { return g.transpose(in[0], perm); };
}
One broadcast(const Dims& dims) {
  return [dims](Graph& g, const Tensors& in) { return g.node("broadcast", {in[0]}, {Attr::ints("dims", dims)}); };
}
One concat(int64_t axis) {
  return [axis](Graph& g, const Tensors& in) { return g.concat(in, axis); };
}
One slice(int64_t axis, int64_t start, int64_t size) {
  return [=](Graph& g, const Tensors& in) { return g.slice(in[0], axis, start, size); };
}
One pad(int64_t axis, int64_t before, int64_t after, double value) {
  return [=](Graph& g, const Tensors& in) {
    return g.node(
        "pad", {in[0]},
        {Attr::i64("axis", axis), Attr::i64("before", before), Attr::i64("after", after), Attr::f64("value", value)});
  };
}
One iota(const Dims& dims, int64_t axis, uint32_t dtype, std::vector<Attr> more = {}) {
  return [=](Graph& g, const Tensors&) {
    std::vector<Attr> attrs = more;
    attrs.insert(attrs.end(), {Attr::ints("dims", dims), Attr::i64("axis", axis), Attr::i64("dtype", dtype)});
    return g.node("iota", {}, attrs);
  };
}

/// i32 [dims] with element n holding n.
Array counting(const Dims& dims) {
  Array a = zeros(WEFT_I32, dims);
  auto& v = std::get<Ints>(a.values);
  std::iota(v.begin(), v.end(), 0);
  return a;
}

/// An array of shape `dims` whose element at `at` is that of x at `from(at)`.
Array picked(const Array& x, const Dims& dims, const std::function<Dims(const Dims&)>& from) {
  Ints v;
  each_index(dims, [&](const Dims& at) { v.push_back(x.i()[offset(x.dims, from(at))]); });
  return i32(dims, v);
}

TEST_P(Layout, Reshape_keeps_the_order) {
  EXPECT_TRUE(same(run({counting({2, 3, 4})}, reshape({4, 6})), counting({4, 6})));
  EXPECT_TRUE(same(run({counting({1})}, reshape({})), counting({})));
  EXPECT_TRUE(same(run({counting({})}, reshape({1, 1, 1, 1, 1, 1, 1, 1})), counting({1, 1, 1, 1, 1, 1, 1, 1})));
  EXPECT_TRUE(same(run({zeros(WEFT_F32, {0, 3})}, reshape({7, 0})), zeros(WEFT_F32, {7, 0})));
  EXPECT_TRUE(same(run({u8({4}, {1, 0, 0, 1})}, reshape({2, 2})), u8({2, 2}, {1, 0, 0, 1})));
}

TEST_P(Layout, Reshape_splits_and_joins_symbols) {
  for (int64_t T : {0, 1, 5}) {
    const Array y = run({{counting({T, 6}), {"T", "6"}}}, [](Graph& g, const Tensors& in) {
      const sdk::Dim t = g.dims(in[0])[0];
      return g.reshape(g.reshape(in[0], {g.mul(t, 3), 2}), {2, t, 3});
    });
    EXPECT_TRUE(same(y, counting({2, T, 3})));
  }
}

TEST_P(Layout, Transpose_takes_every_permutation_of_four_axes) {
  const Array x = counting({2, 3, 4, 5});
  Dims perm{0, 1, 2, 3};
  do {
    Dims d;
    for (int64_t p : perm) d.push_back(x.dims[static_cast<std::size_t>(p)]);
    const Array expected = picked(x, d, [&](const Dims& at) {
      Dims from(4);
      for (std::size_t i = 0; i < 4; ++i) from[static_cast<std::size_t>(perm[i])] = at[i];
      return from;
    });
    EXPECT_TRUE(same(run({x}, transpose(perm)), expected));
  } while (std::next_permutation(perm.begin(), perm.end()));
}

TEST_P(Layout, Transpose_takes_rank_zero_and_eight_symbols_and_no_elements) {
  EXPECT_TRUE(same(run({f32({}, {3})}, transpose({})), f32({}, {3})));
  EXPECT_TRUE(same(run({zeros(WEFT_F32, {0, 3})}, transpose({1, 0})), zeros(WEFT_F32, {3, 0})));
  const Array x = counting({2, 1, 3, 1, 2, 1, 2, 3});
  EXPECT_TRUE(same(run({x}, transpose({7, 6, 5, 4, 3, 2, 1, 0})),
                   picked(x, {3, 2, 1, 2, 1, 3, 1, 2}, [](const Dims& at) { return Dims(at.rbegin(), at.rend()); })));
  EXPECT_TRUE(
      same(run({{u8({3, 2}, {1, 0, 1, 1, 0, 0}), {"T", "S"}}}, transpose({1, 0})), u8({2, 3}, {1, 1, 0, 0, 1, 0})));
}

TEST_P(Layout, Broadcast_repeats_any_axes_of_size_one) {
  const Dims full{2, 3, 4};
  for (unsigned mask = 0; mask < 8; ++mask) {
    Dims d = full;
    for (std::size_t i = 0; i < 3; ++i) d[i] = mask >> i & 1u ? 1 : d[i];
    const Array x = counting(d);
    EXPECT_TRUE(same(run({x}, broadcast(full)), picked(x, full, [](const Dims& at) { return at; })));
  }
  EXPECT_TRUE(same(run({f32({1, 2}, {1, 2})}, broadcast({0, 2})), zeros(WEFT_F32, {0, 2})));
  EXPECT_TRUE(same(run({u8({}, {1})}, broadcast({})), u8({}, {1})));
}

TEST_P(Layout, Broadcast_goes_to_a_symbol) {
  for (int64_t T : {0, 1, 7}) {
    const Array y = run({{zeros(WEFT_F32, {T}), {"T"}}, i32({1, 2}, {4, 5})}, [](Graph& g, const Tensors& in) {
      return g.node("broadcast", {in[1]}, {Attr::ints("dims", {g.dims(in[0])[0], 2})});
    });
    EXPECT_TRUE(same(y, picked(i32({1, 2}, {4, 5}), {T, 2}, [](const Dims& at) { return at; })));
  }
}

TEST_P(Layout, Concat_joins_many_on_every_axis) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    std::vector<Arg> args;
    std::vector<Array> parts;
    Dims d{2, 3, 2};
    d[axis] = 0;
    for (int64_t k = 0; k < 9; ++k) {  // sizes 0 1 2 3 0 1 2 3 0
      Dims part{2, 3, 2};
      part[axis] = k % 4;
      parts.push_back(random_i32(part, static_cast<uint32_t>(k), 0, 1000));
      args.emplace_back(parts.back());
      d[axis] += k % 4;
    }
    Ints expected;
    each_index(d, [&](Dims at) {
      std::size_t k = 0;
      for (; at[axis] >= parts[k].dims[axis]; ++k) at[axis] -= parts[k].dims[axis];
      expected.push_back(parts[k].i()[offset(parts[k].dims, at)]);
    });
    EXPECT_TRUE(same(run(args, concat(static_cast<int64_t>(axis))), i32(d, expected)));
  }
}

TEST_P(Layout, Empty_constants_are_moved_as_others_are) {
  const auto empty = [](Graph& g) { return g.constant(Floats{}, {0, 2}); };
  const std::vector<Arg> args{f32({1, 2}, {1, 2})};
  EXPECT_TRUE(same(run(args,
                       [&](Graph& g, const Tensors& in) {
                         return g.concat({empty(g), in[0], empty(g)}, 0);
                       }),
                   f32({1, 2}, {1, 2})));
  EXPECT_TRUE(same(run({},
                       [&](Graph& g, const Tensors&) {
                         return g.reshape(empty(g), {3, 0});
                       }),
                   zeros(WEFT_F32, {3, 0})));
  EXPECT_TRUE(same(run({},
                       [&](Graph& g, const Tensors&) {
                         return g.transpose(empty(g), {1, 0});
                       }),
                   zeros(WEFT_F32, {2, 0})));
  EXPECT_TRUE(
      same(run({}, [&](Graph& g, const Tensors&) { return g.scatter(empty(g), g.constant(Ints{}, {0}), empty(g)); }),
           zeros(WEFT_F32, {0, 2})));
}

TEST_P(Layout, Concat_adds_symbols_and_sizes) {
  const Array y = run({{counting({3, 2}), {"T", "2"}},
                       {counting({2, 2}), {"S", "2"}},
                       counting({1, 2}),
                       {counting({3, 2}), {"T", "2"}}},
                      concat(0));
  EXPECT_TRUE(same(y, i32({9, 2}, {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 0, 1, 0, 1, 2, 3, 4, 5})));
  EXPECT_TRUE(same(run({{zeros(WEFT_U8, {0}), {"T"}}, {zeros(WEFT_U8, {0}), {"T"}}}, concat(0)), zeros(WEFT_U8, {0})));
  EXPECT_TRUE(same(run({u8({2}, {1, 0})}, concat(0)), u8({2}, {1, 0})));
}

TEST_P(Layout, Slice_cuts_every_axis) {
  const Array x = counting({3, 4, 5});
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (int64_t start = 0; start <= x.dims[axis]; ++start) {
      for (int64_t size = 0; size <= x.dims[axis] - start; ++size) {
        Dims d = x.dims;
        d[axis] = size;
        const Array expected = picked(x, d, [&](Dims at) { return at[axis] += start, at; });
        EXPECT_TRUE(same(run({x}, slice(static_cast<int64_t>(axis), start, size)), expected));
      }
    }
  }
}

TEST_P(Layout, Slice_takes_a_symbolic_size_and_a_piece_of_a_symbolic_axis) {
  const Array y = run({{counting({4}), {"S"}}, {counting({5}), {"N"}}}, [](Graph& g, const Tensors& in) {
    return g.slice(g.concat({in[0], g.constant(Ints{9}, {1})}, 0), 0, 1, g.dims(in[0])[0]);
  });
  EXPECT_TRUE(same(y, i32({4}, {1, 2, 3, 9})));
  EXPECT_TRUE(same(run({{counting({7}), {"T"}}}, slice(0, 2, 3)), i32({3}, {2, 3, 4})));
}

TEST_P(Layout, Slice_past_the_actual_end_is_an_error) {
  EXPECT_EQ(failure({{counting({3}), {"T"}}}, slice(0, 2, 2)), Code::kOutOfRange);
  EXPECT_EQ(failure({{counting({0}), {"T"}}}, slice(0, 0, 1)), Code::kOutOfRange);
  EXPECT_EQ(failure({{counting({3}), {"T"}}}, slice(0, 60, 0)), Code::kOutOfRange);
  EXPECT_EQ(refusal({counting({3})}, slice(0, 2, 2)), Code::kInvalidArgument);
}

TEST_P(Layout, Pad_surrounds_with_its_value_on_every_axis) {
  const Array x = random({2, 3, 2}, 7);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (int64_t before : {0, 1, 3}) {
      for (int64_t after : {0, 2}) {
        Dims d = x.dims;
        d[axis] += before + after;
        Floats expected;
        each_index(d, [&](Dims at) {
          at[axis] -= before;
          const bool inside = at[axis] >= 0 && at[axis] < x.dims[axis];
          expected.push_back(inside ? x.f()[offset(x.dims, at)] : -kInf);
        });
        EXPECT_TRUE(same(run({x}, pad(static_cast<int64_t>(axis), before, after, -kInf)), f32(d, expected)));
      }
    }
  }
}

TEST_P(Layout, Pad_takes_every_dtype_symbols_and_no_elements) {
  EXPECT_TRUE(same(run({i32({1}, {5})}, pad(0, 1, 1, 16777217)), i32({3}, {16777217, 5, 16777217})));
  EXPECT_TRUE(same(run({i32({1}, {5})}, pad(0, 1, 0, -3)), i32({2}, {-3, 5})));
  EXPECT_TRUE(same(run({u8({1}, {0})}, pad(0, 1, 2, 1)), u8({4}, {1, 0, 1, 1})));
  EXPECT_TRUE(same(run({{zeros(WEFT_F32, {0}), {"T"}}}, pad(0, 2, 1, 1.5)), f32({3}, {1.5f, 1.5f, 1.5f})));
  EXPECT_TRUE(same(run({zeros(WEFT_F32, {0, 2})}, pad(1, 1, 1, 4)), zeros(WEFT_F32, {0, 4})));
  const Array y = run({i32({1}, {5})}, [](Graph& g, const Tensors& in) {
    return g.node("pad", {in[0]}, {Attr::i64("axis", 0), Attr::i64("before", 1), Attr::i64("after", 0)});
  });
  EXPECT_TRUE(same(y, i32({2}, {0, 5})));
}

TEST_P(Layout, Pad_and_iota_turn_values_into_integers_as_cast_does) {
  EXPECT_TRUE(same(run({i32({1}, {5})}, pad(0, 1, 0, 1e10)), i32({2}, {INT32_MAX, 5})));
  EXPECT_TRUE(same(run({i32({1}, {5})}, pad(0, 1, 0, -2.9)), i32({2}, {-2, 5})));
  EXPECT_TRUE(same(run({u8({1}, {5})}, pad(0, 1, 0, -1)), u8({2}, {0, 5})));
  EXPECT_TRUE(same(run({i32({1}, {5})}, pad(0, 1, 0, kNaN)), i32({2}, {0, 5})));
  EXPECT_TRUE(same(run({}, iota({3}, 0, WEFT_I32, {Attr::f64("start", -1.5), Attr::f64("step", 2e9)})),
                   i32({3}, {-1, 1999999998, INT32_MAX})));
}

TEST_P(Layout, Iota_counts_along_its_axis) {
  EXPECT_TRUE(same(run({}, iota({2, 3}, 1, WEFT_I32)), i32({2, 3}, {0, 1, 2, 0, 1, 2})));
  EXPECT_TRUE(same(run({}, iota({2, 3}, 0, WEFT_F32)), f32({2, 3}, {0, 0, 0, 1, 1, 1})));
  EXPECT_TRUE(same(run({}, iota({2, 0}, 1, WEFT_F32)), zeros(WEFT_F32, {2, 0})));
  EXPECT_TRUE(same(run({}, iota({1, 1, 1, 1, 1, 1, 1, 3}, 7, WEFT_I32)), i32({1, 1, 1, 1, 1, 1, 1, 3}, {0, 1, 2})));
}

TEST_P(Layout, Iota_takes_start_and_step) {
  EXPECT_TRUE(
      same(run({}, iota({4}, 0, WEFT_I32, {Attr::f64("start", 10), Attr::f64("step", -3)})), i32({4}, {10, 7, 4, 1})));
  EXPECT_TRUE(same(run({}, iota({3}, 0, WEFT_F32, {Attr::f64("start", 0.1), Attr::f64("step", 0.3)})),
                   f32({3}, {0.1f, static_cast<float>(0.1 + 0.3), static_cast<float>(0.1 + 0.3 * 2)})));
  EXPECT_TRUE(same(run({}, iota({2}, 0, WEFT_I32, {Attr::f64("start", 16777217)})), i32({2}, {16777217, 16777218})));
}

TEST_P(Layout, Iota_takes_a_symbol) {
  for (int64_t T : {0, 1, 63}) {
    const Array y =
        run({{zeros(WEFT_F32, {T}), {"T"}}}, [](Graph& g, const Tensors& in) { return g.iota({g.dims(in[0])[0]}, 0); });
    EXPECT_TRUE(same(y, counting({T})));
  }
}

TEST_P(Layout, Floats_of_16_bits_move_as_floats_of_32_do) {
  const Array x = random_i32({2, 3, 4}, 1, -99, 99);
  const Floats values(x.i().begin(), x.i().end());
  for (const One& op : {reshape({4, 6}), transpose({2, 0, 1}), concat(1), slice(2, 1, 2), pad(0, 1, 2, -0.5)}) {
    const Array expected = run({f32(x.dims, values)}, op);
    EXPECT_TRUE(same(run({f16(x.dims, values)}, op), f16(expected.dims, expected.f())));
    EXPECT_TRUE(same(run({bf16(x.dims, values)}, op), bf16(expected.dims, expected.f())));
  }
  EXPECT_TRUE(same(run({f16({1, 2}, {1, 2})}, broadcast({2, 2})), f16({2, 2}, {1, 2, 1, 2})));
  EXPECT_TRUE(same(run({bf16({1}, {1})}, pad(0, 0, 1, 1 + 0x1.1p-8)), bf16({2}, {1, 1 + 0x1p-7f})));
  EXPECT_TRUE(same(run({{f16({3, 1}, {1, 2, 3}), {"T", "1"}}}, concat(0)), f16({3, 1}, {1, 2, 3})));
}

}  // namespace
}  // namespace weft::conformance
