// The ops that multiply matrices.
#include <algorithm>
#include <deque>

#include "plugins/backends/cpu/product.hpp"
#include "plugins/backends/host/ops.hpp"

namespace weft::cpu {
namespace {

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
      if (c.out[i].size() > 0)
        products.push_back({c.weights[i + 1], a.f32(), K > 0 ? a.size() / K : 0, c.out[i].f32(), c.out[i].last()});
    }
    if (K > 0 && !products.empty()) multiply(c, isa, products);
    return;
  }
  // A weight is nearly always the right operand, as [N, K]. Where it is not, it is decoded to f32.
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
  host_ops::matmul(c, host_ops::plain_product);
}

int activation_of(const Call& c) {
  const std::string_view kind = c.text("kind");
  const auto* found = std::find(std::begin(kActivations), std::end(kActivations), kind);
  if (found == std::end(kActivations)) sdk::fail(WEFT_UNIMPLEMENTED, std::string(c.op) + ": kind " + std::string(kind));
  return static_cast<int>(found - kActivations);
}

/// Elements of elementwise work for one thread. With more, fewer threads take part; with fewer, waking them costs more.
constexpr int64_t kElements = 16384;

void activation(const Call& c, const Isa& isa) {
  const int kind = activation_of(c);
  const float* x = c.in[0].f32();
  float* y = c.out[0].f32();
  c.parallel(c.out[0].size(), kElements,
             [&](int64_t begin, int64_t end) { isa.activate(kind, x + begin, nullptr, end - begin, y + begin); });
}

/// A matrix operand: a parameter as it is stored, or rows of f32 values.
const sdk::Weight& operand(const Call& c, std::size_t i, sdk::Weight& made) {
  if (c.weights[i] != nullptr) return *c.weights[i];
  const View& v = c.in[i];
  made.cols = static_cast<uint64_t>(v.last());
  made.rows = v.last() == 0 ? 0 : static_cast<uint64_t>(v.size() / v.last());
  for (uint64_t r = 0; r < made.rows; ++r)
    made.row.push_back(reinterpret_cast<const uint8_t*>(v.f32() + r * made.cols));
  return made;
}

/// act(x w' + b) for each of the joined nodes, which have a weight and a bias each.
void linear(const Call& c, const Isa& isa) {
  const View& x = c.in[0];
  const int64_t T = x.dims[0], K = x.last();
  const int kind = c.text("kind").empty() ? -1 : activation_of(c);
  std::deque<sdk::Weight> made(c.out.size());
  std::vector<Product> products;
  for (std::size_t i = 0; i < c.out.size(); ++i) {
    const View& y = c.out[i];
    if (y.size() == 0) continue;
    const float* bias = c.has(2 * i + 2) ? c.in[2 * i + 2].f32() : nullptr;
    products.push_back({&operand(c, 2 * i + 1, made[i]), x.f32(), T, y.f32(), y.last(), 0, bias, kind});
    if (K > 0) continue;
    for (int64_t t = 0; t < T; ++t) {  // products of nothing are 0
      float* row = y.f32() + t * y.last();
      bias != nullptr ? std::copy_n(bias, y.last(), row) : std::fill_n(row, y.last(), 0.0f);
      if (kind >= 0) isa.activate(kind, row, nullptr, y.last(), row);
    }
  }
  if (K > 0 && !products.empty()) multiply(c, isa, products);
}

/// down(act(gate(x)) * up(x)); weights [F, H], [F, H], [H, F], biases may be absent.
void gated_mlp(Call& c, const Isa& isa) {
  const View& x = c.in[0];
  sdk::Weight made[3];
  const sdk::Weight &gate = operand(c, 1, made[0]), &up = operand(c, 2, made[1]), &down = operand(c, 3, made[2]);
  const int64_t T = x.dims[0];
  const auto F = static_cast<int64_t>(gate.rows);
  const int kind = activation_of(c);
  if (T == 0) return;
  sdk::HostArray<float> inner(static_cast<uint64_t>(2 * T * F));
  float *g = inner.data(), *u = inner.data() + T * F;
  auto product = [&](const sdk::Weight& w, const float* from, float* y, std::size_t bias) {
    return Product{&w, from, T, y, static_cast<int64_t>(w.rows), 0, c.has(bias) ? c.in[bias].f32() : nullptr};
  };
  multiply(c, isa, {product(gate, x.f32(), g, 4), product(up, x.f32(), u, 5)});
  c.parallel(T * F, kElements,
             [&](int64_t begin, int64_t end) { isa.activate(kind, g + begin, u + begin, end - begin, g + begin); });
  multiply(c, isa, {product(down, g, c.out[0].f32(), 6)});
}

/// The products of all experts at once. An expert of one row reads and writes it where it lies; the rows of others
/// are gathered before and spread after.
void matmul_id(const Call& c, const Isa& isa) {
  const View &a = c.in[0], &y = c.out[0];
  const int64_t K = a.last(), M = y.last(), J = y.dims[1];
  const bool shared = a.dims[1] == 1;  // one row for all j
  sdk::Weight made;
  const sdk::Weight& w = operand(c, 1, made);
  const auto of = host_ops::rows_by_expert(c);
  if (K == 0) std::fill(y.f32(), y.f32() + y.size(), 0.0f);
  if (K == 0 || M == 0) return;
  const auto row_of_a = [&](int64_t row) { return a.f32() + (shared ? row / J : row) * K; };
  std::vector<int64_t> gathered;
  for (const auto& rows : of) {
    if (rows.size() > 1) gathered.insert(gathered.end(), rows.begin(), rows.end());
  }
  const auto n = static_cast<int64_t>(gathered.size());
  const sdk::HostArray<float> in(static_cast<uint64_t>(n * K)), out(static_cast<uint64_t>(n * M));
  const auto each = [&](int64_t width, const auto& copy) {
    c.parallel(n, std::max<int64_t>(1, kElements / width), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) copy(i, gathered[static_cast<std::size_t>(i)]);
    });
  };
  each(K, [&](int64_t i, int64_t row) { std::copy_n(row_of_a(row), K, in.data() + i * K); });
  std::vector<Product> products;
  int64_t at = 0;
  for (std::size_t e = 0; e < of.size(); ++e) {
    const auto T = static_cast<int64_t>(of[e].size()), expert = static_cast<int64_t>(e);
    if (T == 1) products.push_back({&w, row_of_a(of[e][0]), 1, y.f32() + of[e][0] * M, M, expert});
    if (T > 1) products.push_back({&w, in.data() + at * K, T, out.data() + at * M, M, expert}), at += T;
  }
  multiply(c, isa, products);
  each(M, [&](int64_t i, int64_t row) { std::copy_n(out.data() + i * M, M, y.f32() + row * M); });
}

}  // namespace

void add_matmul(Interpreter& b) {
  b.kernel("matmul", [](Call& c) { matmul(c, isa_of(c)); }, {.stored = {0, 1}, .joins = true});
  b.kernel("linear", [](Call& c) { linear(c, isa_of(c)); }, {.stored = {1}, .joins = true});
  b.kernel("matmul_id", [](Call& c) { matmul_id(c, isa_of(c)); }, {.stored = {1}});
  b.kernel("activation", [](Call& c) { activation(c, isa_of(c)); });
  b.kernel("gated_mlp", [](Call& c) { gated_mlp(c, isa_of(c)); }, {.stored = {1, 2, 3}});
}

}  // namespace weft::cpu
