// scan: a body repeated for each token of ragged sequences, with carries in slot states.
#include <set>

#include "tests/conformance/conformance.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Scan);

constexpr int64_t kSlots = 9;

/// Which sequences and slots one run is given.
struct Step {
  Ints start;     // [S+1]
  Ints slot_in;   // [S]
  Ints slot_out;  // [T]
};

Feed feed(std::vector<Array> args, const Step& step) {
  const auto S = static_cast<int64_t>(step.slot_in.size()), T = static_cast<int64_t>(step.slot_out.size());
  return {std::move(args),
          {{"seq_start", i32({S + 1}, step.start)},
           {"ssm.slot_in", i32({S}, step.slot_in)},
           {"ssm.slot", i32({T}, step.slot_out)}},
          {{"kept:ssm", kSlots}}};
}

/// The slot group of a graph, and the input that says where sequences start.
struct Slots {
  weft_group group{};
  uint32_t id = 0;
  Tensor start;
  explicit Slots(Graph& g) {
    group = g.group("ssm", WEFT_GROUP_SLOT, 0, &id);
    start = g.input("seq_start", WEFT_I32, {g.add(g.symbol("S"), 1)});
  }
};

/// The graph of h = h / 2 + x[t], y = h - 1 over x [T,3]. The first result is y; the second are the rows [R] of the
/// state h that the second argument names, after the scan.
Write average(bool reverse, double fill) {
  return [=](Graph& g, const Tensors& in) {
    const Slots slots(g);
    const auto out = g.scan(slots.group, slots.start, {g.state("h", slots.id, {3}, fill)}, {in[0]}, {g.scalar(0.5f, 1)},
                            reverse, [&](const Tensors& v) {
                              const Tensor h = g.add(g.mul(v[0], v[2]), v[1]);
                              return Tensors{h, g.sub(h, g.scalar(1, 1))};
                            });
    return Tensors{out[1], g.gather(out[0], in[1])};
  };
}
const std::vector<ArgType> kTypes{{WEFT_F32, {"T", "3"}}, {WEFT_I32, {"R"}}};

/// What `average` gives as y, in plain loops; `rows` [kSlots][3] is the state, which is updated.
Array naive_average(const Array& x, const Step& step, bool reverse, float fill, std::vector<Floats>& rows) {
  Floats y(x.size());
  const std::vector<Floats> before = rows;
  for (std::size_t s = 0; s < step.slot_in.size(); ++s) {
    const int32_t from = step.slot_in[s];
    Floats h = from < 0 ? Floats(3, fill) : before[static_cast<std::size_t>(from)];
    const int32_t n = step.start[s + 1] - step.start[s];
    for (int32_t j = 0; j < n; ++j) {
      const auto t = static_cast<std::size_t>(step.start[s] + (reverse ? n - 1 - j : j));
      for (std::size_t i = 0; i < 3; ++i) {
        h[i] = h[i] * 0.5f + x.f()[t * 3 + i];
        y[t * 3 + i] = h[i] - 1;
      }
      if (step.slot_out[t] >= 0) rows[static_cast<std::size_t>(step.slot_out[t])] = h;
    }
  }
  return f32(x.dims, y);
}

TEST_P(Scan, A_running_average_over_ragged_sequences_goes_on_from_run_to_run) {
  for (bool reverse : {false, true}) {
    const auto r = runner(kTypes, average(reverse, 0.25));
    std::vector<Floats> rows(kSlots, Floats(3, 0));
    std::set<int32_t> written;
    const std::vector<Step> steps = {
        {{0, 3, 3, 4, 9}, {-1, -1, -1, -1}, {-1, -1, 0, 1, 2, 3, -1, 4, 5}},  // the second sequence has no token
        {{0, 1, 5}, {0, 5}, {6, -1, -1, -1, 7}},
        {{0, 1, 2, 3}, {6, 7, -1}, {0, -1, 8}},
        {{0, 0}, {0}, {}},
        {{0, 2}, {8}, {-1, -1}}};
    for (std::size_t k = 0; k < steps.size(); ++k) {
      const Array x = random({static_cast<int64_t>(steps[k].slot_out.size()), 3}, static_cast<uint32_t>(k));
      const Array expected = naive_average(x, steps[k], reverse, 0.25f, rows);
      written.insert(steps[k].slot_out.begin(), steps[k].slot_out.end());
      written.erase(-1);
      const Array read = i32({static_cast<int64_t>(written.size())}, Ints(written.begin(), written.end()));
      const auto y = run(r.get(), feed({x, read}, steps[k]));
      ASSERT_EQ(y.size(), 2u);
      EXPECT_TRUE(close(y[0], expected)) << "step " << k;
      Floats kept;
      for (int32_t slot : written) {
        const Floats& row = rows[static_cast<std::size_t>(slot)];
        kept.insert(kept.end(), row.begin(), row.end());
      }
      EXPECT_TRUE(close(y[1], f32({read.dims[0], 3}, kept))) << "step " << k;
    }
  }
}

