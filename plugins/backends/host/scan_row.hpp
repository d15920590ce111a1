// The kernels that a selective scan needs from an instruction set. There are no functions here, since files compiled
// for several instruction sets include this.
#pragma once

#include <cstdint>

namespace weft::host_ops {

/// One token of one head: h [P,N] becomes h * decay + dt * x * b, then y[p] = c . h[p] + d * x[p].
struct ScanRow {
  int64_t P, N;
  const float *x, *decay, *b, *c;  // x [P], the others [N]
  float dt, d;
};
struct ScanKernels {
  void (*row)(const ScanRow&, float* h, float* y);
  void (*decay)(const float* a, float dt, int64_t n, float* decay);  // exp(dt * a[i]), where dt * a[i] <= 0
};

}  // namespace weft::host_ops
