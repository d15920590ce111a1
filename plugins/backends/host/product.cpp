// The product of two matrices in plain C++. Each element is a sum in a fixed order.
#include "plugins/backends/host/ops.hpp"
#include "plugins/backends/host/tensor.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define WEFT_CLONES __attribute__((target_clones("default", "arch=haswell", "arch=skylake-avx512")))
#else
#define WEFT_CLONES
#endif

namespace weft::host_ops {
namespace {

constexpr int64_t kColumns = 256, kRows = 32;  // size of the pieces of y: larger ones leave the nearest cache

/// y [m,n] += a . b for a piece. Elements of a lie a_row and a_column apart, rows of b and y lie ld apart.
WEFT_CLONES
void add_piece(const float* a, int64_t a_row, int64_t a_column, const float* b, float* y, int64_t ld, int64_t m,
               int64_t n, int64_t k) {
  for (int64_t p = 0; p < k; ++p) {
    for (int64_t i = 0; i < m; ++i) {
      const float v = a[i * a_row + p * a_column];
      for (int64_t j = 0; j < n; ++j) y[i * ld + j] += v * b[p * ld + j];
    }
  }
}

void by_rows(const Call& c, const Factors& f) {
  const int64_t across = (f.n + kColumns - 1) / kColumns, down = (f.m + kRows - 1) / kRows;
  c.parallel(across * down, grain(kColumns * f.k), [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t i = piece / across * kRows, j = piece % across * kColumns;
      const int64_t m = std::min(kRows, f.m - i), n = std::min(kColumns, f.n - j);
      for (int64_t r = i; r < i + m; ++r) std::fill(f.y + r * f.n + j, f.y + r * f.n + j + n, 0.0f);
      add_piece(f.a + i * (f.ta ? 1 : f.k), f.ta ? 1 : f.k, f.ta ? f.m : 1, f.b + j, f.y + i * f.n + j, f.n, m, n, f.k);
    }
  });
}

/// The product for b stored as [n,k]: each row of b is read once for all rows of a.
void by_dots(const Call& c, const Factors& f) {
  std::vector<float> turned(f.ta ? static_cast<std::size_t>(f.m * f.k) : 0);
  for (int64_t p = 0; p < f.k && f.ta; ++p) {
    for (int64_t i = 0; i < f.m; ++i) turned[static_cast<std::size_t>(i * f.k + p)] = f.a[p * f.m + i];
  }
  const float* a = f.ta ? turned.data() : f.a;
  c.parallel(f.n, grain(f.m * f.k), [&](int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end; ++j) {
      for (int64_t i = 0; i < f.m; ++i) f.y[i * f.n + j] = dot(a + i * f.k, f.b + j * f.k, f.k);
    }
  });
}

}  // namespace

WEFT_CLONES
float dot(const float* a, const float* b, int64_t n) {
  constexpr int64_t kLanes = 16;  // independent sums, so that the compiler can use vectors
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

void plain_product(const Call& c, const Factors& f) { f.tb ? by_dots(c, f) : by_rows(c, f); }

}  // namespace weft::host_ops
