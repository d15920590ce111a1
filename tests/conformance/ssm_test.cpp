// causal_conv, selective_scan, weighted_mean and gated_delta as the SDK's blocks write them: the composite, its body,
// and naive code.
#include <cmath>

#include "tests/conformance/conformance.hpp"
#include "weft/blocks/delta.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Ssm);

constexpr int64_t kSlots = 9;

struct Ragged {
  Ints start, slot_in, slot_out;  // [S+1], [S], [T]
  int64_t tokens() const { return static_cast<int64_t>(slot_out.size()); }
};
/// Steps as a session makes them, and others: empty sequences, states kept in the middle of a sequence, dropped, or
/// read again.
const std::vector<Ragged> kSteps = {
    {{0, 5, 5, 6, 9}, {-1, -1, -1, -1}, {-1, -1, 0, -1, 1, 2, -1, -1, 3}},
    {{0, 1, 3, 10}, {1, 2, 3}, {4, -1, 5, -1, -1, 7, -1, -1, -1, 6}},
    {{0, 1, 2}, {0, 6}, {8, -1}}};

Feed feed(std::vector<Array> args, const Ragged& r) {
  const auto S = static_cast<int64_t>(r.slot_in.size());
  const Array zeros = i32({r.tokens()}, Ints(r.slot_out.size(), 0));
  return {std::move(args),
          {{"positions", zeros},
           {"token_seq", zeros},
           {"seq_start", i32({S + 1}, r.start)},
           {"kept.slot_in", i32({S}, r.slot_in)},
           {"kept.slot", i32({r.tokens()}, r.slot_out)}},
          {{"kept:kept", kSlots}, {"Q", r.tokens()}}};
}

/// Calls naive(t, state) for each token of a step in order, where `state` is the sequence's state, which naive updates.
/// `slots` keeps states from step to step; a sequence without one starts from `size` zeros.
template <class Naive>
void in_order(const Ragged& r, std::vector<Floats>& slots, std::size_t size, const Naive& naive) {
  const std::vector<Floats> before = slots;
  for (std::size_t s = 0; s < r.slot_in.size(); ++s) {
    Floats state = r.slot_in[s] < 0 ? Floats(size, 0.0f) : before[static_cast<std::size_t>(r.slot_in[s])];
    for (auto t = static_cast<std::size_t>(r.start[s]); t < static_cast<std::size_t>(r.start[s + 1]); ++t) {
      naive(t, state);
      if (r.slot_out[t] >= 0) slots[static_cast<std::size_t>(r.slot_out[t])] = state;
    }
  }
}

/// Runs all steps by the composite and by its body, each of which keeps its own states, and compares both with
/// `expected`.
template <class Expected>
void expect_steps(OpRunner* composite, OpRunner* body, const std::vector<std::vector<Array>>& args,
                  const Expected& expected) {
  for (std::size_t k = 0; k < kSteps.size(); ++k) {
    for (OpRunner* runner : {composite, body}) {
      const auto y = runner->run(feed(args[k], kSteps[k]));
      ASSERT_TRUE(y.ok()) << y.status().message();
      EXPECT_TRUE(close((*y)[0], expected[k])) << "step " << k << (runner == body ? ", body" : "");
    }
  }
}

