// The ops that multiply matrices.
#include <algorithm>

#include "plugins/backends/cpu/product.hpp"

namespace weft::cpu {
namespace {

/// Where matrix `n` of the result finds its own in x, whose axes of size 1 are shared.
const float* matrix(const View& x, const View& y, int64_t n) {
  int64_t index = 0, stride = 1;
  for (std::size_t back = 3; back <= x.rank(); ++back) {
    const int64_t size = y.dims[y.rank() - back], own = x.dims[x.rank() - back];
    index += (own == 1 ? 0 : n % size) * stride;
    stride *= own;
    n /= size;
  }
  return x.f32() + index * x.dims[x.rank() - 2] * x.dims[x.rank() - 1];
}

/// Activations by activations, in f32.
void multiply_activations(Call& c, const Isa& isa) {
  const View &a = c.in[0], &b = c.in[1], &y = c.out[0];
  const bool ta = c.integer("ta", 0) != 0, tb = c.integer("tb", 0) != 0;
  const int64_t M = y.dims[y.rank() - 2], N = y.dims[y.rank() - 1], K = a.dims[a.rank() - (ta ? 2 : 1)];
  if (y.size() == 0) return;
  const int64_t batches = y.size() / (M * N);
  c.parallel(batches * M, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, N * K)), [&](int64_t begin, int64_t end) {
    std::vector<float> left(static_cast<std::size_t>(K));
    for (int64_t i = begin; i < end; ++i) {
      const float *x = matrix(a, y, i / M), *w = matrix(b, y, i / M);
      const int64_t m = i % M;
      for (int64_t k = 0; k < K; ++k) left[static_cast<std::size_t>(k)] = x[ta ? k * M + m : m * K + k];
      float* out = y.f32() + i * N;
      float row[kPanel];
      if (tb) {
        for (int64_t n = 0; n < N; n += kPanel) {
          const uint8_t* rows[kPanel];
          const int here = static_cast<int>(std::min(kPanel, N - n));
          for (int r = 0; r < here; ++r) rows[r] = reinterpret_cast<const uint8_t*>(w + (n + r) * K);
          isa.float_few(WEFT_F32, rows, here, K, left.data(), 1, row);
          std::copy(row, row + here, out + n);
        }
        continue;
      }
      std::fill(out, out + N, 0.0f);
      for (int64_t k = 0; k < K; ++k) {
        const float v = left[static_cast<std::size_t>(k)];
        for (int64_t n = 0; n < N; ++n) out[n] += v * w[k * N + n];
      }
    }
  });
}

void matmul(Call& c, const Isa& isa);

/// Joined products that do not share a kernel.
void one_by_one(const Call& c, const Isa& isa) {
  for (std::size_t i = 0; i < c.out.size(); ++i) {
    Call one = c;
    one.in = {c.in[0], c.in[i + 1]}, one.out = {c.out[i]}, one.present = {true, true};
    one.states = {nullptr, nullptr}, one.weights = {c.weights[0], c.weights[i + 1]};
    matmul(one, isa);
  }
}

void matmul(Call& c, const Isa& isa) {
  const View& a = c.in[0];
  const bool plain = c.integer("tb", 0) != 0 && c.integer("ta", 0) == 0 && c.weights[0] == nullptr;
  const auto stored = [&](std::size_t i) { return c.weights[i] != nullptr && c.in[i].rank() == 2; };
  if (c.out.size() > 1 && !(plain && stored(1))) return one_by_one(c, isa);
  if (plain && stored(1)) {
    const auto K = static_cast<int64_t>(c.weights[1]->cols);
    std::vector<Product> products;
    for (std::size_t i = 0; i < c.out.size(); ++i) {
      if (K == 0 && c.out[i].size() > 0) std::fill(c.out[i].f32(), c.out[i].f32() + c.out[i].size(), 0.0f);
      if (c.out[i].size() > 0) products.push_back({c.weights[i + 1], c.out[i].f32(), c.out[i].last()});
    }
    if (K > 0 && !products.empty()) multiply(c, isa, products, a.f32(), a.size() / K);
    return;
  }
  // Weights in another place than [N, K] on the right are rare: in f32.
  std::vector<sdk::HostArray<float>> decoded;
  for (std::size_t i = 0; i < 2; ++i) {
    if (c.weights[i] == nullptr) continue;
    const sdk::Weight& stored = *c.weights[i];
    float* values = decoded.emplace_back(stored.rows * stored.cols).data();
    c.parallel(static_cast<int64_t>(stored.rows), 16, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) decode_row(isa, stored, r, values + r * static_cast<int64_t>(stored.cols));
    });
    c.in[i].data = values;
  }
  multiply_activations(c, isa);
}

