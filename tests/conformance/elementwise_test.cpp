// Unary and binary ops, compare, select, cast.
#include <cmath>

#include "tests/conformance/conformance.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Elementwise);

One op(std::string name) {
  return [name](Graph& g, const Tensors& in) { return g.node(name, in, {}); };
}
One compare(sdk::Compare kind) {
  return [kind](Graph& g, const Tensors& in) { return g.compare(kind, in[0], in[1]); };
}
One select() {
  return [](Graph& g, const Tensors& in) { return g.select(in[0], in[1], in[2]); };
}
One cast(uint32_t dtype) {
  return [dtype](Graph& g, const Tensors& in) { return g.cast(in[0], dtype); };
}

TEST_P(Elementwise, Unary_ops_compute_their_functions) {
  const std::vector<std::pair<std::string, double (*)(double)>> functions = {
      {"neg", [](double x) { return -x; }},
      {"exp", [](double x) { return std::exp(x); }},
      {"expm1", [](double x) { return std::expm1(x); }},
      {"log", [](double x) { return std::log(x); }},
      {"log1p", [](double x) { return std::log1p(x); }},
      {"sqrt", [](double x) { return std::sqrt(x); }},
      {"rsqrt", [](double x) { return 1 / std::sqrt(x); }},
      {"sin", [](double x) { return std::sin(x); }},
      {"cos", [](double x) { return std::cos(x); }},
      {"tanh", [](double x) { return std::tanh(x); }},
      {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"erf", [](double x) { return std::erf(x); }},
      {"floor", [](double x) { return std::floor(x); }},
      {"round", [](double x) { return std::nearbyint(x); }}};
  for (const auto& [name, f] : functions) {
    const bool positive = name == "log" || name == "sqrt" || name == "rsqrt" || name == "log1p";
    const Array x = random({7, 13}, 1, positive ? 0.01f : -4.0f, 4.0f);
    Array expected = x;
    for (float& v : std::get<Floats>(expected.values)) v = static_cast<float>(f(v));
    EXPECT_TRUE(close(run({{x, {"T", "13"}}}, op(name)), expected)) << name;
    EXPECT_TRUE(same(run({{zeros(WEFT_F32, {0, 5}), {"T", "5"}}}, op(name)), zeros(WEFT_F32, {0, 5}))) << name;
  }
}

TEST_P(Elementwise, Small_arguments_keep_their_digits) {
  const Array x = f32({4}, {1e-6f, -1e-6f, 1e-20f, 0});
  auto relative = [&](const Array& y) {
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(y.f().at(i), x.f()[i], 1e-5 * std::abs(x.f()[i]));
  };
  relative(run({x}, op("expm1")));
  relative(run({x}, op("log1p")));
}

TEST_P(Elementwise, Unary_ops_keep_infinities_and_NaN) {
  const Array x = f32({3}, {-kInf, kInf, kNaN});
  EXPECT_TRUE(same(run({x}, op("neg")), f32({3}, {kInf, -kInf, kNaN})));
  EXPECT_TRUE(same(run({x}, op("exp")), f32({3}, {0, kInf, kNaN})));
  EXPECT_TRUE(same(run({x}, op("expm1")), f32({3}, {-1, kInf, kNaN})));
  EXPECT_TRUE(same(run({x}, op("log")), f32({3}, {kNaN, kInf, kNaN})));
  EXPECT_TRUE(same(run({x}, op("sqrt")), f32({3}, {kNaN, kInf, kNaN})));
  EXPECT_TRUE(same(run({x}, op("rsqrt")), f32({3}, {kNaN, 0, kNaN})));
  EXPECT_TRUE(same(run({x}, op("sin")), f32({3}, {kNaN, kNaN, kNaN})));
  EXPECT_TRUE(same(run({x}, op("tanh")), f32({3}, {-1, 1, kNaN})));
  EXPECT_TRUE(same(run({x}, op("sigmoid")), f32({3}, {0, 1, kNaN})));
  EXPECT_TRUE(same(run({x}, op("erf")), f32({3}, {-1, 1, kNaN})));
  EXPECT_TRUE(same(run({x}, op("floor")), x));
  EXPECT_TRUE(same(run({x}, op("round")), x));
}

TEST_P(Elementwise, Log_and_rsqrt_of_zero_are_infinite) {
  EXPECT_TRUE(same(run({f32({1}, {0})}, op("log")), f32({1}, {-kInf})));
  EXPECT_TRUE(same(run({f32({1}, {-1})}, op("log1p")), f32({1}, {-kInf})));
  EXPECT_TRUE(same(run({f32({1}, {0})}, op("rsqrt")), f32({1}, {kInf})));
}

