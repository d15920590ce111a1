// States that each sequence keeps, as composites and scans read and write them.
#pragma once

#include "plugins/backends/vulkan/ops.hpp"

namespace weft::vulkan {

/// As kept.glsl has it, in push constants.
struct Step {
  VkDeviceAddress kept;
  uint32_t tokens, sequences;
};
struct State {
  VkDeviceAddress at;
  uint32_t block_words, block_entries;
  float fill;
};

/// Records what is to be known of a step's sequences and tokens, before all else of a node that writes its states.
/// Inputs `at`, `at` + 1, ... are `count` states, then slot_in [S], slot_out [T] and seq_start [S + 1].
Step step_of(Dispatch& d, std::size_t at, std::size_t count);

/// The state of an input. UNIMPLEMENTED: it is not stored as f32.
State state_of(const Dispatch& d, std::size_t input);

}  // namespace weft::vulkan
