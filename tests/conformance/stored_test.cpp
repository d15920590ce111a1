// Products with weights in blocks of every dtype: in place or read, with columns in order or not.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "tests/conformance/conformance.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(StoredWeights);

const std::vector<std::string> kGguf = {"q4_0", "q4_1", "q5_0", "q5_1",   "q8_0",   "q2_k", "q3_k",
                                        "q4_k", "q5_k", "q6_k", "iq4_nl", "iq4_xs", "mxfp4"};
const std::vector<std::string> kBlocks = {"int4_b32",     "int4_b64",    "int4_b128",   "int8_b32",    "int8_b64",
                                          "int8_b128",    "nf4_b64",     "fp4_b64",     "f8_e4m3_b32", "f8_e4m3_b64",
                                          "f8_e4m3_b128", "f8_e5m2_b32", "f8_e5m2_b64", "f8_e5m2_b128"};

/// Blocks of random bytes; each block is drawn again until its values are finite, and the largest is between 0.01 and
/// 10.
Stored random_stored(const weft_dtype& dtype, Dims dims, uint32_t seed) {
  Stored s{&dtype, std::move(dims), {}};
  std::mt19937 random(seed);
  const weft_plane& plane = dtype.plane[0];
  std::vector<float> values(plane.cols);
  std::vector<uint8_t> block(plane.bytes);
  for (int64_t n = elements(s.dims) / plane.cols; n > 0; --n) {
    for (float most = 0; !(most > 0.01f && most < 10);) {
      for (uint8_t& b : block) b = static_cast<uint8_t>(random());
      weft_slab slab{};
      slab.plane[0] = block.data();
      (void)dtype.decode(dtype.self, &slab, 1, plane.cols, values.data());
      most = 0;
      for (float v : values) most = std::isfinite(v) ? std::max(most, std::fabs(v)) : 1e30f;
    }
    s.bytes.insert(s.bytes.end(), block.begin(), block.end());
  }
  return s;
}

/// Expects that y [T,N] is x [T,K] times the transposed w [N,K]; an error may be `rel` times the sum of the products'
/// sizes.
void expect_product(const Array& y, const Array& x, const Array& w, double rel, const std::string& what) {
  const int64_t T = x.dims[0], K = x.dims[1], N = w.dims[0];
  ASSERT_EQ(y.dims, (Dims{T, N})) << what;
  for (int64_t i = 0; i < T * N; ++i) {
    double sum = 0, size = 0;
    for (int64_t k = 0; k < K; ++k) {
      const double product = static_cast<double>(x.f()[static_cast<std::size_t>(i / N * K + k)]) *
                             static_cast<double>(w.f()[static_cast<std::size_t>(i % N * K + k)]);
      sum += product, size += std::fabs(product);
    }
    ASSERT_NEAR(y.f()[static_cast<std::size_t>(i)], sum, rel * size) << what << " at " << i;
  }
}

/// Puts values that are not finite, and one that is nearly 0, into the middle row of x, and expects them to change this
/// row of y alone. `clean`: the result for x itself.
void expect_in_its_row(OpRunner& runner, const Array& x, const Array& clean, const std::string& what) {
  const int64_t T = x.dims[0], K = x.dims[1], N = clean.dims[1];
  for (const float value : {kNaN, kInf, -kInf, 1e-39f}) {
    Array hard = x;
    float* row = std::get<Floats>(hard.values).data() + T / 2 * K;
    if (std::isfinite(value)) std::fill(row, row + K, value);
    row[K - 1] = value;
    const auto y = runner.run({{hard}, {}, {}});
    ASSERT_TRUE(y.ok()) << y.status().message();
    for (int64_t i = 0; i < T * N; ++i) {
      const float got = (*y)[0].f()[static_cast<std::size_t>(i)];
      if (i / N != T / 2)
        ASSERT_EQ(got, clean.f()[static_cast<std::size_t>(i)])
            << what << ", " << value << " in another row than " << i / N;
      else if (std::isfinite(value)) ASSERT_NEAR(got, 0, 1e-30) << what;
      else ASSERT_FALSE(std::isfinite(got)) << what << ", " << value << " at " << i;
    }
  }
}

