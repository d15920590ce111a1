// rms_norm, softmax, rope, linear and gated_mlp as the SDK's blocks write them: the composite, its body, naive code.
// attention: attention_test.cpp.
#include <algorithm>
#include <cmath>

#include "tests/conformance/conformance.hpp"
#include "weft/blocks/mlp.hpp"
#include "weft/blocks/norm.hpp"
#include "weft/blocks/rope.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Composites);

TEST_P(Composites, Rms_norm_of_every_rank) {
  const double eps = 1e-6;
  for (const Dims& d : {Dims{7}, Dims{5, 7}, Dims{0, 7}, Dims{3, 2, 33}, Dims{3, 0, 4}, Dims{2, 1, 2, 1, 2, 1, 2, 5},
                        Dims{4, 1}, Dims{2, 0}}) {
    std::vector<std::string> type{d.size() > 1 ? "T" : std::to_string(d[0])};
    for (std::size_t i = 1; i < d.size(); ++i) type.push_back(std::to_string(d[i]));
    const Array x = random(d, 1, -3, 3), w = random({d.back()}, 2);
    const auto y = agreed({{WEFT_F32, type}, {WEFT_F32, {std::to_string(d.back())}}},
                          [&](Graph& g, const Tensors& in) { return Tensors{blocks::rms_norm(g, in[0], in[1], eps)}; },
                          {{x, w}, {}, {}});
    ASSERT_EQ(y.size(), 1u);
    Floats expected;
    for (std::size_t n = d.back() ? static_cast<std::size_t>(d.back()) : 1, r = 0; r < x.size(); r += n) {
      double squares = 0;
      for (std::size_t i = 0; i < n; ++i)
        squares += static_cast<double>(x.f()[r + i]) * static_cast<double>(x.f()[r + i]);
      for (std::size_t i = 0; i < n; ++i) {
        expected.push_back(
            static_cast<float>(static_cast<double>(x.f()[r + i]) / std::sqrt(squares / static_cast<double>(n) + eps) *
                               static_cast<double>(w.f()[i])));
      }
    }
    EXPECT_TRUE(close(y[0], f32(d, expected)));
  }
}

TEST_P(Composites, Rms_norm_of_a_row_of_zeros_is_zero) {
  const auto y = agreed({{WEFT_F32, {"T", "2"}}, {WEFT_F32, {"2"}}},
                        [](Graph& g, const Tensors& in) { return Tensors{blocks::rms_norm(g, in[0], in[1], 1e-5)}; },
                        {{f32({2, 2}, {0, 0, 1e-6f, -1e-6f}), f32({2}, {1, 1})}, {}, {}});
  ASSERT_EQ(y.size(), 1u);
  const auto small = static_cast<float>(1e-6 / std::sqrt(1e-12 + 1e-5));
  EXPECT_TRUE(close(y[0], f32({2, 2}, {0, 0, small, -small})));
}

TEST_P(Composites, Layer_norm_with_and_without_weight_and_bias) {
  const double eps = 1e-5;
  for (const Dims& d : {Dims{5, 7}, Dims{0, 7}, Dims{3, 2, 33}, Dims{4, 1}}) {
    for (int parts : {0, 1, 2}) {  // nothing, weight, weight and bias
      std::vector<std::string> type{"T"};
      for (std::size_t i = 1; i < d.size(); ++i) type.push_back(std::to_string(d[i]));
      const Array x = random(d, 1, -3, 5), w = random({d.back()}, 2), b = random({d.back()}, 3);
      const std::vector<std::string> last{std::to_string(d.back())};
      const auto y = agreed({{WEFT_F32, type}, {WEFT_F32, last}, {WEFT_F32, last}},
                            [&](Graph& g, const Tensors& in) {
                              return Tensors{blocks::layer_norm(g, in[0], parts > 0 ? in[1] : Tensor{},
                                                                parts > 1 ? in[2] : Tensor{}, eps)};
                            },
                            {{x, w, b}, {}, {}});
      ASSERT_EQ(y.size(), 1u);
      Floats expected;
      for (std::size_t n = static_cast<std::size_t>(d.back()), r = 0; r < x.size(); r += n) {
        double mean = 0, variance = 0;
        for (std::size_t i = 0; i < n; ++i) mean += static_cast<double>(x.f()[r + i]) / static_cast<double>(n);
        for (std::size_t i = 0; i < n; ++i)
          variance += std::pow(static_cast<double>(x.f()[r + i]) - mean, 2) / static_cast<double>(n);
        for (std::size_t i = 0; i < n; ++i) {
          const double normed = (static_cast<double>(x.f()[r + i]) - mean) / std::sqrt(variance + eps);
          expected.push_back(static_cast<float>(normed * (parts > 0 ? static_cast<double>(w.f()[i]) : 1) +
                                                (parts > 1 ? static_cast<double>(b.f()[i]) : 0)));
        }
      }
      EXPECT_TRUE(close(y[0], f32(d, expected))) << parts;
    }
  }
}

