// y = x w^T, with weights as stored or packed: how a product is split over threads and onto kernels.
#pragma once

#include <vector>

#include "plugins/backends/cpu/kernels.hpp"

namespace weft::cpu {

/// One product of several over the same tokens: y[t * rows + n] = x[t] . w[first + n] (+ bias[n]),
/// for the `rows` rows of matrix `matrix` of the weight, whose matrices all have as many.
struct Product {
  const sdk::Weight* w;
  float* y;
  int64_t rows, matrix = 0;
  const float* bias = nullptr;
};

/// x [T, K], where K is the columns of all the weights.
void multiply(const Call& c, const Isa& isa, const std::vector<Product>& products, const float* x, int64_t T);

}  // namespace weft::cpu
