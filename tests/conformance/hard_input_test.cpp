// Input that fast kernels get wrong: sizes that no vector divides, no tokens, a vocabulary of one, and
// activations that are not finite, which must reach all that depends on them and nothing else.
#include <cmath>

#include "tests/conformance/conformance.hpp"
#include "weft/blocks/linear.hpp"
#include "weft/blocks/mlp.hpp"
#include "weft/blocks/norm.hpp"
#include "weft/blocks/rope.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(HardInput);

const std::vector<float> kNotFinite = {kNaN, kInf, -kInf};

std::string text(int64_t n) { return std::to_string(n); }

/// The product of x [T,K] and the transposed parameter "weight" [N,K].
Write linear(int64_t K, int64_t N) {
  return [=](Graph& g, const Tensors& in) { return Tensors{blocks::linear(sdk::Scope(g), in[0], K, N, false)}; };
}

Array naive_linear(const Array& x, const Array& w) {
  const Dims d{x.dims[0], w.dims[0]};
  Floats y;
  each_index(d, [&](const Dims& at) {
    double sum = 0;
    for (int64_t k = 0; k < x.dims[1]; ++k) {
      sum += static_cast<double>(x.f()[offset(x.dims, {at[0], k})]) *
             static_cast<double>(w.f()[offset(w.dims, {at[1], k})]);
    }
    y.push_back(static_cast<float>(sum));
  });
  return f32(d, y);
}

/// Expects that results of two inputs that differ in row `bad` alone differ in this row alone.
void expect_equal_outside(const Array& got, const Array& clean, int64_t bad) {
  ASSERT_EQ(got.dims, clean.dims);
  const std::size_t width = got.size() / static_cast<std::size_t>(got.dims[0]);
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (static_cast<int64_t>(i / width) == bad) continue;
    EXPECT_EQ(got.f()[i], clean.f()[i]) << "element " << i << ", row " << bad << " is bad";
  }
}

TEST_P(HardInput, Weights_of_sizes_that_no_vector_divides) {
  for (int64_t K : {1, 3, 17, 33}) {
    for (int64_t N : {1, 3, 17}) {
      const Array w = random({N, K}, 1);
      const auto r = runner({{WEFT_F32, {"T", text(K)}}}, linear(K, N), {.params = {{"weight", w}}});
      for (int64_t T : {0, 1, 3, 8, 9, 17, 33}) {
        const Array x = random({T, K}, 2);
        const auto y = run(r.get(), {{x}, {}, {}});
        ASSERT_EQ(y.size(), 1u);
        EXPECT_TRUE(close(y[0], naive_linear(x, w))) << T << " " << K << " " << N;
      }
    }
  }
}

TEST_P(HardInput, A_gated_mlp_of_sizes_that_no_vector_divides) {
  for (const auto& [hidden, inner] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {3, 17}, {17, 3}, {33, 1}}) {
    const int64_t H = hidden, F = inner;
    const std::map<std::string, Array> params = {{"gate_proj.weight", random({F, H}, 1)},
                                                 {"up_proj.weight", random({F, H}, 2)},
                                                 {"down_proj.weight", random({H, F}, 3)}};
    for (int64_t T : {0, 1, 3, 17}) {
      agreed({{WEFT_F32, {"T", text(H)}}},
             [=](Graph& g, const Tensors& in) {
               return Tensors{blocks::gated_mlp(sdk::Scope(g), in[0], H, F, blocks::Activation::kSilu, false)};
             },
             {{random({T, H}, 4)}, {}, {}}, {.params = params});
    }
  }
}

TEST_P(HardInput, A_vocabulary_of_one) {
  const Array w = random({1, 5}, 1);
  const Write write = [](Graph& g, const Tensors& in) {
    const Tensor table = g.param("table", {1, 5}), x = g.gather(table, in[0]), logits = g.matmul(x, table, true);
    const auto top = g.top_k(logits, 1);
    return Tensors{x, logits, blocks::softmax(g, logits), top[0], top[1]};
  };
  for (const Ints& ids : {Ints{}, Ints{0}, Ints{0, 0, 0}}) {
    const auto T = static_cast<int64_t>(ids.size());
    const auto y = agreed({{WEFT_I32, {"T"}}}, write, {{i32({T}, ids)}, {}, {}}, {.params = {{"table", w}}});
    ASSERT_EQ(y.size(), 5u);
    const Array logits = naive_linear(y[0], w);
    EXPECT_TRUE(close(y[1], logits));
    EXPECT_TRUE(same(y[2], f32({T, 1}, Floats(ids.size(), 1))));
    EXPECT_TRUE(close(y[3], logits));
    EXPECT_TRUE(same(y[4], i32({T, 1}, Ints(ids.size(), 0))));
  }
}