TEST_P(Elementwise, Round_goes_half_to_even) {
  const Array x = f32({10}, {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 0.49999997f, 8388609.0f, 1e30f, 3.7f});
  EXPECT_TRUE(same(run({x}, op("round")), f32({10}, {0, 2, 2, 0, -2, -2, 0, 8388609.0f, 1e30f, 4})));
}

TEST_P(Elementwise, Floor_goes_down) {
  EXPECT_TRUE(same(run({f32({4}, {-0.5f, 0.5f, -2, 2.99f})}, op("floor")), f32({4}, {-1, 0, -2, 2})));
}

TEST_P(Elementwise, Integer_neg_wraps_around) {
  EXPECT_TRUE(same(run({i32({4}, {0, 5, -7, INT32_MIN})}, op("neg")), i32({4}, {0, -5, 7, INT32_MIN})));
}

TEST_P(Elementwise, Float_arithmetic_is_that_of_f32) {
  const Array a = f32({5}, {1, -7, 3e38f, 0, kInf}), b = f32({5}, {3, 2, 3e38f, 0, kInf});
  EXPECT_TRUE(same(run({a, b}, op("add")), f32({5}, {4, -5, kInf, 0, kInf})));
  EXPECT_TRUE(same(run({a, b}, op("sub")), f32({5}, {-2, -9, 0, 0, kNaN})));
  EXPECT_TRUE(same(run({a, b}, op("mul")), f32({5}, {3, -14, kInf, 0, kInf})));
  EXPECT_TRUE(same(run({a, b}, op("div")), f32({5}, {1.0f / 3.0f, -3.5f, 1, kNaN, kNaN})));
  EXPECT_TRUE(same(run({f32({2}, {1, -1}), f32({2}, {0, 0})}, op("div")), f32({2}, {kInf, -kInf})));
}

TEST_P(Elementwise, Pow_has_its_special_values) {
  const Array a = f32({7}, {2, -2, -2, 0, 0, kNaN, 4}), b = f32({7}, {10, 3, 0.5f, 0, -1, 0, -0.5f});
  EXPECT_TRUE(close(run({a, b}, op("pow")), f32({7}, {1024, -8, kNaN, 1, kInf, 1, 0.5f})));
}

TEST_P(Elementwise, Integer_arithmetic_wraps_around) {
  const Array a = i32({3}, {INT32_MAX, INT32_MIN, 65536}), b = i32({3}, {1, 1, 65536});
  EXPECT_TRUE(same(run({a, b}, op("add")), i32({3}, {INT32_MIN, INT32_MIN + 1, 131072})));
  EXPECT_TRUE(same(run({a, b}, op("sub")), i32({3}, {INT32_MAX - 1, INT32_MAX, 0})));
  EXPECT_TRUE(same(run({a, b}, op("mul")), i32({3}, {INT32_MAX, INT32_MIN, 0})));
}

TEST_P(Elementwise, Integer_division_floors) {
  const Array a = i32({9}, {7, -7, 7, -7, 6, -6, 0, INT32_MIN, INT32_MIN}),
              b = i32({9}, {2, 2, -2, -2, 3, 3, -5, 2, INT32_MAX});
  EXPECT_TRUE(same(run({a, b}, op("div")), i32({9}, {3, -4, -4, 3, 2, -2, 0, INT32_MIN / 2, -2})));
}

TEST_P(Elementwise, Min_and_max_pass_NaN_from_both_sides) {
  const Array a = f32({5}, {kNaN, 1, kNaN, -kInf, 2}), b = f32({5}, {1, kNaN, kNaN, kInf, 3});
  EXPECT_TRUE(same(run({a, b}, op("min")), f32({5}, {kNaN, kNaN, kNaN, -kInf, 2})));
  EXPECT_TRUE(same(run({a, b}, op("max")), f32({5}, {kNaN, kNaN, kNaN, kInf, 3})));
  const Array c = i32({3}, {INT32_MIN, 4, -1}), d = i32({3}, {INT32_MAX, 4, -2});
  EXPECT_TRUE(same(run({c, d}, op("min")), i32({3}, {INT32_MIN, 4, -2})));
  EXPECT_TRUE(same(run({c, d}, op("max")), i32({3}, {INT32_MAX, 4, -1})));
}