/// Multiplies at each precision, with few tokens and with many.
void expect_products(const std::string& backend, const Stored& w, const std::string& name) {
  const int64_t N = w.dims[0], K = w.dims[1];
  const Write write = [&](Graph& g, const Tensors& in) {
    return Tensors{g.node("matmul", {in[0], g.param("w", {N, K})}, {Attr::i64("ta", 0), Attr::i64("tb", 1)})};
  };
  const Array values = w.values();
  // Floats of 8 bits are multiplied with activations in bf16 where the processor has instructions for that, and in f32
  // elsewhere; all other dtypes are multiplied with activations in integers of 15 bits, with AMX of 16 bits, where 256
  // values have one scale: blocks much smaller than their neighbours lose bits.
  const double integers = backend == "cpu:amx" ? 1e-4 : 5e-5, narrowed = name.starts_with("f8") ? 6e-3 : integers;
  for (const auto& [precision, rel] :
       {std::pair(WEFT_PRECISION_EXACT, 1e-5), std::pair(WEFT_PRECISION_DEFAULT, narrowed),
        std::pair(WEFT_PRECISION_FAST, 1e-2)}) {
    auto runner = OpRunner::create(backend, {{WEFT_F32, {"T", std::to_string(K)}}}, write,
                                   {.params = {}, .stored = {{"w", w}}, .precision = static_cast<uint32_t>(precision)});
    ASSERT_TRUE(runner.ok()) << runner.status().message();
    // Few tokens come both before and after many, for which the weights are kept packed.
    for (int64_t T : {1, 2, 7, 20, 3}) {
      const Array x = random({T, K}, static_cast<uint32_t>(T));
      const auto y = (*runner)->run({{x}, {}, {}});
      ASSERT_TRUE(y.ok()) << y.status().message();
      const std::string what = name + ", " + std::to_string(T) + " tokens, precision " + std::to_string(precision);
      expect_product((*y)[0], x, values, rel, what);
      expect_in_its_row(**runner, x, (*y)[0], what);
    }
  }
}

TEST_P(StoredWeights, Blocks_of_files_multiply_as_their_values_do) {
  for (const std::string& name : kGguf) {
    const weft_dtype* dtype = find_dtype(name);
    if (dtype == nullptr) continue;  // the build lacks the format plugin
    for (int64_t K : {256, 512 + 32}) {
      if (K % dtype->plane[0].cols == 0) expect_products(GetParam(), random_stored(*dtype, {19, K}, 1), name);
    }
  }
}

TEST_P(StoredWeights, Blocks_that_are_read_multiply_as_their_values_do) {
  for (const std::string& name : kBlocks) {
    const weft_dtype* dtype = find_dtype(name);
    ASSERT_NE(dtype, nullptr) << name;
    Stored w = random_stored(*dtype, {35, 256 + dtype->plane[0].cols}, 2);
    w.in_place = false;
    expect_products(GetParam(), w, name);
  }
}

TEST_P(StoredWeights, Rows_of_which_not_all_are_mapped_multiply_as_their_values_do) {
  Stored w = random_stored(*find_dtype("int8_b64"), {17, 320}, 5);
  w.unmapped_from = 6;
  expect_products(GetParam(), w, "int8_b64");
}

TEST_P(StoredWeights, Columns_in_another_order_meet_their_activations) {
  Stored w = random_stored(*find_dtype("int4_b32"), {17, 320}, 3);
  w.in_place = false;
  w.order.resize(320);
  std::iota(w.order.begin(), w.order.end(), 0);
  std::shuffle(w.order.begin(), w.order.end(), std::mt19937(4));
  expect_products(GetParam(), w, "int4_b32");
}

}  // namespace
}  // namespace weft::conformance
