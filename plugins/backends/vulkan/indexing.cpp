// Rows by index: of tensors, of parameters as they are stored, and of states.
#include "plugins/backends/vulkan/ops.hpp"

namespace weft::vulkan {
namespace {

struct StatePush {
  VkDeviceAddress y, x, index, error;
  uint32_t n, slots, inner, block_words, block_tokens;
};

void gather_state(Dispatch& d, const sdk::StateView& s) {
  const StatePush push{address(d.out[0]), address(s.data), address(d.in[1]), d.error, u32(d.out[0].size()),
                       u32(s.slots), u32(s.entry_elems), u32(static_cast<int64_t>(s.block_stride / 4)),
                       u32(s.block_tokens)};
  d.each(Shader::kGatherState, {static_cast<uint32_t>(stored_of(s.dtype->id))}, push, push.n);
}

void gather(Dispatch& d) {
  if (d.states[0] != nullptr) return gather_state(d, *d.states[0]);
  const sdk::View &x = d.in[0], &index = d.in[1];
  const auto axis = static_cast<std::size_t>(d.integer("axis", 0)),
             batch = static_cast<std::size_t>(d.integer("batch", 0));
  int64_t outer = 1, inner = 1, places = 1;
  for (std::size_t i = batch; i < axis; ++i) outer *= x.dims[i];
  for (std::size_t i = axis + 1; i < x.rank(); ++i) inner *= x.dims[i];
  for (std::size_t i = batch; i < index.rank(); ++i) places *= index.dims[i];
  const struct {
    VkDeviceAddress y;
    WeightPush x;
    VkDeviceAddress index, error;
    uint32_t n, outer, places, size, inner;
  } push{address(d.out[0]), d.weights[0], address(index), d.error, u32(d.out[0].size()), u32(outer), u32(places),
         u32(x.dims[axis]), u32(inner)};
  d.each(Shader::kGather, {packed(*d.weights[0].format), bytes_of_element(d.out[0])}, push, push.n);
}

void scatter_state(Dispatch& d, const sdk::StateView& s, bool adds) {
  const Stored stored = stored_of(s.dtype->id);
  const int64_t n = d.in[1].size() * s.entry_elems / (stored == Stored::kF32 ? 1 : 2);
  const StatePush push{address(s.data), address(d.in[2]), address(d.in[1]), d.error, u32(n), u32(s.slots),
                       u32(s.entry_elems), u32(static_cast<int64_t>(s.block_stride / 4)), u32(s.block_tokens)};
  d.each(Shader::kScatterState, {static_cast<uint32_t>(stored), adds}, push, push.n);
}

void scatter(Dispatch& d) {
  const bool adds = d.integer("kind", 0) == 1;
  if (d.out_state != nullptr) return scatter_state(d, *d.out_state, adds);
  const sdk::View &x = d.in[0], &index = d.in[1], &y = d.out[0];
  d.copy(address(y), address(x), x.size(), bytes_of_element(x));
  int64_t inner = 1;
  for (std::size_t i = 1; i < x.rank(); ++i) inner *= x.dims[i];
  const struct {
    VkDeviceAddress y, update, index, error;
    uint32_t places, rows, inner;
  } push{address(y), address(d.in[2]), address(index), d.error, u32(index.size()), u32(x.dims[0]), u32(inner)};
  d.each(Shader::kScatter, {!adds ? 0u : y.dtype == WEFT_F32 ? 1u : 2u, bytes_of_element(y)}, push, push.inner);
}

}  // namespace

void add_indexing(sdk::Kernels& k) { add(k, "gather", gather), add(k, "scatter", scatter); }

}  // namespace weft::vulkan
