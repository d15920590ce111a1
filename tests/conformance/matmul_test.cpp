// matmul and matmul_id.
#include <algorithm>

#include "tests/conformance/conformance.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Matmul);

One matmul(bool ta, bool tb) {
  return [=](Graph& g, const Tensors& in) { return g.node("matmul", in, {Attr::i64("ta", ta), Attr::i64("tb", tb)}); };
}
One matmul_id() {
  return [](Graph& g, const Tensors& in) { return g.node("matmul_id", in, {}); };
}

/// The product [..., M, N]; a `b` of rank 2 serves every batch of `a`.
Array naive(const Array& a, Array b, bool ta, bool tb) {
  const std::size_t rank = a.dims.size();
  while (b.dims.size() < rank) b.dims.insert(b.dims.begin(), 1);
  Dims d(rank);
  for (std::size_t i = 0; i + 2 < rank; ++i) d[i] = a.dims[i] == 1 ? b.dims[i] : a.dims[i];
  d[rank - 2] = a.dims[rank - (ta ? 1 : 2)], d[rank - 1] = b.dims[rank - (tb ? 2 : 1)];
  const int64_t K = a.dims[rank - (ta ? 2 : 1)];
  Floats y;
  each_index(d, [&](const Dims& at) {
    double sum = 0;
    for (int64_t k = 0; k < K; ++k) {
      Dims ia = at, ib = at;
      ia[rank - (ta ? 1 : 2)] = at[rank - 2], ia[rank - (ta ? 2 : 1)] = k;
      ib[rank - (tb ? 2 : 1)] = at[rank - 1], ib[rank - (tb ? 1 : 2)] = k;
      sum += static_cast<double>(a.f()[offset(a.dims, ia)]) * static_cast<double>(b.f()[offset(b.dims, ib)]);
    }
    y.push_back(static_cast<float>(sum));
  });
  return f32(d, y);
}

/// The dims of an operand: `batch` and a matrix of rows x cols, or of cols x rows when the op is to transpose it.
Dims sides(Dims batch, int64_t rows, int64_t cols, bool transposed) {
  if (transposed) std::swap(rows, cols);
  batch.insert(batch.end(), {rows, cols});
  return batch;
}

TEST_P(Matmul, Transposes_either_side_for_all_sorts_of_sizes) {
  for (bool ta : {false, true}) {
    for (bool tb : {false, true}) {
      for (int64_t m : {1, 2, 17}) {
        for (int64_t n : {1, 5, 33}) {
          for (int64_t k : {0, 1, 16, 35}) {
            const Array a = random(sides({}, m, k, ta), 1), b = random(sides({}, k, n, tb), 2);
            EXPECT_TRUE(close(run({a, b}, matmul(ta, tb)), naive(a, b, ta, tb)))
                << ta << tb << " " << m << " " << n << " " << k;
          }
        }
      }
    }
  }
}

TEST_P(Matmul, Batch_axes_of_size_one_are_stretched_on_both_sides) {
  for (bool ta : {false, true}) {
    for (bool tb : {false, true}) {
      for (const auto& [da, db] : std::vector<std::pair<Dims, Dims>>{
               {{2, 3}, {2, 3}}, {{1, 3}, {2, 3}}, {{2, 1}, {2, 3}}, {{2, 3}, {1, 3}},
               {{2, 3}, {2, 1}}, {{2, 1}, {1, 3}}, {{1, 1}, {2, 3}}, {{1, 1}, {1, 1}}}) {
        const Array a = random(sides(da, 3, 5, ta), 3), b = random(sides(db, 5, 2, tb), 4);
        EXPECT_TRUE(close(run({a, b}, matmul(ta, tb)), naive(a, b, ta, tb)));
      }
    }
  }
}

TEST_P(Matmul, A_right_side_of_rank_two_goes_with_every_batch) {
  for (bool ta : {false, true}) {
    for (bool tb : {false, true}) {
      const Array a = random(sides({2, 1, 3}, 4, 5, ta), 5), b = random(sides({}, 5, 6, tb), 6);
      EXPECT_TRUE(close(run({a, b}, matmul(ta, tb)), naive(a, b, ta, tb)));
    }
  }
}

TEST_P(Matmul, Rank_eight) {
  const Array a = random({1, 2, 1, 2, 1, 2, 3, 4}, 7), b = random({2, 1, 1, 2, 2, 1, 4, 2}, 8);
  EXPECT_TRUE(close(run({a, b}, matmul(false, false)), naive(a, b, false, false)));
}