TEST_P(Elementwise, Binary_ops_stretch_size_one_on_every_axis_of_both_sides) {
  const Dims full{2, 3, 5};
  for (unsigned mask_a = 0; mask_a < 8; ++mask_a) {
    for (unsigned mask_b = 0; mask_b < 8; ++mask_b) {
      Dims da = full, db = full, dy = full;
      for (std::size_t i = 0; i < 3; ++i) {
        if (mask_a >> i & 1u) da[i] = 1;
        if (mask_b >> i & 1u) db[i] = 1;
        dy[i] = std::max(da[i], db[i]);
      }
      const Array a = random_i32(da, mask_a, -99, 99), b = random_i32(db, 8 + mask_b, -99, 99);
      Ints expected;
      each_index(dy, [&](const Dims& at) { expected.push_back(a.i()[offset(da, at)] - b.i()[offset(db, at)]); });
      EXPECT_TRUE(same(run({a, b}, op("sub")), i32(dy, expected)));
    }
  }
}

TEST_P(Elementwise, Binary_ops_take_rank_zero_to_eight) {
  Dims d;
  for (int64_t rank = 0; rank <= 8; ++rank) {
    const Array a = random(d, 1), b = random(d, 2);
    Floats expected;
    for (std::size_t i = 0; i < a.size(); ++i) expected.push_back(a.f()[i] * b.f()[i]);
    EXPECT_TRUE(same(run({a, b}, op("mul")), f32(d, expected)));
    d.push_back(rank % 3 + 1);
  }
}

TEST_P(Elementwise, Sides_are_stretched_along_every_other_of_eight_axes) {
  const Dims da{2, 1, 2, 1, 3, 1, 2, 1}, db{1, 3, 1, 2, 1, 2, 1, 2}, dm{1, 1, 2, 2, 1, 1, 2, 2};
  const Array a = random(da, 1), b = random(db, 2);
  Mask mask;
  Floats sums, chosen;
  each_index(dm, [&](const Dims&) { mask.push_back(mask.size() % 3 == 0); });
  each_index({2, 3, 2, 2, 3, 2, 2, 2}, [&](const Dims& at) {
    const float p = a.f()[offset(da, at)], q = b.f()[offset(db, at)];
    sums.push_back(p + q), chosen.push_back(mask[offset(dm, at)] != 0 ? p : q);
  });
  EXPECT_TRUE(same(run({a, b}, op("add")), f32({2, 3, 2, 2, 3, 2, 2, 2}, sums)));
  EXPECT_TRUE(same(run({u8(dm, mask), a, b}, select()), f32({2, 3, 2, 2, 3, 2, 2, 2}, chosen)));
}

TEST_P(Elementwise, Binary_ops_take_symbols_and_no_elements) {
  for (int64_t T : {0, 1, 3, 63}) {
    const Array a = random({T, 3}, 3), b = random({1, 3}, 4);
    Floats expected;
    each_index({T, 3},
               [&](const Dims& at) { expected.push_back(a.f()[offset(a.dims, at)] + b.f()[offset(b.dims, at)]); });
    EXPECT_TRUE(same(run({{a, {"T", "3"}}, b}, op("add")), f32({T, 3}, expected))) << T;
    EXPECT_TRUE(same(run({b, {a, {"T", "3"}}}, op("add")), f32({T, 3}, expected))) << T;
  }
  EXPECT_TRUE(same(run({zeros(WEFT_F32, {0, 1}), zeros(WEFT_F32, {1, 0})}, op("min")), zeros(WEFT_F32, {0, 0})));
}

TEST_P(Elementwise, Constants_are_arguments_like_others_and_may_be_empty) {
  EXPECT_TRUE(same(run({f32({2}, {1, 2})}, [](Graph& g, const Tensors& in) { return g.mul(in[0], g.scalar(3, 1)); }),
                   f32({2}, {3, 6})));
  EXPECT_TRUE(same(run({zeros(WEFT_F32, {0, 2})},
                       [](Graph& g, const Tensors& in) {
                         return g.add(in[0], g.constant(Floats{}, {0, 2}));
                       }),
                   zeros(WEFT_F32, {0, 2})));
}

TEST_P(Elementwise, Compare_gives_masks_and_NaN_is_unequal_to_all) {
  using sdk::Compare;
  const Array a = f32({4}, {1, 2, 3, kNaN}), b = f32({4}, {2, 2, 2, kNaN});
  EXPECT_TRUE(same(run({a, b}, compare(Compare::kEq)), u8({4}, {0, 1, 0, 0})));
  EXPECT_TRUE(same(run({a, b}, compare(Compare::kNe)), u8({4}, {1, 0, 1, 1})));
  EXPECT_TRUE(same(run({a, b}, compare(Compare::kLt)), u8({4}, {1, 0, 0, 0})));
  EXPECT_TRUE(same(run({a, b}, compare(Compare::kLe)), u8({4}, {1, 1, 0, 0})));
  EXPECT_TRUE(same(run({a, b}, compare(Compare::kGt)), u8({4}, {0, 0, 1, 0})));
  EXPECT_TRUE(same(run({a, b}, compare(Compare::kGe)), u8({4}, {0, 1, 1, 0})));
}

