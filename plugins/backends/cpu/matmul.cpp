// Products with weights as stored: few tokens row by row, many in panels of 16 rows.
#include <algorithm>
#include <cstring>

#include "plugins/backends/cpu/kernels.hpp"

namespace weft::cpu {
namespace {

// Up to this many tokens a row is unpacked for them directly; beyond, panels pay.
constexpr int64_t kFewTokens = 16;

bool is_float(uint32_t dtype) { return dtype == WEFT_F32 || dtype == WEFT_F16 || dtype == WEFT_BF16; }

const weft_dtype& dtype_of(const sdk::Weight& w) {
  const weft_host& h = sdk::host();
  return *h.dtype_info(h.ctx, w.dtype);
}

/// Tokens as int8, or as they are.
class Tokens {
 public:
  Tokens(const Call& c, const Isa& isa, const float* x, int64_t T, int64_t K, bool quantized) : T_(T) {
    if (!quantized) {
      for (int64_t t = 0; t < T; ++t) floats_.push_back(x + t * K);
      return;
    }
    const int64_t padded = (K + kChunk - 1) / kChunk * kChunk;
    q_ = sdk::HostArray<int8_t>(static_cast<uint64_t>(T * padded));
    scales_ = sdk::HostArray<float>(static_cast<uint64_t>(T * padded / 8));
    for (int64_t t = 0; t < T; ++t) {
      float* d = scales_.data() + t * padded / 8;
      rows_.push_back({q_.data() + t * padded, d, d + padded / 16});
    }
    c.parallel(T, std::max<int64_t>(1, 16384 / padded), [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        isa.quantize(x + t * K, K, const_cast<int8_t*>(rows_[static_cast<std::size_t>(t)].q), const_cast<float*>(rows_[static_cast<std::size_t>(t)].d),
                     const_cast<float*>(rows_[static_cast<std::size_t>(t)].sum));
      }
    });
  }
  int64_t count() const { return T_; }
  const QuantRow* quant() const { return rows_.data(); }
  const float* const* floats() const { return floats_.data(); }

 private:
  int64_t T_;
  std::vector<QuantRow> rows_;
  std::vector<const float*> floats_;
  sdk::HostArray<int8_t> q_;
  sdk::HostArray<float> scales_;
};

/// How one weight matrix is multiplied under the precision asked for.
struct Method {
  const Format* format = nullptr;  // int8 activations
  bool narrow = false;             // bf16 activations

  Method(const Call& c, const Isa& isa, const sdk::Weight& w) {
    const bool fast = c.precision == WEFT_PRECISION_FAST || c.precision == WEFT_PRECISION_UNSAID;
    if (fast && !is_float(w.dtype)) format = isa.format(sdk::view(dtype_of(w).name));
    narrow = c.precision == WEFT_PRECISION_DEFAULT || c.precision == WEFT_PRECISION_FAST;
  }
};

/// Rows [begin, end) of w times the tokens: y[t * N + row].
void multiply_rows(const Isa& isa, const sdk::Weight& w, const Method& m, const Tokens& x, int64_t begin, int64_t end, float* y) {
  const auto K = static_cast<int64_t>(w.cols), N = static_cast<int64_t>(w.rows);
  const int64_t T = x.count();
  const bool direct = m.format != nullptr || is_float(w.dtype);
  std::vector<float> decoded(direct ? 0 : static_cast<std::size_t>(K));
  float few[kMaxTokens];
  for (int64_t row = begin; row < end; ++row) {
    const uint8_t* data = w.row[static_cast<std::size_t>(row)];
    uint32_t dtype = w.dtype;
    if (!direct) {
      decode_row(isa, w, row, decoded.data());
      data = reinterpret_cast<const uint8_t*>(decoded.data()), dtype = WEFT_F32;
    }
    for (int64_t t = 0; t < T; t += kMaxTokens) {
      const int n = static_cast<int>(std::min<int64_t>(kMaxTokens, T - t));
      if (m.format != nullptr) {
        isa.dot_quant(*m.format, data, K, x.quant() + t, n, few);
      } else {
        isa.dot_float(dtype, data, K, x.floats() + t, n, few);
      }
      for (int j = 0; j < n; ++j) y[(t + j) * N + row] = few[j];
    }
  }
}

/// Panels [begin, end) of w times the tokens.
void multiply_panels(const Isa& isa, const sdk::Weight& w, const Method& m, const Tokens& x, int64_t begin, int64_t end, float* y) {
  const auto K = static_cast<int64_t>(w.cols), N = static_cast<int64_t>(w.rows);
  sdk::HostArray<uint8_t> scratch(static_cast<uint64_t>(isa.scratch_bytes(K, x.count())));
  const bool direct = m.format != nullptr || is_float(w.dtype);
  sdk::HostArray<float> decoded(direct ? 1 : static_cast<uint64_t>(kPanel * K));
  for (int64_t panel = begin; panel < end; ++panel) {
    const uint8_t* rows[kPanel] = {};
    const int n = static_cast<int>(std::min(kPanel, N - panel * kPanel));
    for (int r = 0; r < n; ++r) {
      const int64_t row = panel * kPanel + r;
      rows[r] = w.row[static_cast<std::size_t>(row)];
      if (direct) continue;
      decode_row(isa, w, row, decoded.data() + r * K);
      rows[r] = reinterpret_cast<const uint8_t*>(decoded.data() + r * K);
    }
    float* out = y + panel * kPanel;
    if (m.format != nullptr) {
      isa.gemm_quant(*m.format, rows, K, x.quant(), x.count(), out, N, n, scratch.data());
    } else {
      isa.gemm_float(direct ? w.dtype : uint32_t{WEFT_F32}, rows, K, x.floats(), x.count(), out, N, n, m.narrow, scratch.data());
    }
  }
}

/// y [T, N] = x [T, K] w^T, several matrices of one shape over the same tokens in one go.
void multiply(const Call& c, const Isa& isa, const std::vector<const sdk::Weight*>& ws, const Tokens& x, const std::vector<float*>& ys) {
  const sdk::Weight& first = *ws[0];
  const auto N = static_cast<int64_t>(first.rows), K = static_cast<int64_t>(first.cols);
  const auto count = static_cast<int64_t>(ws.size());
  const bool few = x.count() <= kFewTokens;
  const int64_t pieces = few ? N : (N + kPanel - 1) / kPanel;
  const int64_t grain = few ? std::max<int64_t>(1, 32768 / std::max<int64_t>(1, K * x.count())) : 1;
  c.parallel(count * pieces, grain, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end;) {
      const auto i = static_cast<std::size_t>(at / pieces);
      const int64_t from = at % pieces, to = std::min(pieces, from + (end - at));
      const Method m(c, isa, *ws[i]);
      few ? multiply_rows(isa, *ws[i], m, x, from, to, ys[i]) : multiply_panels(isa, *ws[i], m, x, from, to, ys[i]);
      at += to - from;
    }
  });
}

