// Reads the config keys that families with Mamba layers share into a MambaShape.
#pragma once

#include <cmath>

#include "weft/blocks/mamba.hpp"
#include "weft/sdk/config.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// Reads time_step_limit: [least, most]. An infinite `most` may be null, or an object as transformers 5 writes it.
WEFT_SDK_INLINE void read_time_step_limit(sdk::Config& c, MambaShape& m) {
  const sdk::Json limit = c.get("time_step_limit");
  if (limit.null()) return;
  const sdk::Json least = limit.at(0), most = limit.at(1);
  const bool open = most.null() || most["__float__"].string() == "Infinity";
  const bool sound = limit.is_array() && limit.size() == 2 && least.is_number() && std::isfinite(least.number()) &&
                     (open || (most.is_number() && !std::isnan(most.number())));
  if (!sound)
    sdk::refuse(c.at("time_step_limit") + " is no pair of numbers");
  m.dt_min = least.number();
  if (!open) m.dt_max = most.number();
}

/// Reads Mamba-2's sizes under the keys that hybrid models use: mamba_n_heads, mamba_d_head and so on.
WEFT_SDK_INLINE MambaShape read_mamba2(sdk::Config& c, int64_t hidden, const Norm& norm) {
  MambaShape m;
  m.hidden = hidden, m.norm = norm;
  m.inner = c.integer_or("mamba_expand", 2, 1, 64) * hidden;
  m.heads = c.integer_or("mamba_n_heads", 128, 1, 1 << 16);
  if (m.inner % m.heads != 0) sdk::refuse(c.at("mamba_n_heads") + " does not divide mamba_expand * hidden_size");
  m.head_dim = m.inner / m.heads;
  const bool automatic = c.get("mamba_d_head").string() == "auto";
  if (!automatic && c.integer_or("mamba_d_head", m.head_dim) != m.head_dim)
    sdk::refuse(c.at("mamba_d_head") + " times mamba_n_heads is not mamba_expand * hidden_size");
  m.groups = c.integer_or("mamba_n_groups", 1, 1, 1 << 16);
  if (m.heads % m.groups != 0) sdk::refuse(c.at("mamba_n_groups") + " does not divide mamba_n_heads");
  m.states = c.integer_or("mamba_d_state", 256, 1, 1 << 16);
  m.kernel = c.integer_or("mamba_d_conv", 4, 2, 1 << 10);
  m.bias = c.flag_or("mamba_proj_bias", false), m.conv_bias = c.flag_or("mamba_conv_bias", true);
  read_time_step_limit(c, m);
  c.harmless({"mamba_chunk_size"});
  return m;
}

}  // namespace weft::blocks
