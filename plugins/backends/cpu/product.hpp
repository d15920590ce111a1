// y = x w^T, with weights as stored or packed: how a product is split over threads and onto kernels.
#pragma once

#include <vector>

#include "plugins/backends/cpu/kernels.hpp"

namespace weft::cpu {

/// y[t * rows + n] = act(x[t] . w[first + n] + bias[n]), for the `rows` rows of matrix `matrix` of the weight, whose
/// matrices all have as many. x [T, K], where K is the columns of the weight.
struct Product {
  const sdk::Weight* w;
  const float* x;
  int64_t T;
  float* y;
  int64_t rows, matrix = 0;
  const float* bias = nullptr;  // null: none
  int activation = -1;          // an index in kActivations; -1: none
};

/// All at once, of one K; those of the same x share what is made of it. None writes what another reads.
void multiply(const Call& c, const Isa& isa, const std::vector<Product>& products);

}  // namespace weft::cpu