void multiply_one(const Call& c, const Isa& isa, const sdk::Weight& w, const float* x, int64_t T, float* y) {
  const Method m(c, isa, w);
  const Tokens tokens(c, isa, x, T, static_cast<int64_t>(w.cols), m.format != nullptr);
  multiply(c, isa, {&w}, tokens, {y});
}

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
      if (tb) {
        const float* token = left.data();
        for (int64_t n = 0; n < N; ++n) isa.dot_float(WEFT_F32, reinterpret_cast<const uint8_t*>(w + n * K), K, &token, 1, out + n);
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

void matmul(Call& c, const Isa& isa) {
  const sdk::Weight* w = c.weights[1];
  const View& a = c.in[0];
  if (w != nullptr && c.in[1].rank() == 2 && c.integer("tb", 0) != 0 && c.integer("ta", 0) == 0 && c.weights[0] == nullptr) {
    const auto K = static_cast<int64_t>(w->cols);
    const int64_t T = K == 0 ? 0 : a.size() / K;
    if (K == 0) {
      std::fill(c.out[0].f32(), c.out[0].f32() + c.out[0].size(), 0.0f);
    } else if (T > 0 && w->rows > 0) {
      multiply_one(c, isa, *w, a.f32(), T, c.out[0].f32());
    }
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

void add_bias(const Call& c, std::size_t input, float* y, int64_t T, int64_t N) {
  if (!c.has(input)) return;
  const float* bias = c.in[input].f32();
  for (int64_t t = 0; t < T; ++t) {
    for (int64_t n = 0; n < N; ++n) y[t * N + n] += bias[n];
  }
}

/// A matrix operand, of a parameter as stored, else of f32 values in rows.
const sdk::Weight& operand(const Call& c, std::size_t i, sdk::Weight& made) {
  if (c.weights[i] != nullptr) return *c.weights[i];
  const View& v = c.in[i];
  made.rows = static_cast<uint64_t>(v.dims[0]), made.cols = static_cast<uint64_t>(v.dims[1]);
  for (int64_t r = 0; r < v.dims[0]; ++r) made.row.push_back(reinterpret_cast<const uint8_t*>(v.f32() + r * v.dims[1]));
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
  const bool quantized = Method(c, isa, gate).format != nullptr;
  if (quantized == (Method(c, isa, up).format != nullptr)) {
    const Tokens tokens(c, isa, x.f32(), T, H, quantized);
    multiply(c, isa, {&gate, &up}, tokens, {g, u});
  } else {
    multiply_one(c, isa, gate, x.f32(), T, g);
    multiply_one(c, isa, up, x.f32(), T, u);
  }
  add_bias(c, 4, g, T, F);
  add_bias(c, 5, u, T, F);
  c.parallel(T * F, 16384, [&](int64_t begin, int64_t end) { isa.gate(activation, g + begin, u + begin, end - begin); });
  multiply_one(c, isa, down, g, T, c.out[0].f32());
  add_bias(c, 6, c.out[0].f32(), T, H);
}

}  // namespace

void decode_row(const Isa& isa, const sdk::Weight& w, int64_t row, float* out) {
  const uint8_t* data = w.row[static_cast<std::size_t>(row)];
  const auto n = static_cast<int64_t>(w.cols);
  if (is_float(w.dtype)) return isa.widen(w.dtype, data, n, out);
  const weft_dtype& d = dtype_of(w);
  weft_slab slab{};
  slab.plane[0] = const_cast<uint8_t*>(data);
  slab.col_pitch[0] = d.plane[0].bytes;
  sdk::check(d.decode(d.self, &slab, 1, w.cols, out));
}

void add_matmul(Interpreter& b, IsaRef isa) {
  b.kernel("matmul", [&isa](Call& c) { matmul(c, *isa); }, {0, 1});
  b.kernel("gated_mlp", [&isa](Call& c) { gated_mlp(c, *isa); }, {1, 2, 3});
}

}  // namespace weft::cpu
