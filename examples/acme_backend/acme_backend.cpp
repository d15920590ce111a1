// A backend in an afternoon: one kernel. Through `supports` it refuses all other ops of a graph, and the core runs them
// on the next backend in the list.
#include <weft/sdk/interpreter.hpp>
#include <weft/sdk/plugin.hpp>

namespace {

using weft::sdk::Call;
using weft::sdk::View;

/// c[..., M, N] = a[..., M, K] b, where b is [K, N], or [N, K] with `tb`. b has rank 2, or the batch axes of `a`, of
/// which those of size 1 are shared.
void matmul(Call& call) {
  const View &a = call.in[0], &b = call.in[1];
  const View& c = call.out[0];
  const bool ta = call.integer("ta", 0) != 0, tb = call.integer("tb", 0) != 0;
  const int64_t M = c.dims[c.rank() - 2], N = c.dims[c.rank() - 1];
  const int64_t K = a.dims[a.rank() - (ta ? 2 : 1)];

  // The matrix of x for batch `n` of the result; x shares its axes of size 1.
  auto matrix = [&](const View& x, int64_t n) {
    int64_t index = 0, stride = 1;
    for (std::size_t back = 3; back <= x.rank(); ++back) {
      const int64_t size = c.dims[c.rank() - back], own = x.dims[x.rank() - back];
      index += (own == 1 ? 0 : n % size) * stride;
      stride *= own;
      n /= size;
    }
    return x.f32() + index * x.dims[x.rank() - 2] * x.dims[x.rank() - 1];
  };
  const int64_t batches = M * N == 0 ? 0 : c.size() / (M * N);
  call.parallel(batches * M, 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float *x = matrix(a, row / M), *w = matrix(b, row / M);
      const int64_t m = row % M;
      for (int64_t n = 0; n < N; ++n) {
        float sum = 0;
        for (int64_t k = 0; k < K; ++k) sum += x[ta ? k * M + m : m * K + k] * w[tb ? n * K + k : k * N + n];
        c.f32()[row * N + n] = sum;
      }
    }
  });
}

struct Plugin {
  static constexpr std::string_view kId = "com.acme.backend", kVersion = "0.1.0", kVendor = "Acme";
  Plugin() { backend_.kernel("matmul", matmul); }
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_BACKEND_INTERFACE && n == 0 ? backend_.table() : nullptr;
  }

 private:
  weft::sdk::Interpreter backend_{"acme", "matmul and nothing else"};
};

}  // namespace

WEFT_PLUGIN(Plugin)