TEST_P(Elementwise, Compare_takes_integers_and_masks_and_broadcasts) {
  using sdk::Compare;
  EXPECT_TRUE(same(run({i32({2, 1}, {INT32_MIN, 16777217}), i32({1, 2}, {16777216, INT32_MAX})}, compare(Compare::kLt)),
                   u8({2, 2}, {1, 1, 0, 1})));
  EXPECT_TRUE(same(run({u8({3}, {0, 1, 1}), u8({3}, {0, 0, 1})}, compare(Compare::kNe)), u8({3}, {0, 1, 0})));
  EXPECT_TRUE(
      same(run({zeros(WEFT_F32, {2, 0}), zeros(WEFT_F32, {1, 0})}, compare(Compare::kEq)), zeros(WEFT_U8, {2, 0})));
}

TEST_P(Elementwise, Select_broadcasts_all_three) {
  const Dims d{2, 3, 4};
  for (std::size_t small = 0; small < 3; ++small) {      // the argument that is stretched
    for (std::size_t axis = 0; axis < 3; ++axis) {       // the axis on which it has size 1
      std::vector<Dims> dims(3, d);
      dims[small][axis] = 1;
      Array mask = zeros(WEFT_U8, dims[0]);
      for (std::size_t i = 0; i < mask.size(); ++i) std::get<Mask>(mask.values)[i] = i % 3 == 0;
      const Array a = random(dims[1], 5), b = random(dims[2], 6);
      Floats expected;
      each_index(d, [&](const Dims& at) {
        const bool first = std::get<Mask>(mask.values)[offset(mask.dims, at)] != 0;
        expected.push_back(first ? a.f()[offset(a.dims, at)] : b.f()[offset(b.dims, at)]);
      });
      EXPECT_TRUE(same(run({mask, a, b}, select()), f32(d, expected)));
    }
  }
}

TEST_P(Elementwise, Select_takes_every_dtype_and_does_not_touch_what_it_leaves) {
  const Array mask = u8({2}, {1, 0});
  EXPECT_TRUE(same(run({mask, f32({2}, {1, kNaN}), f32({2}, {kNaN, 2})}, select()), f32({2}, {1, 2})));
  EXPECT_TRUE(same(run({mask, i32({2}, {1, 2}), i32({2}, {3, 4})}, select()), i32({2}, {1, 4})));
  EXPECT_TRUE(same(run({mask, u8({2}, {1, 1}), u8({2}, {0, 0})}, select()), u8({2}, {1, 0})));
  EXPECT_TRUE(same(run({u8({}, {1}), f32({}, {5}), f32({}, {6})}, select()), f32({}, {5})));
  EXPECT_TRUE(
      same(run({zeros(WEFT_U8, {0}), zeros(WEFT_F32, {0}), zeros(WEFT_F32, {0})}, select()), zeros(WEFT_F32, {0})));
}

TEST_P(Elementwise, Cast_to_i32_truncates_saturates_and_makes_NaN_zero) {
  const Array x = f32({9}, {1.9f, -1.9f, 2147483648.0f, -2147483648.0f, 1e30f, -1e30f, kInf, -kInf, kNaN});
  EXPECT_TRUE(same(run({x}, cast(WEFT_I32)),
                   i32({9}, {1, -1, INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, 0})));
  EXPECT_TRUE(
      same(run({f32({2}, {2147483520.0f, -2147483520.0f})}, cast(WEFT_I32)), i32({2}, {2147483520, -2147483520})));
}

TEST_P(Elementwise, Cast_to_u8_truncates_saturates_and_makes_NaN_zero) {
  EXPECT_TRUE(same(run({f32({7}, {0.9f, 1, 255.9f, 256, -1, kInf, kNaN})}, cast(WEFT_U8)),
                   u8({7}, {0, 1, 255, 255, 0, 255, 0})));
  EXPECT_TRUE(same(run({i32({4}, {-1, 0, 255, 256})}, cast(WEFT_U8)), u8({4}, {0, 0, 255, 255})));
}