TEST_P(Ssm, Causal_convolution_over_ragged_sequences_goes_on_from_step_to_step) {
  for (const auto& [C, K] : {std::pair<int64_t, int64_t>{5, 4}, {37, 3}, {1, 2}, {16, 8}}) {
    for (bool with_bias : {false, true}) {
      const auto c = static_cast<std::size_t>(C), k = static_cast<std::size_t>(K);
      const Array w = random({C, K}, 1), bias = random({C}, 2);
      const std::vector<ArgType> types{{WEFT_F32, {"T", std::to_string(C)}},
                                       {WEFT_F32, {std::to_string(C), std::to_string(K)}},
                                       {WEFT_F32, {std::to_string(C)}}};
      const Write write = [=](Graph& g, const Tensors& in) {
        const blocks::Step step(g, {}, true, {});
        return Tensors{blocks::causal_conv(step, "conv", in[0], in[1], with_bias ? in[2] : Tensor{})};
      };
      const auto composite = runner(types, write), body = runner(types, write, {.inlined = true});
      ASSERT_TRUE(composite && body);
      std::vector<Floats> slots(kSlots);
      std::vector<std::vector<Array>> args;
      std::vector<Array> expected;
      for (const Ragged& r : kSteps) {
        const Array x = random({r.tokens(), C}, static_cast<uint32_t>(args.size()) + 3);
        args.push_back({x, w, bias});
        Floats y(x.size());
        in_order(r, slots, (k - 1) * c, [&](std::size_t t, Floats& state) {
          Floats window = state;
          window.insert(window.end(), x.f().begin() + static_cast<std::ptrdiff_t>(t * c),
                        x.f().begin() + static_cast<std::ptrdiff_t>((t + 1) * c));
          for (std::size_t i = 0; i < c; ++i) {
            y[t * c + i] = with_bias ? bias.f()[i] : 0;
            for (std::size_t j = 0; j < k; ++j) y[t * c + i] += window[j * c + i] * w.f()[i * k + j];
          }
          state.assign(window.begin() + static_cast<std::ptrdiff_t>(c), window.end());
        });
        expected.push_back(f32(x.dims, y));
      }
      expect_steps(composite.get(), body.get(), args, expected);
    }
  }
}

TEST_P(Ssm, Selective_scan_with_decays_a_state_or_a_head_and_groups_of_heads) {
  struct Shape {
    int64_t H, P, G, N, decays;
    bool d;
  };
  for (const Shape& s : {Shape{6, 1, 1, 16, 16, true},
                         {4, 8, 2, 5, 1, true},
                         {3, 2, 1, 33, 33, false},
                         {8, 64, 8, 128, 1, true},
                         {1, 2, 1, 300, 1, false},
                         {1, 1, 1, 1, 1, false}}) {
    const auto text = [](int64_t n) { return std::to_string(n); };
    const std::vector<ArgType> types{{WEFT_F32, {"T", text(s.H), text(s.P)}}, {WEFT_F32, {"T", text(s.H)}},
                                     {WEFT_F32, {text(s.H), text(s.decays)}}, {WEFT_F32, {"T", text(s.G), text(s.N)}},
                                     {WEFT_F32, {"T", text(s.G), text(s.N)}}, {WEFT_F32, {text(s.H)}}};
    const Write write = [=](Graph& g, const Tensors& in) {
      const blocks::Step step(g, {}, true, {});
      return Tensors{blocks::selective_scan(step, "ssm", {in[0], in[1], in[2], in[3], in[4], s.d ? in[5] : Tensor{}})};
    };
    const auto composite = runner(types, write), body = runner(types, write, {.inlined = true});
    ASSERT_TRUE(composite && body);
    const Array a = random({s.H, s.decays}, 1, -3, -0.01f), d = random({s.H}, 2);
    std::vector<Floats> slots(kSlots);
    std::vector<std::vector<Array>> args;
    std::vector<Array> expected;
    for (const Ragged& r : kSteps) {
      const auto seed = static_cast<uint32_t>(args.size()) * 4;
      const Array x = random({r.tokens(), s.H, s.P}, seed + 3), dt = random({r.tokens(), s.H}, seed + 4, 0.001f, 2),
                  b = random({r.tokens(), s.G, s.N}, seed + 5), c = random({r.tokens(), s.G, s.N}, seed + 6);
      args.push_back({x, dt, a, b, c, d});
      Floats y(x.size());
      in_order(r, slots, static_cast<std::size_t>(s.H * s.P * s.N), [&](std::size_t token, Floats& state) {
        const auto t = static_cast<int64_t>(token);
        for (int64_t h = 0; h < s.H; ++h) {
          const double step = static_cast<double>(dt.f()[offset(dt.dims, {t, h})]);
          for (int64_t p = 0; p < s.P; ++p) {
            const double in = static_cast<double>(x.f()[offset(x.dims, {t, h, p})]);
            double sum = s.d ? in * static_cast<double>(d.f()[static_cast<std::size_t>(h)]) : 0;
            for (int64_t n = 0; n < s.N; ++n) {
              const std::size_t shared = offset(b.dims, {t, h / (s.H / s.G), n});
              float& value = state[static_cast<std::size_t>((h * s.P + p) * s.N + n)];
              const double decay =
                  std::exp(step * static_cast<double>(a.f()[offset(a.dims, {h, s.decays == 1 ? 0 : n})]));
              value = static_cast<float>(static_cast<double>(value) * decay +
                                         step * in * static_cast<double>(b.f()[shared]));
              sum += static_cast<double>(value) * static_cast<double>(c.f()[shared]);
            }
            y[offset(x.dims, {t, h, p})] = static_cast<float>(sum);
          }
        }
      });
      expected.push_back(f32(x.dims, y));
    }
    expect_steps(composite.get(), body.get(), args, expected);
  }
}

