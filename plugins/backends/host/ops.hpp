// Ops over host memory, in f32. docs/reference/ops.md says what each computes, and the blocks of the SDK say it exactly
// for composites. Results do not depend on the number of threads.
#pragma once


#include "weft/sdk/interpreter.hpp"

namespace weft::host_ops {

using sdk::Call;
using sdk::Interpreter;
using sdk::View;

/// y [m,n] = a [m,k] . b [k,n], all dense. ta: a is stored as [k,m], tb: b is stored as [n,k]. Any size may be 0.
struct Factors {
  const float *a, *b;
  float* y;
  int64_t m, n, k;
  bool ta = false, tb = true;
};

/// Computes a product: on the call's pool, or as part of a loop that runs there.
using Product = void (*)(const Call&, const Factors&);
void plain_product(const Call&, const Factors&);

void add_elementwise(Interpreter&);        // unary, binary, compare, select, cast
void add_layout(Interpreter&);             // reshape transpose broadcast concat slice pad iota
void add_reduce(Interpreter&);             // reduce cumsum top_k softmax rms_norm layer_norm
void add_indexing(Interpreter&);           // gather scatter
void add_products(Interpreter&, Product);  // matmul matmul_id gated_mlp activation
void add_conv(Interpreter&, Product);
void add_attention(Interpreter&);  // rope attention
void add_scan(Interpreter&);
void add_ssm(Interpreter&);  // causal_conv selective_scan weighted_mean gated_delta

/// Adds the kernels of all these functions. A kernel that is added later under the same name replaces one of them.
void add_all(Interpreter&, Product = plain_product);

// Kernels for backends that do some cases of an op themselves.
void gather(Call&);
void scatter(Call&);
void matmul(const Call&, Product);
/// The rows of y that each expert of a matmul_id fills. Rows of no expert (id -1) are set to zero.
std::vector<std::vector<int64_t>> rows_by_expert(const Call&);

}  // namespace weft::host_ops
