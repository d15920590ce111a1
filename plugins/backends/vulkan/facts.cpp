#include "plugins/backends/vulkan/facts.hpp"

#include <algorithm>
#include <cstring>

namespace weft::vulkan {
namespace {

constexpr uint32_t kInvocations = 256;  // of a work group of matmul.comp, the largest

/// The first queue family that computes; those that draw nothing go first. -1: none.
int compute_family(const InstanceApi& api, VkPhysicalDevice device) {
  uint32_t n = 0;
  api.vkGetPhysicalDeviceQueueFamilyProperties(device, &n, nullptr);
  std::vector<VkQueueFamilyProperties> families(n);
  api.vkGetPhysicalDeviceQueueFamilyProperties(device, &n, families.data());
  for (const VkQueueFlags unwanted : {VkQueueFlags{VK_QUEUE_GRAPHICS_BIT}, VkQueueFlags{0}}) {
    for (uint32_t i = 0; i < n; ++i) {
      if ((families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) != 0 && (families[i].queueFlags & unwanted) == 0)
        return static_cast<int>(i);
    }
  }
  return -1;
}

bool has_extension(const InstanceApi& api, VkPhysicalDevice device, std::string_view name) {
  uint32_t n = 0;
  if (api.vkEnumerateDeviceExtensionProperties(device, nullptr, &n, nullptr) != VK_SUCCESS) return false;
  std::vector<VkExtensionProperties> all(n);
  if (api.vkEnumerateDeviceExtensionProperties(device, nullptr, &n, all.data()) < 0) return false;
  return std::any_of(all.begin(), all.end(), [&](const auto& e) { return e.extensionName == name; });
}

uint64_t largest_own_heap(const InstanceApi& api, VkPhysicalDevice device) {
  VkPhysicalDeviceMemoryProperties2 memory{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2};
  api.vkGetPhysicalDeviceMemoryProperties2(device, &memory);
  uint64_t most = 0;
  for (uint32_t i = 0; i < memory.memoryProperties.memoryHeapCount; ++i) {
    const VkMemoryHeap& heap = memory.memoryProperties.memoryHeaps[i];
    if (heap.flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) most = std::max<uint64_t>(most, heap.size);
  }
  return most;
}

/// What the backend needs and the device has not; empty: nothing.
std::string missing(const InstanceApi& api, VkPhysicalDevice device, const VkPhysicalDeviceLimits& limits) {
  VkPhysicalDeviceFeatures2 features{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2};
  VkPhysicalDeviceVulkan12Features newer{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES};
  chain(features, newer);
  api.vkGetPhysicalDeviceFeatures2(device, &features);
  if (!newer.bufferDeviceAddress) return "its driver lacks the feature bufferDeviceAddress";
  if (!newer.timelineSemaphore) return "its driver lacks the feature timelineSemaphore";
  if (compute_family(api, device) < 0) return "it has no queue that computes";
  const uint32_t most = std::min(limits.maxComputeWorkGroupInvocations, limits.maxComputeWorkGroupSize[0]);
  if (most < kInvocations)
    return "its work groups have " + std::to_string(most) + " invocations, expected " + std::to_string(kInvocations);
  return "";
}

}  // namespace

std::string version_text(uint32_t version) {
  return std::to_string(VK_API_VERSION_MAJOR(version)) + "." + std::to_string(VK_API_VERSION_MINOR(version));
}

Facts facts_of(const InstanceApi& api, VkPhysicalDevice device, const Settings& settings) {
  Facts f;
  f.handle = device;
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2};
  api.vkGetPhysicalDeviceProperties2(device, &properties);
  const VkPhysicalDeviceLimits& limits = properties.properties.limits;
  f.name = properties.properties.deviceName;
  f.software = properties.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  f.memory = largest_own_heap(api, device);
  if (settings.memory != 0) f.memory = std::min(f.memory, settings.memory);
  f.budget = std::make_shared<Budget>(settings.memory != 0 ? settings.memory : UINT64_MAX);
  const uint32_t version = properties.properties.apiVersion;
  if (version < kVersion) {
    f.lacks = "it has Vulkan " + version_text(version) + ", expected " + version_text(kVersion) + " or later";
    return f;
  }
  VkPhysicalDeviceVulkan11Properties eleven{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES};
  VkPhysicalDeviceVulkan12Properties twelve{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES};
  chain(properties, eleven), chain(properties, twelve);
  api.vkGetPhysicalDeviceProperties2(device, &properties);
  std::memcpy(f.uuid, eleven.deviceUUID, sizeof f.uuid);
  f.driver = std::string(twelve.driverName) + " " + twelve.driverInfo;
  f.most_at_once = eleven.maxMemoryAllocationSize;
  f.most_groups = std::min(limits.maxComputeWorkGroupCount[0], limits.maxComputeWorkGroupCount[1]);
  f.queue_family = static_cast<uint32_t>(std::max(compute_family(api, device), 0));
  f.tells_free = has_extension(api, device, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  f.lacks = missing(api, device, limits);
  return f;
}

}  // namespace weft::vulkan
