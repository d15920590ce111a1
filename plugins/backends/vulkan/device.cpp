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
  // A driver need not notice: lavapipe 22.3 counts a buffer's bytes with 32 bits.
  if (bytes_ > d.facts.most_at_once)
    sdk::fail(WEFT_RESOURCE_EXHAUSTED, d.facts.name + ": of " + std::to_string(bytes_) + " bytes that are asked for, " +
                                           std::to_string(d.facts.most_at_once) + " is the most in one piece");
  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
  info.size = std::max<uint64_t>(bytes_, 4);
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT |
               VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  const bool host = of == Of::kHost;
  const auto name = [&] { return (host ? "host's " : "device's ") + std::to_string(bytes_) + " bytes"; };
  must(d.api.vkCreateBuffer(d.handle, &info, nullptr, &buffer_), "vkCreateBuffer");
  d.call(VK_OBJECT_TYPE_BUFFER, buffer_, name);
  VkMemoryRequirements needs;
  d.api.vkGetBufferMemoryRequirements(d.handle, buffer_, &needs);
  const auto& types = d.memory.memoryProperties;
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
  d.call(VK_OBJECT_TYPE_DEVICE_MEMORY, memory_, name);
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

Device::Device(Machine& m, const Facts& f) : machine(m), facts(f), pipeline_folder(m.settings.pipelines) {
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
  WEFT_VULKAN_DEVICE(WEFT_VULKAN_FIND) WEFT_VULKAN_DEVICE_MAYBE(WEFT_VULKAN_FIND)
#undef WEFT_VULKAN_FIND
  machine.api.vkGetPhysicalDeviceMemoryProperties2(facts.handle, &memory);
  api.vkGetDeviceQueue(handle, facts.queue_family, 0, &queue_);
  try {
    pipelines_ = std::make_unique<Pipelines>(*this);
  } catch (...) {
    api.vkDestroyDevice(handle, nullptr);
    throw;
  }
}

Device::~Device() {
  api.vkDeviceWaitIdle(handle);
  pipelines_.reset();
  api.vkDestroyDevice(handle, nullptr);
}

void Device::set_name(VkObjectType type, uint64_t object, const std::string& name) const {
  VkDebugUtilsObjectNameInfoEXT info{VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT};
  info.objectType = type, info.objectHandle = object, info.pObjectName = name.c_str();
  api.vkSetDebugUtilsObjectNameEXT(handle, &info);
}

void Device::submit(const VkSubmitInfo& info, VkFence fence) {
  machine.complaints.check();  // of what was recorded: it is not run then
  const std::lock_guard lock(queue_mutex_);
  must(api.vkQueueSubmit(queue_, 1, &info, fence), "vkQueueSubmit");
}

void Device::rest() noexcept {
  constexpr int kTries = 100;  // memory that runs out says nothing of the queue
  const std::lock_guard lock(queue_mutex_);
  for (int i = 0; i < kTries; ++i) {
    const VkResult result = api.vkQueueWaitIdle(queue_);
    if (result != VK_ERROR_OUT_OF_HOST_MEMORY && result != VK_ERROR_OUT_OF_DEVICE_MEMORY) return;
  }
}

}  // namespace weft::vulkan
