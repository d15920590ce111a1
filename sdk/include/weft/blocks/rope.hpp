// Rotary position embeddings (Su et al. 2021) with every scaling type in use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/blocks/tokens.hpp"
#include "weft/sdk/config.hpp"

namespace weft::blocks {

/// How positions rotate q and k. Frequencies are radians a position, one for each rotated pair.
struct Rope {
  int64_t rotated = 0;             // how many dims of a head are rotated; even
  std::vector<float> frequencies;  // [rotated/2]
  float attention_factor = 1;      // multiplies cos and sin
  double score_factor = 1;         // multiplies attention's scores, in families whose attention applies it
  bool interleaved = false;        // pairs are (2i, 2i+1) rather than (i, i+rotated/2)
  std::string divisors;            // name of a parameter [rotated/2] that divides the frequencies; empty: none
  std::string long_divisors;       // the same for sequences longer than original_context

  // Scalings that depend on the length of the sequence in this step:
  std::vector<float> long_frequencies;  // longrope: the frequencies of sequences longer than original_context
  int64_t original_context = 0;
  struct Dynamic {  // dynamic NTK: the base grows with the length beyond `context`
    double theta, factor, context;
  };
  std::optional<Dynamic> dynamic;
};

/// Under which keys a family's config describes its rope, and what holds where it does not.
struct RopeKeys {
  double theta = 10000, partial = 1;  // where the config has neither key
  std::string_view theta_key = "rope_theta", partial_key = "partial_rotary_factor";
  std::string_view layer_type = "";  // the member of rope_parameters to read, where it has one for each type of layer
  bool scaled = true;                // false: rope_scaling does not apply to this rope
  bool interleaved = false;
  int64_t rotated = 0;  // > 0: how many dims of a head are rotated, whatever the config says
  struct Yarn {  // YaRN for configs that name no scaling; factor 0: none
    double factor = 0, original = 0;
  } yarn = {};
};

/// Reads rope_parameters (transformers 5) or rope_theta, rope_scaling and partial_rotary_factor
/// (transformers 4). `context`: max_position_embeddings.
Rope read_rope(sdk::Config& config, int64_t head_dim, double default_theta, int64_t context, const RopeKeys& keys = {});

/// cos and sin of every token's angles, [T, rotated/2] each. `lengths` [S] i32: how many tokens each sequence has, this
/// step's included (a group's `len`).
struct RopeAngles {
  sdk::Tensor cos, sin;
};
RopeAngles rope_angles(sdk::Graph& g, const TokenAxis& axis, const Rope& rope,
                       sdk::Tensor lengths);

/// Rotates the first rope.rotated dims of each head of x [T, H, D]; the other dims stay.
sdk::Tensor apply_rope(sdk::Graph& g, sdk::Tensor x, const RopeAngles& angles, const Rope& rope);

}  // namespace weft::blocks

#include "weft/blocks/rope_config.hpp"
#include "weft/blocks/rope_graph.hpp"
