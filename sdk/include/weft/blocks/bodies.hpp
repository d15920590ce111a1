// The writers of all composites of weft: what backends compare bodies with.
#pragma once

#include "weft/blocks/delta.hpp"
#include "weft/blocks/moe.hpp"
#include "weft/blocks/paged_attention.hpp"
#include "weft/blocks/ragged_attention.hpp"
#include "weft/blocks/rope.hpp"
#include "weft/blocks/ssm.hpp"

namespace weft::blocks {

/// The writer of the body of weft's composite; null: weft has none of this name and version.
inline sdk::BodyWriter body_writer(std::string_view op, uint32_t version) {
  static constexpr std::pair<std::string_view, sdk::BodyWriter> kWriters[] = {
      {"activation", activation_body},
      {"attention", paged_attention_body},
      {"causal_conv", causal_conv_body},
      {"gated_delta", gated_delta_body},
      {"gated_mlp", gated_mlp_body},
      {"layer_norm", layer_norm_body},
      {"linear", linear_body},
      {"moe", moe_body},
      {"prefix_attention", paged_attention_body},
      {"ragged_attention", ragged_attention_body},
      {"relative_attention", paged_attention_body},
      {"rms_norm", rms_norm_body},
      {"rope", rope_body},
      {"selective_scan", selective_scan_body},
      {"softmax", softmax_body},
      {"weighted_mean", weighted_mean_body},
  };
  for (const auto& [name, write] : kWriters) {
    if (version == 1 && name == op) return write;
  }
  return nullptr;
}

}  // namespace weft::blocks
