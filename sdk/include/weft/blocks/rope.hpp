// Rotary position embeddings (Su et al. 2021) with every scaling type in use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/blocks/tokens.hpp"
#include "weft/sdk/config.hpp"

namespace weft::blocks {

/// What a config asks for. Frequencies are per rotated pair, in radians a position.
struct Rope {
  int64_t rotated = 0;             // rotated dims of a head, even
  std::vector<float> frequencies;  // [rotated/2]
  float attention_factor = 1;      // multiplies cos and sin
  double score_factor = 1;         // multiplies attention's scores, where a family's attention asks for it
  bool interleaved = false;        // pairs (2i, 2i+1) rather than (i, i+rotated/2)
  std::string divisors;            // a parameter [rotated/2] that frequencies are divided by; empty: none
  std::string long_divisors;       // the same beyond original_context

  // Scalings that depend on the length of the sequence in this step.
  std::vector<float> long_frequencies;  // longrope: used beyond original_context
  int64_t original_context = 0;
  struct Dynamic {  // dynamic NTK: the base grows with the length beyond `context`
    double theta, factor, context;
  };
  std::optional<Dynamic> dynamic;
};

/// How a family's config says it.
struct RopeKeys {
  double theta = 10000, partial = 1;  // where the config has neither
  std::string_view theta_key = "rope_theta", partial_key = "partial_rotary_factor";
  std::string_view layer_type = "";  // the member of rope_parameters, where it has one a type of layers
  bool scaled = true;                // false: rope_scaling is not for this rope
  bool interleaved = false;
  int64_t rotated = 0;  // dims of a head, where the family says so itself
  struct Yarn {  // of configs without any scaling; factor 0: none
    double factor = 0, original = 0;
  } yarn = {};
};

/// Reads rope_parameters (transformers 5) or rope_theta, rope_scaling and partial_rotary_factor
/// (transformers 4). `context`: max_position_embeddings.
Rope read_rope(sdk::Config& config, int64_t head_dim, double default_theta, int64_t context, const RopeKeys& keys = {});

/// cos and sin of every token's angles: [T, rotated/2] each. `lengths` [S] i32: tokens of each
/// sequence, this step's included (a group's `len`).
struct RopeAngles {
  sdk::Tensor cos, sin;
};
RopeAngles rope_angles(sdk::Graph& g, const TokenAxis& axis, const Rope& rope,
                       sdk::Tensor lengths);

/// Rotates the first rope.rotated dims of each head of x [T, H, D]; the rest pass.
sdk::Tensor apply_rope(sdk::Graph& g, sdk::Tensor x, const RopeAngles& angles, const Rope& rope);

}  // namespace weft::blocks

#include "weft/blocks/rope_config.hpp"
#include "weft/blocks/rope_graph.hpp"