TEST_P(Composites, Softmax_sums_to_one_and_takes_large_values_and_hidden_ones) {
  const Array x = f32(
      {6, 3}, {1, 2, 3, 1e4f, 1e4f, -1e4f, -kInf, 5, -kInf, -kInf, -kInf, -kInf, -1e30f, -1e30f, -1e30f, 0, kNaN, 1});
  const auto y = agreed({{WEFT_F32, {"T", "3"}}},
                        [](Graph& g, const Tensors& in) { return Tensors{blocks::softmax(g, in[0])}; }, {{x}, {}, {}});
  ASSERT_EQ(y.size(), 1u);
  const double sum = std::exp(-2) + std::exp(-1) + 1;
  const auto part = [&](double e) { return static_cast<float>(std::exp(e) / sum); };
  EXPECT_TRUE(close(y[0], f32({6, 3}, {part(-2), part(-1), part(0), 0.5f, 0.5f, 0, 0, 1, 0, 0, 0, 0, 1 / 3.0f, 1 / 3.0f,
                                       1 / 3.0f, kNaN, kNaN, kNaN})));
}

TEST_P(Composites, Softmax_of_every_rank_and_of_symbolic_rows) {
  for (const Dims& d :
       {Dims{1}, Dims{0}, Dims{37}, Dims{3, 0}, Dims{0, 3}, Dims{2, 3, 65}, Dims{2, 1, 2, 1, 2, 1, 2, 5}}) {
    std::vector<std::string> type;
    for (int64_t n : d) type.push_back(std::to_string(n));
    type[0] = "A", type.back() = "B";  // a symbol is also the axis that is summed over
    const Array x = random(d, 3, -20, 20);
    const auto y =
        agreed({{WEFT_F32, type}}, [](Graph& g, const Tensors& in) { return Tensors{blocks::softmax(g, in[0])}; },
               {{x}, {}, {}}, {.most = 65});
    ASSERT_EQ(y.size(), 1u);
    for (std::size_t n = static_cast<std::size_t>(d.back()), r = 0; r < x.size(); r += n) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(y[0].f()[r + i]);
      EXPECT_NEAR(sum, 1, 1e-5);
    }
  }
}

