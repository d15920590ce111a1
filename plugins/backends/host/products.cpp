// Products of matrices, and the composites that consist of them.
#include "plugins/backends/host/ops.hpp"
#include "plugins/backends/host/tensor.hpp"

namespace weft::host_ops {
namespace {

constexpr int64_t kManyBatches = 16;  // so many products are shared out to threads whole; fewer are split one by one

/// The matrix of x for matrix `n` of the result y; axes of size 1 of x are shared.
const float* matrix(const View& x, const View& y, int64_t n) {
  int64_t index = 0, stride = 1;
  for (std::size_t back = 3; back <= x.rank(); ++back) {
    const int64_t size = y.dims[y.rank() - back], own = x.dims[x.rank() - back];
    index += (own == 1 ? 0 : n % size) * stride;
    stride *= own;
    n /= size;
  }
  return x.f32() + index * x.dims[x.rank() - 2] * x.last();
}

/// Calls use(act) with the activation that the call names.
template <class Use>
void with_activation(const Call& c, const Use& use) {
  const std::string_view kind = c.text("kind");
  if (kind == "silu") return use([](float x) { return x / (1.0f + std::exp(-x)); });
  if (kind == "gelu") return use([](float x) { return 0.5f * x * (1.0f + std::erf(x * 0.70710678f)); });
  if (kind == "gelu_tanh")
    return use([](float x) { return 0.5f * x * (1.0f + std::tanh(0.79788456f * (x + 0.044715f * x * x * x))); });
  if (kind == "relu") return use([](float x) { return std::max(x, 0.0f); });
  if (kind == "quick_gelu") return use([](float x) { return x / (1.0f + std::exp(-1.702f * x)); });
  sdk::fail(WEFT_UNIMPLEMENTED, std::string(c.op) + ": kind " + std::string(kind));
}

void activation(const Call& c) {
  const float* x = c.in[0].f32();
  float* y = c.out[0].f32();
  with_activation(c, [&](auto act) {
    c.parallel(c.out[0].size(), kGrain / 8, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) y[i] = act(x[i]);
    });
  });
}

/// down(act(gate(x)) * up(x)) with optional biases.
void gated_mlp(const Call& c, Product product) {
  const View &x = c.in[0], &y = c.out[0];
  const int64_t T = x.dims[0], H = x.dims[1], F = c.in[1].dims[0];
  auto affine = [&](const float* in, std::size_t w, std::size_t bias, float* out, int64_t n, int64_t k) {
    product(c, {in, c.in[w].f32(), out, T, n, k});
    for (int64_t t = 0; t < T && c.has(bias); ++t) {
      for (int64_t i = 0; i < n; ++i) out[t * n + i] += c.in[bias].f32()[i];
    }
  };
  std::vector<float> inner(static_cast<std::size_t>(T * F)), up(inner.size());
  affine(x.f32(), 1, 4, inner.data(), F, H);
  affine(x.f32(), 2, 5, up.data(), F, H);
  with_activation(c, [&](auto act) {
    c.parallel(T * F, kGrain / 8, [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
        inner[i] = act(inner[i]) * up[i];
    });
  });
  affine(inner.data(), 3, 6, y.f32(), H, F);
}

/// a [N, J or 1, K], w [E, M, K], id [N, J] -> [N, J, M]; id -1 gives zeros. Each expert in use takes one product.
void matmul_id(const Call& c, Product product) {
  const View &a = c.in[0], &y = c.out[0];
  const int64_t J = y.dims[1], K = a.last(), M = y.last();
  const bool shared = a.dims[1] == 1;  // all j share one row of a
  const auto of = rows_by_expert(c);
  std::vector<float> in, out;
  for (std::size_t e = 0; e < of.size(); ++e) {
    const auto n = static_cast<int64_t>(of[e].size());
    if (n == 0) continue;
    in.clear(), out.resize(static_cast<std::size_t>(n * M));
    for (const int64_t row : of[e]) {
      const float* from = a.f32() + (shared ? row / J : row) * K;
      in.insert(in.end(), from, from + K);
    }
    product(c, {in.data(), c.in[1].f32() + static_cast<int64_t>(e) * M * K, out.data(), n, M, K});
    for (int64_t r = 0; r < n; ++r)
      std::copy_n(out.data() + r * M, M, y.f32() + of[e][static_cast<std::size_t>(r)] * M);
  }
}

}  // namespace

void matmul(const Call& c, Product product) {
  const View &a = c.in[0], &b = c.in[1], &y = c.out[0];
  const bool ta = c.integer("ta", 0) != 0, tb = c.integer("tb", 0) != 0;
  const int64_t m = y.dims[y.rank() - 2], n = y.last(), k = a.dims[a.rank() - (ta ? 2 : 1)];
  if (y.size() == 0) return;
  if (b.rank() == 2 && !ta) {  // all batches share b, so that they join the rows of a
    return product(c, {a.f32(), b.f32(), y.f32(), y.size() / n, n, k, false, tb});
  }
  const int64_t batches = y.size() / (m * n);
  auto some = [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      product(c, {matrix(a, y, i), matrix(b, y, i), y.f32() + i * m * n, m, n, k, ta, tb});
  };
  batches < kManyBatches ? some(0, batches) : c.parallel(batches, grain(m * n * k), some);
}

std::vector<std::vector<int64_t>> rows_by_expert(const Call& c) {
  const View &id = c.in[2], &y = c.out[0];
  const int64_t E = c.in[1].dims[0], M = y.last();
  std::vector<std::vector<int64_t>> of(static_cast<std::size_t>(E));
  for (int64_t i = 0, n = id.size(); i < n; ++i) {
    const int64_t e = id.i32()[i];
    if (e < -1 || e >= E)
      sdk::fail(WEFT_OUT_OF_RANGE, "matmul_id: expert " + std::to_string(e) + " of " + std::to_string(E));
    if (e >= 0) of[static_cast<std::size_t>(e)].push_back(i);
    if (e == -1) std::fill(y.f32() + i * M, y.f32() + (i + 1) * M, 0.0f);
  }
  return of;
}

void add_products(Interpreter& b, Product product) {
  b.kernel("matmul", [product](Call& c) { matmul(c, product); });
  b.kernel("matmul_id", [product](Call& c) { matmul_id(c, product); });
  b.kernel("activation", [](Call& c) { activation(c); });
  b.kernel("gated_mlp", [product](Call& c) { gated_mlp(c, product); });
}

}  // namespace weft::host_ops