int activation_of(std::string_view name) {
  constexpr std::string_view kNames[] = {"silu", "gelu", "gelu_tanh", "relu"};
  for (int i = 0; i < 4; ++i) {
    if (kNames[i] == name) return i;
  }
  sdk::fail(WEFT_UNIMPLEMENTED, "gated_mlp: activation " + std::string(name));
}

/// A matrix operand, of a parameter as stored, else of f32 values in rows.
const sdk::Weight& operand(const Call& c, std::size_t i, sdk::Weight& made) {
  if (c.weights[i] != nullptr) return *c.weights[i];
  const View& v = c.in[i];
  made.cols = static_cast<uint64_t>(v.last());
  made.rows = v.last() == 0 ? 0 : static_cast<uint64_t>(v.size() / v.last());
  for (uint64_t r = 0; r < made.rows; ++r) made.row.push_back(reinterpret_cast<const uint8_t*>(v.f32() + r * made.cols));
  return made;
}

/// down(act(gate(x)) * up(x)); weights [F, H], [F, H], [H, F], biases may be absent.
void gated_mlp(Call& c, const Isa& isa) {
  const View& x = c.in[0];
  sdk::Weight made[3];
  const sdk::Weight &gate = operand(c, 1, made[0]), &up = operand(c, 2, made[1]), &down = operand(c, 3, made[2]);
  const int64_t T = x.dims[0];
  const auto F = static_cast<int64_t>(gate.rows), H = static_cast<int64_t>(gate.cols);
  const int activation = activation_of(c.text("activation"));
  if (T == 0) return;
  sdk::HostArray<float> inner(static_cast<uint64_t>(2 * T * F));
  float *g = inner.data(), *u = inner.data() + T * F;
  auto product = [&](const sdk::Weight& w, float* y, std::size_t bias) {
    return Product{&w, y, static_cast<int64_t>(w.rows), 0, c.has(bias) ? c.in[bias].f32() : nullptr};
  };
  multiply(c, isa, {product(gate, g, 4), product(up, u, 5)}, x.f32(), T);
  c.parallel(T * F, 16384, [&](int64_t begin, int64_t end) { isa.gate(activation, g + begin, u + begin, end - begin); });
  multiply(c, isa, {product(down, c.out[0].f32(), 6)}, g, T);
}

/// a [N, J or 1, K], w [E, M, K], id [N, J] -> [N, J, M]: tokens of one expert together; -1 gives zeros.
void matmul_id(Call& c, const Isa& isa) {
  const View &a = c.in[0], &id = c.in[2], &y = c.out[0];
  const int64_t J = id.dims[1], K = a.last(), M = y.last(), E = c.in[1].dims[0];
  std::vector<std::vector<int64_t>> uses(static_cast<std::size_t>(E));  // places in id, by expert
  for (int64_t i = 0; i < id.size(); ++i) {
    const int64_t e = id.i32()[i];
    if (e < -1 || e >= E) sdk::fail(WEFT_OUT_OF_RANGE, "matmul_id: expert " + std::to_string(e) + " of " + std::to_string(E));
    if (e >= 0 && K > 0) uses[static_cast<std::size_t>(e)].push_back(i);
    if (e == -1 || K == 0) std::fill(y.f32() + i * M, y.f32() + (i + 1) * M, 0.0f);
  }
  if (M == 0 || K == 0) return;
  sdk::Weight made;
  const sdk::Weight& w = operand(c, 1, made);
  for (int64_t e = 0; e < E; ++e) {
    const auto& places = uses[static_cast<std::size_t>(e)];
    const auto n = static_cast<int64_t>(places.size());
    if (n == 0) continue;
    sdk::HostArray<float> x(static_cast<uint64_t>(n * K)), out(static_cast<uint64_t>(n * M));
    for (int64_t i = 0; i < n; ++i) {
      const int64_t place = places[static_cast<std::size_t>(i)];
      const float* from = a.f32() + (a.dims[1] == 1 ? place / J : place) * K;
      std::copy(from, from + K, x.data() + i * K);
    }
    multiply(c, isa, {{&w, out.data(), M, e}}, x.data(), n);
    for (int64_t i = 0; i < n; ++i) std::copy(out.data() + i * M, out.data() + (i + 1) * M, y.f32() + places[static_cast<std::size_t>(i)] * M);
  }
}

}  // namespace

void add_matmul(Interpreter& b, IsaRef isa) {
  b.kernel("matmul", [&isa](Call& c) { matmul(c, *isa); }, {0, 1}, true);
  b.kernel("matmul_id", [&isa](Call& c) { matmul_id(c, *isa); }, {1});
  b.kernel("gated_mlp", [&isa](Call& c) { gated_mlp(c, *isa); }, {1, 2, 3});
}

}  // namespace weft::cpu