TEST_P(Composites, Rope_of_both_layouts_rotates_all_of_a_head_or_its_first_part) {
  for (bool interleaved : {false, true}) {
    for (int64_t rotated : {2, 6, 8}) {
      for (int64_t T : {0, 1, 5}) {
        const int64_t H = 3, D = 8, half = rotated / 2;
        const Array x = random({T, H, D}, 4), angle = random({T, half}, 5, -3, 3);
        Array cos = angle, sin = angle;
        for (float& v : std::get<Floats>(cos.values)) v = std::cos(v);
        for (float& v : std::get<Floats>(sin.values)) v = std::sin(v);
        const std::string h = std::to_string(half);
        const blocks::Rope rope{.rotated = rotated, .interleaved = interleaved};
        const auto y = agreed({{WEFT_F32, {"T", "3", "8"}}, {WEFT_F32, {"T", h}}, {WEFT_F32, {"T", h}}},
                              [&](Graph& g, const Tensors& in) {
                                return Tensors{blocks::apply_rope(g, in[0], {in[1], in[2]}, rope)};
                              },
                              {{x, cos, sin}, {}, {}});
        ASSERT_EQ(y.size(), 1u);
        Array expected = x;
        for (int64_t t = 0; t < T; ++t) {
          for (int64_t head = 0; head < H; ++head) {
            for (int64_t i = 0; i < half; ++i) {
              const std::size_t p = offset(x.dims, {t, head, interleaved ? 2 * i : i}),
                                q = offset(x.dims, {t, head, interleaved ? 2 * i + 1 : i + half});
              const double a = static_cast<double>(angle.f()[offset(angle.dims, {t, i})]);
              const double first = static_cast<double>(x.f()[p]), second = static_cast<double>(x.f()[q]);
              std::get<Floats>(expected.values)[p] = static_cast<float>(first * std::cos(a) - second * std::sin(a));
              std::get<Floats>(expected.values)[q] = static_cast<float>(second * std::cos(a) + first * std::sin(a));
            }
          }
        }
        EXPECT_TRUE(close(y[0], expected)) << interleaved << " " << rotated << " " << T;
      }
    }
  }
}

constexpr blocks::Activation kActivations[] = {blocks::Activation::kSilu, blocks::Activation::kGelu,
                                               blocks::Activation::kGeluTanh, blocks::Activation::kRelu,
                                               blocks::Activation::kQuickGelu};

double activation(blocks::Activation a, double x) {
  switch (a) {
    case blocks::Activation::kSilu: return x / (1 + std::exp(-x));
    case blocks::Activation::kGelu: return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case blocks::Activation::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
    case blocks::Activation::kRelu: return std::max(x, 0.0);
    case blocks::Activation::kQuickGelu: return x / (1 + std::exp(-1.702 * x));
  }
  return 0;
}

TEST_P(Composites, Gated_mlp_with_every_activation_with_and_without_bias) {
  using blocks::Activation;
  const int64_t hidden = 6, inner = 17;
  const std::map<std::string, Array> params = {
      {"gate_proj.weight", random({inner, hidden}, 6)},  {"gate_proj.bias", random({inner}, 7)},
      {"up_proj.weight", random({inner, hidden}, 8)},    {"up_proj.bias", random({inner}, 9)},
      {"down_proj.weight", random({hidden, inner}, 10)}, {"down_proj.bias", random({hidden}, 11)}};
  const auto affine = [&](const std::vector<double>& x, const std::string& name, bool bias) {
    const Array &w = params.at(name + ".weight"), &b = params.at(name + ".bias");
    std::vector<double> y;
    for (int64_t o = 0; o < w.dims[0]; ++o) {
      double sum = bias ? static_cast<double>(b.f()[static_cast<std::size_t>(o)]) : 0;
      for (int64_t i = 0; i < w.dims[1]; ++i)
        sum += static_cast<double>(w.f()[offset(w.dims, {o, i})]) * x[static_cast<std::size_t>(i)];
      y.push_back(sum);
    }
    return y;
  };
  for (Activation a : kActivations) {
    for (bool bias : {false, true}) {
      for (int64_t T : {0, 1, 5}) {
        const Array x = random({T, hidden}, 12, -3, 3);
        const auto y = agreed({{WEFT_F32, {"T", "6"}}},
                              [&](Graph& g, const Tensors& in) {
                                return Tensors{blocks::gated_mlp(sdk::Scope(g), in[0], hidden, inner, a, bias)};
                              },
                              {{x}, {}, {}}, {.params = params});
        ASSERT_EQ(y.size(), 1u);
        Floats expected;
        for (int64_t t = 0; t < T; ++t) {
          const std::vector<double> row(x.f().begin() + t * hidden, x.f().begin() + (t + 1) * hidden);
          std::vector<double> gate = affine(row, "gate_proj", bias);
          const std::vector<double> up = affine(row, "up_proj", bias);
          for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = activation(a, gate[i]) * up[i];
          for (double v : affine(gate, "down_proj", bias)) expected.push_back(static_cast<float>(v));
        }
        EXPECT_TRUE(close(y[0], f32({T, hidden}, expected))) << blocks::activation_name(a) << " " << bias << " " << T;
      }
    }
  }
}

