#include "plugins/backends/cpu/kernels.hpp"

namespace weft::cpu {
namespace {

/// x [T,H,D], cos and sin [T,R/2]: the first R dims of each head are rotated, the rest are copied.
void rope(Call& c, const Isa& isa) {
  const View &x = c.in[0], &y = c.out[0];
  const bool interleaved = c.integer("interleaved", 0) != 0;
  const int64_t T = x.dims[0], H = x.dims[1], D = x.dims[2], half = c.in[1].dims[1];
  c.parallel(T, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, H * D)), [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      isa.rope(x.f32() + t * H * D, c.in[1].f32() + t * half, c.in[2].f32() + t * half, H, D, half, interleaved,
               y.f32() + t * H * D);
    }
  });
}

}  // namespace

void add_rope(Interpreter& b) {
  b.kernel("rope", [](Call& c) { rope(c, isa_of(c)); });
}

}  // namespace weft::cpu
