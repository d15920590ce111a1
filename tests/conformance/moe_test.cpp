// moe as the SDK's block writes it: the composite, its body, naive code.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/conformance/conformance.hpp"
#include "weft/blocks/moe.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Moe);

struct Naive {
  const blocks::MoeShape& s;
  const std::map<std::string, Array>& params;

  double at(const std::string& name, const Dims& index) const {
    const Array& a = params.at(name);
    return static_cast<double>(a.f()[offset(a.dims, index)]);
  }
  std::vector<double> expert(int64_t e, const std::vector<double>& x) const {
    std::vector<double> y(static_cast<std::size_t>(s.hidden)), h;
    for (int64_t f = 0; f < s.inner; ++f) {
      double gate = s.bias ? at("experts.gate_proj.bias", {e, f}) : 0;
      double up = s.bias ? at("experts.up_proj.bias", {e, f}) : 0;
      for (int64_t i = 0; i < s.hidden; ++i) {
        gate += at("experts.gate_proj.weight", {e, f, i}) * x[static_cast<std::size_t>(i)];
        up += at("experts.up_proj.weight", {e, f, i}) * x[static_cast<std::size_t>(i)];
      }
      if (s.limit > 0) {
        gate = std::min(gate, s.limit), up = std::clamp(up, -s.limit, s.limit);
        h.push_back((up + 1) * gate / (1 + std::exp(-1.702 * gate)));
      } else {
        h.push_back(gate / (1 + std::exp(-gate)) * up);
      }
    }
    for (int64_t i = 0; i < s.hidden; ++i) {
      double sum = s.bias ? at("experts.down_proj.bias", {e, i}) : 0;
      for (int64_t f = 0; f < s.inner; ++f)
        sum += at("experts.down_proj.weight", {e, i, f}) * h[static_cast<std::size_t>(f)];
      y[static_cast<std::size_t>(i)] = sum;
    }
    return y;
  }
  std::vector<double> operator()(const std::vector<double>& x) const {
    std::vector<double> score;
    for (int64_t e = 0; e < s.experts; ++e) {
      double sum = s.bias ? at("gate.bias", {e}) : 0;
      for (int64_t i = 0; i < s.hidden; ++i) sum += at("gate.weight", {e, i}) * x[static_cast<std::size_t>(i)];
      score.push_back(s.sigmoid ? 1 / (1 + std::exp(-sum)) : std::exp(sum));
    }
    const double all = s.sigmoid ? 1 : std::accumulate(score.begin(), score.end(), 0.0);
    for (double& v : score) v /= all;
    std::vector<double> choice = score;
    for (int64_t e = 0; e < s.experts && s.correction; ++e)
      choice[static_cast<std::size_t>(e)] += at("gate.e_score_correction_bias", {e});
    if (s.chosen_groups < s.groups) {  // one group of the best single expert
      const auto best = static_cast<int64_t>(std::max_element(choice.begin(), choice.end()) - choice.begin());
      const int64_t size = s.experts / s.groups;
      for (int64_t e = 0; e < s.experts; ++e) {
        if (e / size != best / size) choice[static_cast<std::size_t>(e)] = -1e9;
      }
    }
    std::vector<int64_t> order(score.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return choice[static_cast<std::size_t>(a)] > choice[static_cast<std::size_t>(b)];
    });
    double total = 0;
    for (int64_t j = 0; j < s.chosen; ++j) total += score[static_cast<std::size_t>(order[static_cast<std::size_t>(j)])];
    std::vector<double> y(static_cast<std::size_t>(s.hidden));
    for (int64_t j = 0; j < s.chosen; ++j) {
      const int64_t e = order[static_cast<std::size_t>(j)];
      const double weight = score[static_cast<std::size_t>(e)] / (s.renormalise ? total : 1) * s.scale;
      const std::vector<double> part = expert(e, x);
      for (std::size_t i = 0; i < y.size(); ++i) y[i] += weight * part[i];
    }
    return y;
  }
};

TEST_P(Moe, Every_way_to_choose_experts) {
  blocks::MoeShape plain;
  plain.hidden = 6, plain.inner = 5, plain.experts = 4, plain.chosen = 2;
  std::vector<blocks::MoeShape> shapes(5, plain);
  shapes[1].renormalise = true, shapes[1].bias = true;
  shapes[2].sigmoid = true, shapes[2].correction = true, shapes[2].scale = 2.5;
  shapes[3].groups = 2, shapes[3].chosen_groups = 1;
  shapes[4].limit = 0.5, shapes[4].bias = true;
  for (const blocks::MoeShape& s : shapes) {
    const int64_t E = s.experts, H = s.hidden, F = s.inner;
    std::map<std::string, Array> params{{"gate.weight", random({E, H}, 1)},
                                        {"experts.gate_proj.weight", random({E, F, H}, 2)},
                                        {"experts.up_proj.weight", random({E, F, H}, 3)},
                                        {"experts.down_proj.weight", random({E, H, F}, 4)}};
    if (s.correction) params["gate.e_score_correction_bias"] = random({E}, 5);
    if (s.bias) {
      params["gate.bias"] = random({E}, 6), params["experts.gate_proj.bias"] = random({E, F}, 7);
      params["experts.up_proj.bias"] = random({E, F}, 8), params["experts.down_proj.bias"] = random({E, H}, 9);
    }
    for (int64_t T : {0, 7}) {
      const Array x = random({T, H}, 10, -2, 2);
      const auto y = agreed({{WEFT_F32, {"T", std::to_string(H)}}},
                            [&](Graph& g, const Tensors& in) { return Tensors{blocks::moe(sdk::Scope(g), in[0], s)}; },
                            {{x}, {}, {}}, {.params = params});
      ASSERT_EQ(y.size(), 1u);
      Floats expected;
      for (int64_t t = 0; t < T; ++t) {
        const std::vector<double> row(x.f().begin() + t * H, x.f().begin() + (t + 1) * H);
        for (double v : Naive{s, params}(row)) expected.push_back(static_cast<float>(v));
      }
      EXPECT_TRUE(close(y[0], f32({T, H}, expected)));
    }
  }
}

}  // namespace
}  // namespace weft::conformance
