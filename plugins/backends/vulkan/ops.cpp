#include "plugins/backends/vulkan/ops.hpp"

#include <algorithm>
#include <utility>

namespace weft::vulkan {

bool is_stored(uint32_t dtype) { return dtype == WEFT_F32 || dtype == WEFT_F16 || dtype == WEFT_BF16; }
Stored stored_of(uint32_t dtype) {
  return dtype == WEFT_F16 ? Stored::kF16 : dtype == WEFT_BF16 ? Stored::kBf16 : Stored::kF32;
}

bool countable(uint64_t elements, const Format& format) {
  constexpr uint64_t kMost = (uint64_t{1} << 31) - 1;
  return elements <= (format.code == Code::kF32 ? kMost : 2 * kMost);
}

void Dispatch::order() {
  const bool first = !std::exchange(begun_, true), alone = std::exchange(together, false) && !first;
  if (alone) return;
  if (hazards == nullptr) return work->barrier();
  if (!first || hazards->clash(reads, writes)) work->barrier(), hazards->clear();
  hazards->add(reads, writes);
}

uint32_t element_of(const sdk::View& v) {
  switch (v.dtype) {
    case WEFT_F16: return static_cast<uint32_t>(Element::kF16);
    case WEFT_BF16: return static_cast<uint32_t>(Element::kBf16);
    case WEFT_I32: return static_cast<uint32_t>(Element::kI32);
    case WEFT_U8: return static_cast<uint32_t>(Element::kU8);
    default: return static_cast<uint32_t>(Element::kF32);
  }
}

void fail(Fault fault) {
  if (fault == Fault::kDividedByZero) sdk::fail(WEFT_INVALID_ARGUMENT, "div of i32 by zero");
  sdk::fail(WEFT_OUT_OF_RANGE, "an index is outside of its tensor");
}

void Dispatch::record(const Variant& variant, const void* push, uint32_t bytes, uint64_t groups, uint64_t groups_y) {
  if (groups == 0 || groups_y == 0 || work == nullptr) return;
  constexpr uint64_t kMostGroups = 65535;  // that every device has along an axis
  Device& device = work->device;
  const VkCommandBuffer commands = work->commands;
  order(), ++recorded_;
  device.api.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, device.pipeline(variant));
  device.api.vkCmdPushConstants(commands, device.layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0, bytes, push);
  device.api.vkCmdDispatch(commands, static_cast<uint32_t>(std::min(groups, kMostGroups)),
                           static_cast<uint32_t>(std::min(groups_y, kMostGroups)), 1);
  if (hazards == nullptr) work->barrier();
}

void add(sdk::Kernels& kernels, const std::string& op, Record record) {
  kernels[{op, 1}] = {[record](sdk::Call& c) { record(static_cast<Dispatch&>(c)); }, {}, sdk::find_op(op, 1)};
}

sdk::Kernels all_kernels() {
  sdk::Kernels kernels;
  add_elementwise(kernels), add_layout(kernels), add_indexing(kernels), add_products(kernels), add_rows(kernels);
  add_attention(kernels), add_experts(kernels), add_conv(kernels), add_ssm(kernels), add_scan(kernels);
  return kernels;
}

}  // namespace weft::vulkan