TEST_P(Ssm, Gated_delta_with_heads_that_share_keys) {
  struct Shape {
    int64_t G, K, H, V;
  };
  for (const Shape& s : {Shape{2, 5, 4, 7}, {1, 1, 1, 1}, {3, 16, 3, 32}}) {
    const auto text = [](int64_t n) { return std::to_string(n); };
    const ArgType key{WEFT_F32, {"T", text(s.G), text(s.K)}}, value{WEFT_F32, {"T", text(s.H), text(s.V)}},
        head{WEFT_F32, {"T", text(s.H)}};
    const Write write = [](Graph& g, const Tensors& in) {
      const blocks::Step step(g, {}, true, {});
      return Tensors{blocks::gated_delta(step, "delta", in[0], in[1], in[2], in[3], in[4])};
    };
    const std::vector<ArgType> types{key, key, value, head, head};
    const auto composite = runner(types, write), body = runner(types, write, {.inlined = true});
    ASSERT_TRUE(composite && body);
    std::vector<Floats> slots(kSlots);
    std::vector<std::vector<Array>> args;
    std::vector<Array> expected;
    for (const Ragged& r : kSteps) {
      const auto seed = static_cast<uint32_t>(args.size()) * 5;
      const Array q = random({r.tokens(), s.G, s.K}, seed + 1),
                  k = random({r.tokens(), s.G, s.K}, seed + 2, -0.5f, 0.5f),
                  v = random({r.tokens(), s.H, s.V}, seed + 3), decay = random({r.tokens(), s.H}, seed + 4, -1, -0.01f),
                  beta = random({r.tokens(), s.H}, seed + 5, 0, 1);
      args.push_back({q, k, v, decay, beta});
      Floats y(v.size());
      in_order(r, slots, static_cast<std::size_t>(s.H * s.K * s.V), [&](std::size_t token, Floats& state) {
        const auto t = static_cast<int64_t>(token);
        const auto at = [](const Array& x, const Dims& i) { return static_cast<double>(x.f()[offset(x.dims, i)]); };
        for (int64_t h = 0; h < s.H; ++h) {
          const int64_t group = h / (s.H / s.G);
          for (int64_t j = 0; j < s.V; ++j) {
            const auto cell = [&](int64_t i) -> float& {
              return state[static_cast<std::size_t>((h * s.K + i) * s.V + j)];
            };
            double read = 0, sum = 0;
            for (int64_t i = 0; i < s.K; ++i) {
              cell(i) = static_cast<float>(static_cast<double>(cell(i)) * std::exp(at(decay, {t, h})));
              read += static_cast<double>(cell(i)) * at(k, {t, group, i});
            }
            for (int64_t i = 0; i < s.K; ++i) {
              cell(i) += static_cast<float>(at(k, {t, group, i}) * at(beta, {t, h}) * (at(v, {t, h, j}) - read));
              sum += static_cast<double>(cell(i)) * at(q, {t, group, i});
            }
            y[offset(v.dims, {t, h, j})] = static_cast<float>(sum);
          }
        }
      });
      expected.push_back(f32(v.dims, y));
    }
    expect_steps(composite.get(), body.get(), args, expected);
  }
}

