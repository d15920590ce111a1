#include <cmath>

#include "plugins/backends/reference/kernels.hpp"

namespace weft::reference {
namespace {

/// Sixteen independent sums let the compiler use vectors without reordering within a lane.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("default", "arch=haswell", "arch=skylake-avx512")))
#endif
float dot(const float* a, const float* b, int64_t n) {
  constexpr int64_t kLanes = 16;
  float lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) lanes[l] += a[i + l] * b[i + l];
  }
  float sum = 0;
  for (float lane : lanes) sum += lane;
  for (; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

/// y [M,N] = a [M,K] . b^T, b [N,K]: each row of b is read once for all rows of a.
void product_nt(const Call& c, const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  const int64_t grain = std::max<int64_t>(1, 32768 / std::max<int64_t>(1, m * k));
  c.parallel(n, grain, [&](int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end; ++j) {
      for (int64_t i = 0; i < m; ++i) y[i * n + j] = dot(a + i * k, b + j * k, k);
    }
  });
}

std::vector<float> transposed(const float* x, int64_t rows, int64_t cols) {
  std::vector<float> t(static_cast<std::size_t>(rows * cols));
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) t[static_cast<std::size_t>(c * rows + r)] = x[r * cols + c];
  }
  return t;
}

void matmul(Call& c) {
  const View &a = c.in[0], &b = c.in[1], &y = c.out[0];
  const bool ta = c.integer("ta", 0) != 0, tb = c.integer("tb", 0) != 0;
  const int64_t a1 = a.dims[a.rank() - 2], a2 = a.last(), b1 = b.dims[b.rank() - 2], b2 = b.last();
  int64_t m = ta ? a2 : a1, k = ta ? a1 : a2, n = tb ? b1 : b2;
  std::vector<int64_t> batch(y.dims.begin(), y.dims.end() - 2);
  std::vector<int64_t> sa(batch.size(), 0), sb(batch.size(), 0);
  if (b.rank() == 2 && !ta) {  // one matrix for all: the batch joins the rows
    for (int64_t d : batch) m *= d;
    batch.clear(), sa.clear(), sb.clear();
  }
  auto batch_strides = [&](const View& v, std::vector<int64_t>& s) {
    if (v.rank() < 3) return;
    s = broadcast_strides(std::vector<int64_t>(v.dims.begin(), v.dims.end() - 2));
  };
  if (!batch.empty()) batch_strides(a, sa), batch_strides(b, sb);
  std::vector<int64_t> at_b;
  for_each(batch, sb, [&](int64_t, int64_t at) { at_b.push_back(at); });
  for_each(batch, sa, [&](int64_t i, int64_t at_a) {
    const float *pa = a.f32() + at_a * a1 * a2, *pb = b.f32() + at_b[static_cast<std::size_t>(i)] * b1 * b2;
    std::vector<float> ka, kb;
    if (ta) ka = transposed(pa, a1, a2), pa = ka.data();
    if (!tb) kb = transposed(pb, b1, b2), pb = kb.data();
    product_nt(c, pa, pb, y.f32() + i * m * n, m, n, k);
  });
}

/// a [N, J or 1, K], w [E, M, K], id [N, J] -> [N, J, M]; id -1 gives zeros.
void matmul_id(Call& c) {
  const View &a = c.in[0], &w = c.in[1], &id = c.in[2], &y = c.out[0];
  const int64_t N = id.dims[0], J = id.dims[1], K = a.last(), E = w.dims[0], M = w.dims[1];
  const bool shared = a.dims[1] == 1;
  for (int64_t i = 0; i < N * J; ++i) {
    const int64_t e = id.i32()[i];
    float* out = y.f32() + i * M;
    if (e == -1) {
      std::fill(out, out + M, 0.0f);
      continue;
    }
    if (e < 0 || e >= E) sdk::fail(WEFT_OUT_OF_RANGE, "matmul_id: expert " + std::to_string(e) + " of " + std::to_string(E));
    product_nt(c, a.f32() + (shared ? i / J : i) * K, w.f32() + e * M * K, out, 1, M, K);
  }
}

float activate(std::string_view name, float x) {
  if (name == "silu") return x / (1.0f + std::exp(-x));
  if (name == "gelu") return 0.5f * x * (1.0f + std::erf(x * 0.70710678f));
  if (name == "gelu_tanh") return 0.5f * x * (1.0f + std::tanh(0.79788456f * (x + 0.044715f * x * x * x)));
  if (name == "relu") return std::max(x, 0.0f);
  sdk::fail(WEFT_UNIMPLEMENTED, "gated_mlp: activation " + std::string(name));
}

/// down(act(gate(x)) * up(x)) with optional biases.
void gated_mlp(Call& c) {
  const View &x = c.in[0], &y = c.out[0];
  const int64_t T = x.dims[0], H = x.dims[1], F = c.in[1].dims[0];
  std::vector<float> gate(static_cast<std::size_t>(T * F)), up(gate.size());
  auto affine = [&](const float* in, std::size_t w, std::size_t bias, float* out, int64_t n, int64_t k) {
    product_nt(c, in, c.in[w].f32(), out, T, n, k);
    for (int64_t i = 0; c.has(bias) && i < T * n; ++i) out[i] += c.in[bias].f32()[i % n];
  };
  affine(x.f32(), 1, 4, gate.data(), F, H);
  affine(x.f32(), 2, 5, up.data(), F, H);
  const std::string_view activation = c.text("activation");
  for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = activate(activation, gate[i]) * up[i];
  affine(gate.data(), 3, 6, y.f32(), H, F);
}

}  // namespace

void add_matmul(Interpreter& b) {
  b.kernel("matmul", matmul);
  b.kernel("matmul_id", matmul_id);
  b.kernel("gated_mlp", gated_mlp);
}

}  // namespace weft::reference