/// act(x w' + bias) in doubles; null: none.
Array naive_linear(const Array& x, const Array& w, const Array* bias, const blocks::Activation* act) {
  const int64_t T = x.dims[0], K = w.dims[1], N = w.dims[0];
  Floats y;
  for (int64_t t = 0; t < T; ++t) {
    for (int64_t n = 0; n < N; ++n) {
      double sum = bias != nullptr ? static_cast<double>(bias->f()[static_cast<std::size_t>(n)]) : 0;
      for (int64_t k = 0; k < K; ++k)
        sum += static_cast<double>(x.f()[offset(x.dims, {t, k})]) * static_cast<double>(w.f()[offset(w.dims, {n, k})]);
      y.push_back(static_cast<float>(act != nullptr ? activation(*act, sum) : sum));
    }
  }
  return f32({T, N}, y);
}

TEST_P(Composites, Linear_with_and_without_bias_and_activation_for_few_and_many_tokens) {
  const blocks::Activation gelu = blocks::Activation::kGelu;
  for (const auto& [in, out] : std::vector<std::pair<int64_t, int64_t>>{{6, 17}, {40, 48}, {300, 130}, {7, 1}}) {
    const int64_t K = in, N = out;
    const std::map<std::string, Array> params = {{"weight", random({N, K}, 1)}, {"bias", random({N}, 2)}};
    for (const auto& [bias, act] : std::vector<std::pair<bool, bool>>{{true, false}, {false, true}, {true, true}}) {
      const bool b = bias, a = act;
      const Write write = [=](Graph& g, const Tensors& x) {
        return Tensors{a ? blocks::linear(sdk::Scope(g), x[0], K, N, b, gelu)
                         : blocks::linear(sdk::Scope(g), x[0], K, N, b)};
      };
      for (int64_t T : {0, 1, 8, 9, 15, 33}) {
        const Array x = random({T, K}, 3);
        const auto y = agreed({{WEFT_F32, {"T", std::to_string(K)}}}, write, {{x}, {}, {}}, {.params = params});
        ASSERT_EQ(y.size(), 1u);
        EXPECT_TRUE(close(y[0], naive_linear(x, params.at("weight"), b ? &params.at("bias") : nullptr,
                                             a ? &gelu : nullptr)))
            << K << " " << N << " " << T << " " << b << a;
      }
    }
  }
}

TEST_P(Composites, Linear_of_one_input_by_several_weights_of_other_sizes) {
  const int64_t K = 20;
  std::map<std::string, Array> params;
  const std::vector<int64_t> sizes{33, 16, 1};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    params[std::to_string(i) + ".weight"] = random({sizes[i], K}, static_cast<uint32_t>(4 + i));
    params[std::to_string(i) + ".bias"] = random({sizes[i]}, static_cast<uint32_t>(7 + i));
  }
  const Write write = [&](Graph& g, const Tensors& x) {
    Tensors y;
    for (std::size_t i = 0; i < sizes.size(); ++i)
      y.push_back(blocks::linear(sdk::Scope(g) / static_cast<int64_t>(i), x[0], K, sizes[i], true));
    return y;
  };
  for (int64_t T : {1, 10}) {
    const Array x = random({T, K}, 3);
    const auto y = agreed({{WEFT_F32, {"T", std::to_string(K)}}}, write, {{x}, {}, {}}, {.params = params});
    ASSERT_EQ(y.size(), sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const std::string name = std::to_string(i);
      EXPECT_TRUE(close(y[i], naive_linear(x, params.at(name + ".weight"), &params.at(name + ".bias"), nullptr)));
    }
  }
}

