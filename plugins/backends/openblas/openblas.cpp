// A backend in one file: the shared ops of host memory with products by OpenBLAS.
#include <cblas.h>

#include <algorithm>
#include <climits>

#include "plugins/backends/host/ops.hpp"
#include "weft/sdk/plugin.hpp"

namespace {

using namespace weft;
using host_ops::Factors;

constexpr int64_t kPiece = 128;       // rows or columns of y in a call of OpenBLAS; larger: fewer pieces for threads
// Multiplications that are worth a thread; larger: small products use fewer threads.
constexpr int64_t kWork = 1ll << 18;

/// Computes rows [i, i + m) and columns [j, j + n) of y.
void piece(const Factors& f, int64_t i, int64_t m, int64_t j, int64_t n) {
  const float *a = f.a + (f.ta ? i : i * f.k), *b = f.b + (f.tb ? j * f.k : j);
  cblas_sgemm(CblasRowMajor, f.ta ? CblasTrans : CblasNoTrans, f.tb ? CblasTrans : CblasNoTrans,
              static_cast<blasint>(m), static_cast<blasint>(n), static_cast<blasint>(f.k), 1, a,
              static_cast<blasint>(f.ta ? f.m : f.k), b, static_cast<blasint>(f.tb ? f.k : f.n), 0, f.y + i * f.n + j,
              static_cast<blasint>(f.n));
}

/// Splits y along its longer side into pieces whose size does not depend on the number of threads: OpenBLAS may add up
/// an element in another order when a piece ends elsewhere.
void product(const sdk::Call& c, const Factors& f) {
  // For one row, plain_product is faster than cblas_sgemv (0.3.21 on Zen 4); without rows or sums BLAS refuses the
  // strides.
  if (f.m <= 1 || f.n == 0 || f.k == 0) return host_ops::plain_product(c, f);
  if (std::max({f.m, f.n, f.k}) > INT_MAX)
    sdk::fail(WEFT_UNIMPLEMENTED, "openblas: a matrix with more than 2^31 rows or columns");
  const bool by_columns = f.n >= f.m;
  const int64_t side = by_columns ? f.n : f.m, other = by_columns ? f.m : f.n;
  const int64_t grain = std::max<int64_t>(1, kWork / (kPiece * other * f.k));
  c.parallel((side + kPiece - 1) / kPiece, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at = i * kPiece, n = std::min(kPiece, side - at);
      by_columns ? piece(f, 0, f.m, at, n) : piece(f, at, n, 0, f.n);
    }
  });
}

struct Plugin {
  static constexpr std::string_view kId = "weft.openblas", kVersion = "0.1.0", kVendor = "weft";

  Plugin() {
    openblas_set_num_threads(1);  // the host's pool splits the work
    host_ops::add_all(backend_, product);
  }
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_BACKEND_INTERFACE && n == 0 ? backend_.table() : nullptr;
  }

 private:
  sdk::Interpreter backend_{"openblas", "host memory, f32, products by OpenBLAS"};
};

}  // namespace

WEFT_PLUGIN(Plugin)