TEST_P(Matmul, Nothing_to_sum_gives_zeros_and_no_elements_give_none) {
  EXPECT_TRUE(same(run({zeros(WEFT_F32, {2, 3, 0}), zeros(WEFT_F32, {2, 0, 4})}, matmul(false, false)),
                   zeros(WEFT_F32, {2, 3, 4})));
  EXPECT_TRUE(same(run({zeros(WEFT_F32, {0, 3}), random({3, 4}, 1)}, matmul(false, false)), zeros(WEFT_F32, {0, 4})));
  EXPECT_TRUE(same(run({random({2, 3}, 1), zeros(WEFT_F32, {0, 3})}, matmul(false, true)), zeros(WEFT_F32, {2, 0})));
  EXPECT_TRUE(
      same(run({zeros(WEFT_F32, {0, 2, 3}), random({1, 3, 4}, 1)}, matmul(false, false)), zeros(WEFT_F32, {0, 2, 4})));
  EXPECT_TRUE(
      same(run({zeros(WEFT_F32, {0, 3, 2}), random({3, 4}, 1)}, matmul(true, false)), zeros(WEFT_F32, {0, 2, 4})));
}

TEST_P(Matmul, Takes_symbols_on_every_axis) {
  for (int64_t T : {0, 1, 3, 63}) {
    for (int64_t L : {0, 1, 31}) {
      const Array a = random({2, T, L}, 9), b = random({2, L, 5}, 10), c = random({2, 5, L}, 11);
      EXPECT_TRUE(
          close(run({{a, {"2", "T", "L"}}, {b, {"2", "L", "5"}}}, matmul(false, false)), naive(a, b, false, false)))
          << T << " " << L;
      EXPECT_TRUE(
          close(run({{a, {"N", "T", "L"}}, {c, {"N", "5", "L"}}}, matmul(false, true)), naive(a, c, false, true)))
          << T << " " << L;
    }
  }
}

TEST_P(Matmul, A_zero_times_infinity_is_NaN) {
  EXPECT_TRUE(same(run({f32({1, 2}, {0, 1}), f32({2, 1}, {kInf, 1})}, matmul(false, false)), f32({1, 1}, {kNaN})));
}

TEST_P(Matmul, Matmul_id_takes_the_matrix_of_each_id) {
  for (int64_t T : {0, 1, 5}) {
    for (int64_t J : {1, 3}) {
      for (bool shared : {false, true}) {  // whether all j read the same row of a
        const int64_t K = 19, E = 4, M = 6;
        const Array a = random({T, shared ? 1 : J, K}, 12), w = random({E, M, K}, 13),
                    id = random_i32({T, J}, 14, -1, E - 1);
        Floats expected;
        each_index({T, J, M}, [&](const Dims& at) {
          const int32_t e = id.i()[offset(id.dims, at)];
          double sum = 0;
          for (int64_t k = 0; k < K && e >= 0; ++k) {
            sum += static_cast<double>(a.f()[offset(a.dims, {at[0], at[1], k})]) *
                   static_cast<double>(w.f()[offset(w.dims, {e, at[2], k})]);
          }
          expected.push_back(static_cast<float>(sum));
        });
        const std::string j = std::to_string(J);
        EXPECT_TRUE(
            close(run({{a, {"T", shared ? "1" : j, "19"}}, w, {id, {"T", j}}}, matmul_id()), f32({T, J, M}, expected)))
            << T << " " << J;
      }
    }
  }
}

TEST_P(Matmul, Matmul_id_of_nothing) {
  EXPECT_TRUE(
      same(run({zeros(WEFT_F32, {2, 1, 0}), zeros(WEFT_F32, {3, 4, 0}), i32({2, 2}, {0, 1, 2, -1})}, matmul_id()),
           zeros(WEFT_F32, {2, 2, 4})));
  EXPECT_TRUE(same(run({random({2, 1, 3}, 1), zeros(WEFT_F32, {0, 4, 3}), i32({2, 1}, {-1, -1})}, matmul_id()),
                   zeros(WEFT_F32, {2, 1, 4})));
  EXPECT_TRUE(same(run({random({2, 1, 3}, 1), random({2, 4, 3}, 2), zeros(WEFT_I32, {2, 0})}, matmul_id()),
                   zeros(WEFT_F32, {2, 0, 4})));
  EXPECT_TRUE(same(run({random({2, 1, 3}, 1), zeros(WEFT_F32, {2, 0, 3}), i32({2, 1}, {1, -1})}, matmul_id()),
                   zeros(WEFT_F32, {2, 1, 0})));
}

TEST_P(Matmul, Matmul_id_outside_is_an_error) {
  for (int32_t bad : {2, -2, INT32_MAX, INT32_MIN}) {
    EXPECT_EQ(failure({random({1, 1, 3}, 1), random({2, 4, 3}, 2), i32({1, 1}, {bad})}, matmul_id()), Code::kOutOfRange)
        << bad;
  }
}

}  // namespace
}  // namespace weft::conformance