TEST_P(Composites, Linear_of_more_tokens_than_are_read_at_once) {
  const int64_t K = 37, N = 50, T = 1100;
  const std::map<std::string, Array> params = {{"weight", random({N, K}, 1)}, {"bias", random({N}, 2)}};
  const Array x = random({T, K}, 3);
  const auto y = run(runner({{WEFT_F32, {"T", std::to_string(K)}}},
                            [=](Graph& g, const Tensors& in) {
                              return Tensors{blocks::linear(sdk::Scope(g), in[0], K, N, true)};
                            },
                            {.most = T, .params = params})
                         .get(),
                     {{x}, {}, {}});
  ASSERT_EQ(y.size(), 1u);
  EXPECT_TRUE(close(y[0], naive_linear(x, params.at("weight"), &params.at("bias"), nullptr)));
}

TEST_P(Composites, Linear_of_no_values_is_what_follows_from_the_bias) {
  const std::map<std::string, Array> params = {{"weight", zeros(WEFT_F32, {3, 0})}, {"bias", f32({3}, {1, -1, 0})}};
  const auto y = agreed({{WEFT_F32, {"T", "0"}}},
                        [](Graph& g, const Tensors& in) {
                          return Tensors{blocks::linear(sdk::Scope(g), in[0], 0, 3, true, blocks::Activation::kRelu)};
                        },
                        {{zeros(WEFT_F32, {2, 0})}, {}, {}}, {.params = params});
  ASSERT_EQ(y.size(), 1u);
  EXPECT_TRUE(same(y[0], f32({2, 3}, {1, 0, 0, 1, 0, 0})));
}

TEST_P(Composites, Activations_of_every_rank) {
  for (const Dims& d : {Dims{7}, Dims{0, 3}, Dims{2, 3, 65}}) {
    std::vector<std::string> type{d.size() > 1 ? "T" : std::to_string(d[0])};
    for (std::size_t i = 1; i < d.size(); ++i) type.push_back(std::to_string(d[i]));
    const Array x = random(d, 13, -4, 4);
    for (blocks::Activation a : kActivations) {
      const auto y =
          agreed({{WEFT_F32, type}},
                 [&](Graph& g, const Tensors& in) { return Tensors{blocks::activate(g, a, in[0])}; }, {{x}, {}, {}});
      ASSERT_EQ(y.size(), 1u);
      Floats expected;
      for (float v : x.f()) expected.push_back(static_cast<float>(activation(a, static_cast<double>(v))));
      EXPECT_TRUE(close(y[0], f32(d, expected))) << blocks::activation_name(a);
    }
  }
}

TEST_P(Composites, Activations_take_large_arguments) {
  using blocks::Activation;
  const std::map<std::string, Array> params = {
      {"gate_proj.weight", f32({1, 1}, {1})}, {"up_proj.weight", f32({1, 1}, {0})},
      {"up_proj.bias", f32({1}, {1})},        {"gate_proj.bias", f32({1}, {0})},
      {"down_proj.weight", f32({1, 1}, {1})}, {"down_proj.bias", f32({1}, {0})}};
  for (Activation a : kActivations) {
    const auto y = agreed(
        {{WEFT_F32, {"T", "1"}}},
        [&](Graph& g, const Tensors& in) { return Tensors{blocks::gated_mlp(sdk::Scope(g), in[0], 1, 1, a, true)}; },
        {{f32({5, 1}, {-1000, -200, 0, 200, 1000})}, {}, {}}, {.params = params});
    ASSERT_EQ(y.size(), 1u);
    EXPECT_TRUE(close(y[0], f32({5, 1}, {0, 0, 0, 200, 1000}))) << blocks::activation_name(a);
  }
}

}  // namespace
}  // namespace weft::conformance