TEST_P(HardInput, Rows_of_a_parameter_for_no_tokens_and_for_none) {
  const Array w = random({3, 17}, 1);
  const auto r = runner({{WEFT_I32, {"T"}}},
                        [](Graph& g, const Tensors& in) {
                          return Tensors{g.gather(g.param("table", {3, 17}), in[0])};
                        },
                        {.params = {{"table", w}}});
  const auto none = run(r.get(), {{zeros(WEFT_I32, {0})}, {}, {}}), y = run(r.get(), {{i32({2}, {-1, 2})}, {}, {}});
  ASSERT_EQ(none.size() + y.size(), 2u);
  EXPECT_TRUE(same(none[0], zeros(WEFT_F32, {0, 17})));
  Floats expected(17, 0);
  expected.insert(expected.end(), w.f().begin() + 34, w.f().end());
  EXPECT_TRUE(same(y[0], f32({2, 17}, expected)));
}

TEST_P(HardInput, What_is_not_finite_passes_through_a_product_and_stays_in_its_row) {
  for (int64_t K : {1, 17, 64}) {
    for (int64_t N : {1, 17}) {
      Array w = random({N, K}, 1, 0.5f, 1);
      for (std::size_t i = 0; i < w.size(); i += 2) std::get<Floats>(w.values)[i] *= -1;
      const auto r = runner({{WEFT_F32, {"T", text(K)}}}, linear(K, N), {.params = {{"weight", w}}});
      for (int64_t T : {1, 3, 20}) {
        const Array x = random({T, K}, 2);
        const auto clean = run(r.get(), {{x}, {}, {}});
        for (float value : kNotFinite) {
          for (int64_t at : {int64_t{0}, K - 1}) {
            const int64_t bad = T / 2;
            Array hard = x;
            std::get<Floats>(hard.values)[offset(x.dims, {bad, at})] = value;
            const auto y = run(r.get(), {{hard}, {}, {}});
            ASSERT_EQ(clean.size() + y.size(), 2u);
            expect_equal_outside(y[0], clean[0], bad);
            for (int64_t n = 0; n < N; ++n) {
              const float got = y[0].f()[offset(y[0].dims, {bad, n})],
                          expected = value * w.f()[offset(w.dims, {n, at})];
              EXPECT_TRUE(std::isnan(expected) ? std::isnan(got) : got == expected)
                  << got << ", expected " << expected << " of " << T << " " << K;
            }
          }
        }
      }
    }
  }
}

TEST_P(HardInput, What_is_not_finite_passes_through_products_of_activations) {
  const One matmul = [](Graph& g, const Tensors& in) { return g.node("matmul", in, {Attr::i64("tb", 1)}); };
  for (float value : kNotFinite) {
    Array a = random({3, 17}, 1), b = random({5, 17}, 2, 0.5f, 1);
    std::get<Floats>(a.values)[17 + 16] = value;  // row 1
    EXPECT_TRUE(close(run({a, b}, matmul), naive_linear(a, b)));
    EXPECT_TRUE(close(run({b, a}, matmul), naive_linear(b, a)));
    const Array w = random({2, 5, 17}, 3, 0.5f, 1);
    const auto y = run({f32({3, 1, 17}, a.f()), w, i32({3, 1}, {1, 0, 1})},
                       [](Graph& g, const Tensors& in) { return g.node("matmul_id", in, {}); });
    ASSERT_EQ(y.size(), 15u);
    for (std::size_t i = 0; i < 15; ++i) EXPECT_EQ(std::isfinite(y.f()[i]), i / 5 != 1) << i;
  }
}

