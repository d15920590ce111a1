// Attention in its rarer forms: with biases by distance, with tokens ahead, among the tokens of a step, of wide heads.
#include <algorithm>
#include <bit>
#include <limits>

#include "plugins/backends/vulkan/ops.hpp"

namespace weft::vulkan {
namespace {

/// The inputs that both kinds of composites have, by their places; absent: WEFT_NONE.
struct Places {
  std::size_t seq_start, token_seq, sinks, slopes, relative, ahead;
};

struct Push {
  VkDeviceAddress y, q, k, v, table, base, len, seq_start, token_seq, sinks, slopes, relative, ahead, error;
  uint32_t tokens, sequences, blocks, slots;
};

void attend(Dispatch& d, const Places& at, Push push, const sdk::StateView* k, const sdk::StateView* v) {
  const sdk::View &q = d.in[0], &y = d.out[0];
  const auto given = [&](std::size_t i) { return d.has(i) ? address(d.in[i]) : 0; };
  const auto real = [&](std::string_view key, double fallback) {
    return std::bit_cast<uint32_t>(static_cast<float>(d.number(key, fallback)));
  };
  const auto words = [](const sdk::StateView* s) {
    return s != nullptr ? u32(static_cast<int64_t>(s->block_stride / 4)) : 0;
  };
  push.y = address(y), push.q = address(q), push.error = d.error;
  push.seq_start = address(d.in[at.seq_start]), push.token_seq = address(d.in[at.token_seq]);
  push.sinks = given(at.sinks), push.slopes = given(at.slopes), push.relative = given(at.relative);
  push.ahead = given(at.ahead);
  push.tokens = u32(q.dims[0]), push.sequences = u32(d.in[at.seq_start].dims[0] - 1);
  const int64_t window = std::min<int64_t>(d.integer("window", 0), std::numeric_limits<int32_t>::max());
  const int64_t farthest = push.relative != 0 ? d.in[at.relative].dims[1] / 2 : -1;
  d.run(Shader::kAnyAttention, 64,
        {static_cast<uint32_t>(k != nullptr ? stored_of(k->dtype->id) : Stored::kF32), k != nullptr,
         u32(d.integer("block_tokens", 1)), words(k), words(v), u32(q.dims[1]), u32(d.in[1].dims[1]), u32(q.dims[2]),
         u32(y.dims[2]), d.integer("causal", 1) != 0, u32(window), real("scale", 1), real("softcap", 0),
         push.sinks != 0, push.slopes != 0, u32(farthest), push.ahead != 0},
        push, static_cast<uint64_t>(q.dims[0] * q.dims[1]));
}

void ragged_attention(Dispatch& d) {
  Push push{};
  push.k = address(d.in[1]), push.v = address(d.in[2]);
  attend(d, {3, 4, 5, 6, 7, WEFT_NONE}, push, nullptr, nullptr);
}

}  // namespace

void paged_attention(Dispatch& d) {
  const sdk::StateView &k = *d.states[1], &v = *d.states[2];
  Push push{};
  push.k = address(k.data), push.v = address(v.data);
  push.table = address(d.in[3]), push.base = address(d.in[4]), push.len = address(d.in[5]);
  push.blocks = u32(d.in[3].dims[1]), push.slots = u32(std::min(k.slots, v.slots));
  attend(d, {6, 7, 8, 9, 10, 11}, push, &k, &v);
}

void add_attention(sdk::Kernels& k) {
  add(k, "relative_attention", paged_attention), add(k, "prefix_attention", paged_attention);
  add(k, "ragged_attention", ragged_attention);
}

}  // namespace weft::vulkan