TEST_P(Ssm, Weighted_mean_of_all_tokens_so_far_also_with_large_keys) {
  constexpr int64_t A = 21;
  const std::vector<ArgType> types{
      {WEFT_F32, {"T", "21"}}, {WEFT_F32, {"T", "21"}}, {WEFT_F32, {"21"}}, {WEFT_F32, {"21"}}};
  const Write write = [](Graph& g, const Tensors& in) {
    const blocks::Step step(g, {}, true, {});
    return Tensors{blocks::weighted_mean(step, "mean", in[0], in[1], in[2], in[3])};
  };
  const auto composite = runner(types, write), body = runner(types, write, {.inlined = true});
  ASSERT_TRUE(composite && body);
  const Array decay = random({A}, 1, -2, -0.01f), first = random({A}, 2);
  std::vector<Floats> slots(kSlots);  // of each state: the keys and values of all tokens that it has seen
  std::vector<std::vector<Array>> args;
  std::vector<Array> expected;
  for (const Ragged& r : kSteps) {
    const auto seed = static_cast<uint32_t>(args.size()) * 2;
    const Array k = random({r.tokens(), A}, seed + 3, -90, 90), v = random({r.tokens(), A}, seed + 4);
    args.push_back({k, v, decay, first});
    Floats y(k.size());
    // `seen`: a row [A] of keys and a row [A] of values for each token so far
    in_order(r, slots, 0, [&](std::size_t t, Floats& seen) {
      const std::size_t n = seen.size() / (2 * A);
      for (std::size_t i = 0; i < A; ++i) {
        const double now = static_cast<double>(k.f()[t * A + i]) + static_cast<double>(first.f()[i]);
        double top = now;
        const auto faded = [&](std::size_t j) {
          return static_cast<double>(seen[2 * j * A + i]) +
                 static_cast<double>(n - 1 - j) * static_cast<double>(decay.f()[i]);
        };
        for (std::size_t j = 0; j < n; ++j) top = std::max(top, faded(j));
        double weight = std::exp(now - top), sum = weight * static_cast<double>(v.f()[t * A + i]);
        for (std::size_t j = 0; j < n; ++j) {
          weight += std::exp(faded(j) - top);
          sum += std::exp(faded(j) - top) * static_cast<double>(seen[(2 * j + 1) * A + i]);
        }
        y[t * A + i] = static_cast<float>(sum / weight);
      }
      seen.insert(seen.end(), k.f().begin() + static_cast<std::ptrdiff_t>(t * A),
                  k.f().begin() + static_cast<std::ptrdiff_t>((t + 1) * A));
      seen.insert(seen.end(), v.f().begin() + static_cast<std::ptrdiff_t>(t * A),
                  v.f().begin() + static_cast<std::ptrdiff_t>((t + 1) * A));
    });
    expected.push_back(f32(k.dims, y));
  }
  expect_steps(composite.get(), body.get(), args, expected);
}

TEST_P(Ssm, Slots_and_starts_outside_are_an_error) {
  const auto conv = runner({{WEFT_F32, {"T", "3"}}, {WEFT_F32, {"3", "2"}}}, [](Graph& g, const Tensors& in) {
    const blocks::Step step(g, {}, true, {});
    return Tensors{blocks::causal_conv(step, "conv", in[0], in[1], {})};
  });
  const auto scan =
      runner({{WEFT_F32, {"T", "3", "1"}}, {WEFT_F32, {"3", "2"}}, {WEFT_F32, {"T", "1", "2"}}},
             [](Graph& g, const Tensors& in) {
               const blocks::Step step(g, {}, true, {});
               return Tensors{blocks::selective_scan(
                   step, "ssm", {in[0], g.reshape(in[0], {g.dims(in[0])[0], 3}), in[1], in[2], in[2], {}})};
             });
  ASSERT_TRUE(conv && scan);
  const Array w = random({3, 2}, 1);
  const auto runs = [&](const Ragged& r, Code expected) {
    EXPECT_EQ(conv->run(feed({random({2, 3}, 2), w}, r)).status().code(), expected);
    EXPECT_EQ(scan->run(feed({random({2, 3, 1}, 3), w, random({2, 1, 2}, 4)}, r)).status().code(), expected);
  };
  for (int32_t bad : {static_cast<int32_t>(kSlots), -2, INT32_MAX, INT32_MIN}) {
    runs({{0, 2}, {bad}, {-1, -1}}, Code::kOutOfRange);
    runs({{0, 2}, {-1}, {-1, bad}}, Code::kOutOfRange);
  }
  for (const Ints& start : {Ints{0, 3}, Ints{-1, 2}, Ints{2, 0}, Ints{0, INT32_MAX}})
    runs({start, {-1}, {-1, -1}}, Code::kOutOfRange);
  runs({{0, 2}, {-1}, {-1, 0}}, Code::kOk);
}

}  // namespace
}  // namespace weft::conformance
