#include "plugins/backends/vulkan/kept.hpp"

#include <algorithm>
#include <limits>

namespace weft::vulkan {

Step step_of(Dispatch& d, std::size_t at, std::size_t count) {
  const sdk::View &slot_in = d.in[at + count], &slot_out = d.in[at + count + 1], &seq_start = d.in[at + count + 2];
  const int64_t S = slot_in.dims[0], T = slot_out.dims[0];
  int64_t slots = std::numeric_limits<int32_t>::max();
  for (std::size_t i = 0; i < count; ++i) {
    const sdk::StateView& s = *d.states[at + i];
    slots = std::min(slots, s.slots);
    const int64_t blocks = (s.slots + s.block_tokens - 1) / s.block_tokens;
    d.writes.push_back({address(s.data), static_cast<uint64_t>(blocks) * s.block_stride});
  }
  const Step step{d.scratch(static_cast<uint64_t>(3 * S + 2 * T) * 4), u32(T), u32(S)};
  const struct {
    VkDeviceAddress kept, slot_in, slot_out, seq_start, error;
    uint32_t tokens, sequences, slots;
  } push{step.kept, address(slot_in), address(slot_out), address(seq_start), d.error, u32(T), u32(S), u32(slots)};
  d.each(Shader::kKept, {}, push, static_cast<uint64_t>(std::max(S, T)));
  return step;
}

State state_of(const Dispatch& d, std::size_t input) {
  const sdk::StateView& s = *d.states[input];
  if (s.dtype->id != WEFT_F32) sdk::fail(WEFT_UNIMPLEMENTED, std::string(d.op) + ": a state is not stored as f32");
  return {address(s.data), u32(static_cast<int64_t>(s.block_stride / 4)), u32(s.block_tokens), s.fill};
}

}  // namespace weft::vulkan