TEST_P(Elementwise, Cast_from_integers_and_to_the_same_dtype_keeps_values) {
  EXPECT_TRUE(same(run({i32({4}, {-5, 0, 16777216, INT32_MIN})}, cast(WEFT_F32)),
                   f32({4}, {-5, 0, 16777216.0f, -2147483648.0f})));
  EXPECT_TRUE(same(run({i32({1}, {16777217})}, cast(WEFT_F32)), f32({1}, {16777216.0f})));  // nearest, ties to even
  EXPECT_TRUE(same(run({u8({3}, {0, 1, 255})}, cast(WEFT_F32)), f32({3}, {0, 1, 255})));
  EXPECT_TRUE(same(run({u8({2}, {0, 255})}, cast(WEFT_I32)), i32({2}, {0, 255})));
  EXPECT_TRUE(same(run({f32({3}, {1.5f, kNaN, -kInf})}, cast(WEFT_F32)), f32({3}, {1.5f, kNaN, -kInf})));
  EXPECT_TRUE(same(run({i32({1}, {INT32_MAX})}, cast(WEFT_I32)), i32({1}, {INT32_MAX})));
  EXPECT_TRUE(same(run({u8({1}, {1})}, cast(WEFT_U8)), u8({1}, {1})));
  EXPECT_TRUE(same(run({zeros(WEFT_I32, {3, 0})}, cast(WEFT_F32)), zeros(WEFT_F32, {3, 0})));
}

TEST_P(Elementwise, Cast_to_floats_of_16_bits_rounds_to_nearest_and_ties_to_even) {
  const Floats x = {1,      1 + 0x1p-11f, 1 + 0x3p-11f, 1 + 0x1.1p-11f, 65519, 65520,
                    -1e30f, 0x1p-24f,     0x1p-25f,     -0.0f,          kNaN};
  EXPECT_TRUE(same(run({f32({11}, x)}, cast(WEFT_F16)),
                   f16({11}, {1, 1, 1 + 0x1p-9f, 1 + 0x1p-10f, 65504, kInf, -kInf, 0x1p-24f, 0, -0.0f, kNaN})));
  const Floats y = {1, 1 + 0x1p-8f, 1 + 0x3p-8f, 1 + 0x1.1p-8f, 0x1.ffp127f, -kInf, 0x1p-133f, 0x1p-134f, kNaN};
  EXPECT_TRUE(same(run({f32({9}, y)}, cast(WEFT_BF16)),
                   bf16({9}, {1, 1, 1 + 0x1p-6f, 1 + 0x1p-7f, kInf, -kInf, 0x1p-133f, 0, kNaN})));
}

TEST_P(Elementwise, Casts_between_floats_of_16_bits_and_all_others_go_through_f32) {
  EXPECT_TRUE(same(run({f16({3}, {65504, -0x1p-24f, kNaN})}, cast(WEFT_F32)), f32({3}, {65504, -0x1p-24f, kNaN})));
  EXPECT_TRUE(same(run({bf16({2}, {0x1p127f, -3})}, cast(WEFT_F32)), f32({2}, {0x1p127f, -3})));
  EXPECT_TRUE(same(run({bf16({2}, {0x1p127f, -3})}, cast(WEFT_F16)), f16({2}, {kInf, -3})));
  EXPECT_TRUE(same(run({f16({2}, {1 + 0x1p-10f, 2})}, cast(WEFT_BF16)), bf16({2}, {1, 2})));
  EXPECT_TRUE(same(run({f16({4}, {-1.75f, 3.5f, kInf, kNaN})}, cast(WEFT_I32)), i32({4}, {-1, 3, INT32_MAX, 0})));
  EXPECT_TRUE(same(run({bf16({3}, {-1, 7.5f, 300})}, cast(WEFT_U8)), u8({3}, {0, 7, 255})));
  EXPECT_TRUE(same(run({i32({3}, {2049, 65520, -1})}, cast(WEFT_F16)), f16({3}, {2048, kInf, -1})));
  EXPECT_TRUE(same(run({u8({2}, {0, 255})}, cast(WEFT_BF16)), bf16({2}, {0, 255})));
  EXPECT_TRUE(same(run({f16({1}, {1.5f})}, cast(WEFT_F16)), f16({1}, {1.5f})));
}

TEST_P(Elementwise, Select_takes_floats_of_16_bits) {
  const auto write = [](Graph& g, const Tensors& in) { return g.select(in[0], in[1], in[2]); };
  EXPECT_TRUE(same(run({u8({3}, {1, 0, 1}), f16({3}, {1, 2, 3}), f16({1}, {9})}, write), f16({3}, {1, 9, 3})));
}

TEST_P(Elementwise, Integer_division_by_zero_is_an_error) {
  EXPECT_EQ(failure({i32({1}, {1}), i32({1}, {0})}, op("div")), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weft::conformance
