#include "plugins/backends/vulkan/device.hpp"

#include <algorithm>
#include <utility>

namespace weft::vulkan {
namespace {

/// The first kind of memory with all of `wanted` and of `better`, else the first with all of `wanted`. -1: none.
int memory_type(const VkPhysicalDeviceMemoryProperties& all, uint32_t allowed, VkMemoryPropertyFlags wanted,
                VkMemoryPropertyFlags better) {
  int found = -1;
  for (uint32_t i = 0; i < all.memoryTypeCount; ++i) {
    const VkMemoryPropertyFlags has = all.memoryTypes[i].propertyFlags;
    if ((allowed >> i & 1) == 0 || (has & wanted) != wanted) continue;
    if ((has & better) == better) return static_cast<int>(i);
    if (found < 0) found = static_cast<int>(i);
  }
  return found;
}

constexpr VkMemoryPropertyFlags kReached =
    VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;

}  // namespace

Memory::Memory(Device& device, uint64_t bytes, Of of) : device_(&device), bytes_(bytes) {
  try {
    take(of);
  } catch (...) {
    reset();
    throw;
  }
}

void Memory::take(Of of) {
  Device& d = *device_;
  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
  info.size = std::max<uint64_t>(bytes_, 4);
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT |
               VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  must(d.api.vkCreateBuffer(d.handle, &info, nullptr, &buffer_), "vkCreateBuffer");
  VkMemoryRequirements needs;
  d.api.vkGetBufferMemoryRequirements(d.handle, buffer_, &needs);
  const auto& types = d.memory.memoryProperties;
  const bool host = of == Of::kHost;
  const int type = host ? memory_type(types, needs.memoryTypeBits, kReached, VK_MEMORY_PROPERTY_HOST_CACHED_BIT)
                        : memory_type(types, needs.memoryTypeBits, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0);
  const std::string wanted = d.facts.name + ": of " + std::to_string(needs.size) + " bytes that are asked for, ";
  if (type < 0) sdk::fail(WEFT_RESOURCE_EXHAUSTED, wanted + "no memory of the kind that is needed is there");
  if (!host) {
    if (!d.facts.budget->take(needs.size))
      sdk::fail(WEFT_RESOURCE_EXHAUSTED,
                wanted + std::to_string(d.facts.budget->left()) + " are left of the " +
                    std::to_string(d.facts.budget->most()) + " that the options of weft.vulkan allow");
    taken_ = needs.size;
  }
  VkMemoryAllocateFlagsInfo flags{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO};
  flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
  VkMemoryAllocateInfo allocate{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
  allocate.pNext = &flags, allocate.allocationSize = needs.size;
  allocate.memoryTypeIndex = static_cast<uint32_t>(type);
  const VkResult got = d.api.vkAllocateMemory(d.handle, &allocate, nullptr, &memory_);
  if (got == VK_ERROR_OUT_OF_DEVICE_MEMORY || got == VK_ERROR_OUT_OF_HOST_MEMORY)
    sdk::fail(WEFT_RESOURCE_EXHAUSTED,
              wanted + "not all are left of " +
                  std::to_string(types.memoryHeaps[types.memoryTypes[type].heapIndex].size));
  must(got, "vkAllocateMemory");
  must(d.api.vkBindBufferMemory(d.handle, buffer_, memory_, 0), "vkBindBufferMemory");
  VkBufferDeviceAddressInfo address{VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO};
  address.buffer = buffer_;
  address_ = d.api.vkGetBufferDeviceAddress(d.handle, &address);
  if (!host) return;
  void* at = nullptr;
  must(d.api.vkMapMemory(d.handle, memory_, 0, VK_WHOLE_SIZE, 0, &at), "vkMapMemory");
  host_ = static_cast<uint8_t*>(at);
}

Memory& Memory::operator=(Memory&& o) noexcept {
  std::swap(device_, o.device_), std::swap(buffer_, o.buffer_), std::swap(memory_, o.memory_);
  std::swap(address_, o.address_), std::swap(host_, o.host_), std::swap(bytes_, o.bytes_), std::swap(taken_, o.taken_);
  return *this;
}

void Memory::reset() {
  if (device_ == nullptr) return;
  device_->api.vkDestroyBuffer(device_->handle, buffer_, nullptr);
  device_->api.vkFreeMemory(device_->handle, memory_, nullptr);
  device_->facts.budget->give(taken_);
  buffer_ = VK_NULL_HANDLE, memory_ = VK_NULL_HANDLE, device_ = nullptr;
}

Device::Device(Machine& m, const Facts& f) : machine(m), facts(f) {
  const float priority = 1;
  VkDeviceQueueCreateInfo queue{VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
  queue.queueFamilyIndex = facts.queue_family, queue.queueCount = 1, queue.pQueuePriorities = &priority;
  FeatureStructs features(facts.version, facts.extensions);
  features.enable(facts.features);
  const std::vector<const char*> extensions = extensions_for(facts.features, facts.extensions);
  VkDeviceCreateInfo info{VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO};
  info.enabledExtensionCount = static_cast<uint32_t>(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();
  info.pNext = &features.first, info.queueCreateInfoCount = 1, info.pQueueCreateInfos = &queue;
  must(machine.api.vkCreateDevice(facts.handle, &info, nullptr, &handle), "vkCreateDevice");
#define WEFT_VULKAN_FIND(f) api.f = reinterpret_cast<PFN_##f>(machine.api.vkGetDeviceProcAddr(handle, #f));
  WEFT_VULKAN_DEVICE(WEFT_VULKAN_FIND)
#undef WEFT_VULKAN_FIND
  machine.api.vkGetPhysicalDeviceMemoryProperties2(facts.handle, &memory);
  api.vkGetDeviceQueue(handle, facts.queue_family, 0, &queue_);
  const VkPushConstantRange push{VK_SHADER_STAGE_COMPUTE_BIT, 0, kPushBytes};
  VkPipelineLayoutCreateInfo layout{VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};
  layout.pushConstantRangeCount = 1, layout.pPushConstantRanges = &push;
  const VkResult made = api.vkCreatePipelineLayout(handle, &layout, nullptr, &layout_);
  if (made != VK_SUCCESS) api.vkDestroyDevice(handle, nullptr);
  must(made, "vkCreatePipelineLayout");
}

Device::~Device() {
  api.vkDeviceWaitIdle(handle);
  for (const auto& [variant, pipeline] : pipelines_) api.vkDestroyPipeline(handle, pipeline, nullptr);
  api.vkDestroyPipelineLayout(handle, layout_, nullptr);
  api.vkDestroyDevice(handle, nullptr);
}

VkPipeline Device::pipeline(const Variant& variant) {
  const std::lock_guard lock(pipelines_mutex_);
  const auto [it, fresh] = pipelines_.try_emplace(variant, VK_NULL_HANDLE);
  if (it->second != VK_NULL_HANDLE) return it->second;
  // What may run out of memory comes before the module.
  std::vector<VkSpecializationMapEntry> entries;
  for (uint32_t i = 0; i < variant.constants.size(); ++i) entries.push_back({i, i * 4, 4});
  const std::span<const uint32_t> code = code_of(variant.shader);
  VkShaderModuleCreateInfo module_info{VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};
  module_info.codeSize = code.size_bytes(), module_info.pCode = code.data();
  VkShaderModule module = VK_NULL_HANDLE;
  must(api.vkCreateShaderModule(handle, &module_info, nullptr, &module), "vkCreateShaderModule");
  const VkSpecializationInfo constants{static_cast<uint32_t>(entries.size()), entries.data(),
                                       variant.constants.size() * 4, variant.constants.data()};
  VkComputePipelineCreateInfo info{VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO};
  info.layout = layout_;
  info.stage = {VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO};
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = module, info.stage.pName = "main", info.stage.pSpecializationInfo = &constants;
  const VkResult made = api.vkCreateComputePipelines(handle, VK_NULL_HANDLE, 1, &info, nullptr, &it->second);
  api.vkDestroyShaderModule(handle, module, nullptr);
  must(made, "vkCreateComputePipelines");
  return it->second;
}

void Device::submit(const VkSubmitInfo& info, VkFence fence) {
  machine.complaints.check();  // of what was recorded: it is not run then
  const std::lock_guard lock(queue_mutex_);
  must(api.vkQueueSubmit(queue_, 1, &info, fence), "vkQueueSubmit");
}

void Device::rest() noexcept {
  const std::lock_guard lock(queue_mutex_);
  api.vkQueueWaitIdle(queue_);
}

}  // namespace weft::vulkan