TEST_P(Scan, Minus_one_starts_from_the_fill_also_from_minus_infinity) {
  // The body is a running maximum, whose neutral element is -inf.
  const auto r = runner({{WEFT_F32, {"T", "2"}}}, [](Graph& g, const Tensors& in) {
    const Slots slots(g);
    const auto out = g.scan(slots.group, slots.start, {g.state("m", slots.id, {2}, -kInf)}, {in[0]}, {}, false,
                            [&](const Tensors& v) {
                              const Tensor m = g.max(v[0], v[1]);
                              return Tensors{m, g.unary("neg", v[0])};  // the carry before this token
                            });
    return Tensors{out[1], g.gather(out[0], {slots.group.slot})};
  });
  const auto y = run(r.get(), feed({f32({2, 2}, {-5, -7, -6, -1})}, {{0, 2}, {-1}, {3, 4}}));
  ASSERT_EQ(y.size(), 2u);
  EXPECT_TRUE(same(y[0], f32({2, 2}, {kInf, kInf, 5, 7})));
  EXPECT_TRUE(same(y[1], f32({2, 2}, {-5, -7, -5, -1})));
}

TEST_P(Scan, Two_carries_of_different_shapes_and_a_body_with_a_matmul) {
  // The body is h = h W + x (a row of 4), n = n + 1 (a scalar), y = h * n, where W [4,4] is a constant of the scan.
  const Array w = random({4, 4}, 1, -0.5f, 0.5f), x = random({7, 4}, 2);
  const auto r = runner({{WEFT_F32, {"T", "4"}}, {WEFT_F32, {"4", "4"}}}, [](Graph& g, const Tensors& in) {
    const Slots slots(g);
    const auto out = g.scan(slots.group, slots.start, {g.state("h", slots.id, {4}), g.state("n", slots.id, {}, 2)},
                            {in[0]}, {in[1]}, false, [&](const Tensors& v) {
                              const Tensor row = g.matmul(g.reshape(v[0], {1, 4}), v[3]);
                              const Tensor h = g.add(g.reshape(row, {4}), v[2]), n = g.add(v[1], g.scalar(1, 0));
                              return Tensors{h, n, g.mul(h, g.reshape(n, {1}))};
                            });
    return Tensors{out[2], g.gather(out[1], {slots.group.slot})};
  });
  const Step step{{0, 3, 7}, {-1, -1}, {-1, -1, 0, -1, 5, -1, -1}};
  Floats expected;
  for (std::size_t s = 0; s < 2; ++s) {
    Floats h(4, 0);
    float n = 2;
    for (auto t = static_cast<std::size_t>(step.start[s]); t < static_cast<std::size_t>(step.start[s + 1]); ++t) {
      Floats next(4);
      for (std::size_t o = 0; o < 4; ++o) {
        next[o] = x.f()[t * 4 + o];
        for (std::size_t i = 0; i < 4; ++i) next[o] += h[i] * w.f()[i * 4 + o];
      }
      h = next, n += 1;
      for (float v : h) expected.push_back(v * n);
    }
  }
  const auto y = run(r.get(), feed({x, w}, step));
  ASSERT_EQ(y.size(), 2u);
  EXPECT_TRUE(close(y[0], f32({7, 4}, expected)));
  EXPECT_TRUE(same(y[1], f32({7}, {0, 0, 5, 0, 4, 0, 0})));
}

TEST_P(Scan, Takes_integer_rows_masks_and_several_results) {
  // The body counts the tokens that equal a constant of the scan, and starts anew where the mask is set.
  const auto r = runner({{WEFT_I32, {"T"}}, {WEFT_U8, {"T"}}, {WEFT_I32, {}}}, [](Graph& g, const Tensors& in) {
    const Slots slots(g);
    const auto out = g.scan(slots.group, slots.start, {g.state("n", slots.id, {})}, {in[0], in[1]}, {in[2]}, false,
                            [&](const Tensors& v) {
                              const Tensor equal = g.compare(sdk::Compare::kEq, v[1], v[3]);
                              const Tensor n = g.add(g.select(v[2], g.scalar(0, 0), v[0]), g.cast(equal, WEFT_F32));
                              return Tensors{n, g.cast(n, WEFT_I32), g.compare(sdk::Compare::kGt, n, g.scalar(1, 0))};
                            });
    return Tensors{out[1], out[2]};
  });
  const auto y = run(r.get(), feed({i32({6}, {7, 1, 7, 7, 7, 7}), u8({6}, {0, 0, 0, 1, 0, 0}), i32({}, {7})},
                                   {{0, 5, 6}, {-1, -1}, Ints(6, -1)}));
  ASSERT_EQ(y.size(), 2u);
  EXPECT_TRUE(same(y[0], i32({6}, {1, 1, 2, 1, 2, 1})));
  EXPECT_TRUE(same(y[1], u8({6}, {0, 0, 1, 0, 1, 0})));
}

