// The flat token axis of a step: T tokens of S sequences, and the rows whose logits are wanted.
#pragma once

#include "weft/sdk/graph.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

struct TokenAxis {
  sdk::Graph* graph;
  sdk::Dim T, S, Q;       // tokens, sequences, most new tokens of one sequence
  sdk::Tensor positions;  // [T] i32, or [T, axes] where there are several axes
  sdk::Tensor seq_start;  // [S+1] i32: sequence s has tokens seq_start[s] .. seq_start[s+1]-1
  sdk::Tensor token_seq;  // [T] i32: the sequence of each token

  explicit TokenAxis(sdk::Graph& g, int64_t axes = 1)
      : graph(&g),
        T(g.symbol("T")),
        S(g.symbol("S")),
        Q(g.symbol("Q")),
        positions(g.input("positions", WEFT_I32, axes == 1 ? sdk::Dims{T} : sdk::Dims{T, axes})),
        seq_start(g.input("seq_start", WEFT_I32, {g.add(S, 1)})),
        token_seq(g.input("token_seq", WEFT_I32, {T})) {}
};

/// The rows of x [T, D] whose logits the host wants, [R, D].
WEFT_SDK_INLINE sdk::Tensor wanted_rows(sdk::Graph& g, sdk::Tensor x) {
  return g.gather(x, g.input("rows", WEFT_I32, {g.symbol("R")}));
}

}  // namespace weft::blocks
