// What a selective scan asks of an instruction set. No functions: kernels of several sets include this.
#pragma once

#include <cstdint>

namespace weft::host_ops {

/// One token of one head: h [P,N] becomes h * decay + dt * x * b, y[p] = c . h[p] + d * x[p].
struct ScanRow {
  int64_t P, N;
  const float *x, *decay, *b, *c;  // [P], [N] each
  float dt, d;
};
struct ScanKernels {
  void (*row)(const ScanRow&, float* h, float* y);
  void (*decay)(const float* a, float dt, int64_t n, float* decay);  // exp(dt * a), dt * a <= 0
};

}  // namespace weft::host_ops