TEST_P(Scan, Takes_and_gives_rows_of_floats_of_16_bits) {
  const auto r = runner({{WEFT_BF16, {"T", "3"}}}, [](Graph& g, const Tensors& in) {
    const Slots slots(g);
    const auto out = g.scan(slots.group, slots.start, {g.state("h", slots.id, {3})}, {in[0]}, {}, false,
                            [&](const Tensors& v) {
                              const Tensor sum = g.add(v[0], g.cast(v[1], WEFT_F32));
                              return Tensors{sum, g.cast(sum, WEFT_F16)};
                            });
    return Tensors{out[1]};
  });
  const auto y = run(r.get(), feed({bf16({2, 3}, {1, 2, 3, 10, 20, 30})}, {{0, 2}, {-1}, Ints(2, -1)}));
  ASSERT_EQ(y.size(), 1u);
  EXPECT_TRUE(same(y[0], f16({2, 3}, {1, 2, 3, 11, 22, 33})));
}

TEST_P(Scan, A_composite_in_the_body_works_as_its_primitives_do) {
  const auto r = runner({{WEFT_F32, {"T", "2"}}}, [](Graph& g, const Tensors& in) {
    const Slots slots(g);
    const auto out =
        g.scan(slots.group, slots.start, {g.state("h", slots.id, {2})}, {in[0]}, {}, false, [&](const Tensors& v) {
          const Tensor sum = g.composite("test.plus", 1, {v[0], v[1]}, {}, [&](const Tensors& c) {
            return Tensors{g.add(c[0], c[1])};
          })[0];
          return Tensors{sum, g.mul(sum, g.scalar(2, 1))};
        });
    return Tensors{out[1]};
  });
  const auto y = run(r.get(), feed({f32({2, 2}, {1, 2, 3, 4})}, {{0, 2}, {-1}, {-1, 0}}));
  ASSERT_EQ(y.size(), 1u);
  EXPECT_TRUE(same(y[0], f32({2, 2}, {2, 4, 8, 12})));
}

TEST_P(Scan, Rows_without_elements) {
  const auto r = runner({{WEFT_F32, {"T", "0"}}}, [](Graph& g, const Tensors& in) {
    const Slots slots(g);
    const auto out =
        g.scan(slots.group, slots.start, {g.state("n", slots.id, {})}, {in[0]}, {}, false, [&](const Tensors& v) {
          return Tensors{g.add(v[0], g.scalar(1, 0)), g.unary("neg", v[1])};
        });
    return Tensors{out[1], g.gather(out[0], {slots.group.slot})};
  });
  const auto y = run(r.get(), feed({zeros(WEFT_F32, {2, 0})}, {{0, 2}, {-1}, {1, 2}}));
  ASSERT_EQ(y.size(), 2u);
  EXPECT_TRUE(same(y[0], zeros(WEFT_F32, {2, 0})));
  EXPECT_TRUE(same(y[1], f32({2}, {1, 2})));
}

TEST_P(Scan, Slots_and_starts_outside_are_an_error) {
  const auto r = runner(kTypes, average(false, 0));
  ASSERT_NE(r, nullptr);
  const Array x = random({2, 3}, 1), none = zeros(WEFT_I32, {0});
  for (int32_t bad : {static_cast<int32_t>(kSlots), -2, INT32_MAX, INT32_MIN}) {
    EXPECT_EQ(r->run(feed({x, none}, {{0, 2}, {bad}, {-1, -1}})).status().code(), Code::kOutOfRange) << bad;
    EXPECT_EQ(r->run(feed({x, none}, {{0, 2}, {-1}, {-1, bad}})).status().code(), Code::kOutOfRange) << bad;
  }
  for (const Ints& start : {Ints{0, 3}, Ints{-1, 2}, Ints{2, 0}, Ints{0, INT32_MAX}}) {
    EXPECT_EQ(r->run(feed({x, none}, {start, {-1}, {-1, -1}})).status().code(), Code::kOutOfRange);
  }
  EXPECT_TRUE(r->run(feed({x, none}, {{0, 2}, {-1}, {-1, -1}})).ok());  // an error leaves the runner usable
}

}  // namespace
}  // namespace weft::conformance