TEST_P(HardInput, What_is_not_finite_makes_its_row_of_a_norm_so_and_no_other) {
  const auto norm = [](Graph& g, const Tensors& in) { return Tensors{blocks::rms_norm(g, in[0], in[1], 1e-6)}; };
  const auto softmax = [](Graph& g, const Tensors& in) { return Tensors{blocks::softmax(g, in[0])}; };
  for (int64_t n : {1, 3, 17, 33}) {
    const Array x = random({3, n}, 1), w = random({n}, 2, 0.5f, 1);
    const ArgType rows{WEFT_F32, {"T", text(n)}}, weight{WEFT_F32, {text(n)}};
    const auto normed = agreed({rows, weight}, norm, {{x, w}, {}, {}}), soft = agreed({rows}, softmax, {{x}, {}, {}});
    for (float value : kNotFinite) {
      for (int64_t at : {int64_t{0}, n - 1}) {
        Array hard = x;
        std::get<Floats>(hard.values)[offset(x.dims, {1, at})] = value;
        const auto y = agreed({rows, weight}, norm, {{hard, w}, {}, {}}), s = agreed({rows}, softmax, {{hard}, {}, {}});
        ASSERT_EQ(normed.size() + soft.size() + y.size() + s.size(), 4u);
        expect_equal_outside(y[0], normed[0], 1);
        expect_equal_outside(s[0], soft[0], 1);
        EXPECT_TRUE(std::isnan(y[0].f()[offset(x.dims, {1, at})]));
        // A softmax hides -inf; a row of -inf alone gives zeros.
        EXPECT_EQ(std::isnan(s[0].f()[offset(x.dims, {1, at})]), value != -kInf);
      }
    }
  }
}

TEST_P(HardInput, What_is_not_finite_passes_through_a_gated_mlp_and_stays_in_its_row) {
  const int64_t H = 17, F = 33;
  const std::map<std::string, Array> params = {{"gate_proj.weight", random({F, H}, 1, 0.5f, 1)},
                                               {"up_proj.weight", random({F, H}, 2, 0.5f, 1)},
                                               {"down_proj.weight", random({H, F}, 3, 0.5f, 1)}};
  using blocks::Activation;
  for (Activation a : {Activation::kSilu, Activation::kGelu, Activation::kGeluTanh, Activation::kRelu}) {
    const auto r = runner(
        {{WEFT_F32, {"T", text(H)}}},
        [=](Graph& g, const Tensors& in) { return Tensors{blocks::gated_mlp(sdk::Scope(g), in[0], H, F, a, false)}; },
        {.params = params});
    for (int64_t T : {1, 3, 20}) {
      const Array x = random({T, H}, 4);
      Array hard = x;
      std::get<Floats>(hard.values)[offset(x.dims, {T / 2, 5})] = kNaN;
      const auto clean = run(r.get(), {{x}, {}, {}}), y = run(r.get(), {{hard}, {}, {}});
      ASSERT_EQ(clean.size() + y.size(), 2u);
      expect_equal_outside(y[0], clean[0], T / 2);
      for (int64_t i = 0; i < H; ++i)
        EXPECT_TRUE(std::isnan(y[0].f()[offset(x.dims, {T / 2, i})])) << blocks::activation_name(a) << " " << T;
    }
  }
}

TEST_P(HardInput, What_is_not_finite_stays_in_its_pair_of_a_rope) {
  for (bool interleaved : {false, true}) {
    Array x = random({2, 1, 6}, 1);
    const Array angle = random({2, 2}, 2, 0.1f, 1);
    std::get<Floats>(x.values)[6] = kNaN;  // element 0 of token 1, which rotates with element 2, or 1 when interleaved
    const auto y = agreed(
        {{WEFT_F32, {"T", "1", "6"}}, {WEFT_F32, {"T", "2"}}, {WEFT_F32, {"T", "2"}}},
        [=](Graph& g, const Tensors& in) {
          return Tensors{blocks::apply_rope(g, in[0], {in[1], in[2]}, {.rotated = 4, .interleaved = interleaved})};
        },
        {{x, angle, angle}, {}, {}});
    ASSERT_EQ(y.size(), 1u);
    for (std::size_t i = 0; i < 12; ++i)
      EXPECT_EQ(std::isnan(y[0].f()[i]), i == 6 || i == (interleaved ? 7u : 8u)) << i;
  }
}

TEST_P(HardInput, Binary_ops_pass_what_is_not_finite_whichever_side_is_stretched) {
  for (const char* op : {"add", "sub", "mul", "div", "min", "max", "pow"}) {
    const One write = [op](Graph& g, const Tensors& in) { return g.node(op, in, {}); };
    Array x = random({3, 19}, 1, 0.5f, 1);
    std::get<Floats>(x.values)[19 + 18] = kNaN;
    for (const Dims& d : {Dims{3, 19}, Dims{1, 19}, Dims{3, 1}, Dims{1, 1}}) {
      const Array other = random(d, 2, 0.5f, 1);
      for (const Array& y : {run({x, other}, write), run({other, x}, write)}) {
        ASSERT_EQ(y.size(), 57u);
        for (std::size_t i = 0; i < 57; ++i) EXPECT_EQ(std::isnan(y.f()[i]), i == 19 + 18) << op << " " << i;
      }
    }
  }
}

}  // namespace
}  // namespace weft::conformance
