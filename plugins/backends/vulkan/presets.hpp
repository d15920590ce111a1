// How shaders share their work, by device: data that is checked against the device's limits.
#pragma once

#include <cstdint>

namespace weft::vulkan {

/// What a device allows and prefers.
struct Limits {
  uint32_t invocations = 128;    // of a work group, at most
  uint32_t shared_bytes = 16384; // of a work group, at most
  uint32_t subgroup = 32;        // invocations that run as one
  bool software = false;         // shaders run on a processor
};

/// Of matvec.comp: a work group's invocations; lanes of a team; rows of a team.
struct Team {
  uint32_t invocations, lanes, rows;
  uint32_t outputs() const { return invocations / lanes * rows; }  // of a work group
};
Team team_for(const Limits& limits, int64_t tokens, int64_t columns);

/// Of linear.comp: a work group's tokens and outputs, those of an invocation, and columns at once.
struct Tile {
  uint32_t tokens, outputs, own_tokens, own_outputs, depth;
  uint32_t invocations() const { return tokens / own_tokens * (outputs / own_outputs); }
  uint32_t shared_bytes() const { return depth * (tokens + outputs + 2) * 4; }
};
Tile tile_for(const Limits& limits, int64_t tokens, int64_t outputs);

/// Of attention.comp: tokens, heads and invocations of a work group.
struct Rows {
  uint32_t tokens, heads, invocations;
};
/// group: heads of queries that share a head of keys; widths are of keys and of values.
Rows rows_for(int64_t tokens, int64_t group, int64_t key_width, int64_t value_width);

/// The least power of two that is not below n, up to `most`, a power of two.
uint32_t power_from(int64_t n, uint32_t most);

}  // namespace weft::vulkan
