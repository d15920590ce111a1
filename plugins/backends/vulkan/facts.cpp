#include "plugins/backends/vulkan/facts.hpp"

#include <algorithm>
#include <cstring>

#include "plugins/backends/vulkan/shaders.hpp"

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

Extensions extensions_of(const InstanceApi& api, VkPhysicalDevice device) {
  Extensions found;
  uint32_t n = 0;
  if (api.vkEnumerateDeviceExtensionProperties(device, nullptr, &n, nullptr) != VK_SUCCESS) return {};
  found.all.resize(n);
  if (api.vkEnumerateDeviceExtensionProperties(device, nullptr, &n, found.all.data()) < 0) return {};
  found.all.resize(n);
  return found;
}

void add_memory(const InstanceApi& api, Facts& f) {
  VkPhysicalDeviceMemoryProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2};
  api.vkGetPhysicalDeviceMemoryProperties2(f.handle, &properties);
  const VkPhysicalDeviceMemoryProperties& all = properties.memoryProperties;
  for (uint32_t i = 0; i < all.memoryHeapCount; ++i) {
    if (all.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
      f.memory = std::max<uint64_t>(f.memory, all.memoryHeaps[i].size);
  }
  constexpr VkMemoryPropertyFlags kReached = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT |
                                             VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  for (uint32_t i = 0; i < all.memoryTypeCount; ++i) {
    const VkMemoryType& type = all.memoryTypes[i];
    if ((type.propertyFlags & kReached) == kReached)
      f.reached = std::max<uint64_t>(f.reached, all.memoryHeaps[type.heapIndex].size);
  }
}

/// What subgroups of compute shaders do, and their sizes.
void add_subgroups(const VkPhysicalDeviceVulkan11Properties& eleven,
                   const VkPhysicalDeviceSubgroupSizeControlProperties& sizes, Facts& f) {
  f.subgroup = f.subgroup_least = f.subgroup_most = std::max(eleven.subgroupSize, 1u);
  if ((eleven.subgroupSupportedStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0)
    f.subgroup_ops = eleven.subgroupSupportedOperations;
  constexpr VkSubgroupFeatureFlags kUsed =
      VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_ARITHMETIC_BIT | VK_SUBGROUP_FEATURE_SHUFFLE_BIT;
  f.features.set(Feature::kSubgroups, (f.subgroup_ops & kUsed) == kUsed);
  if ((sizes.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT) == 0)
    f.features.set(Feature::kSubgroupControl, false);
  if (f.has(Feature::kSubgroupControl))
    f.subgroup_least = sizes.minSubgroupSize, f.subgroup_most = sizes.maxSubgroupSize;
}

void add_cooperative_shapes(const InstanceApi& api, Facts& f) {
  const auto ask = api.vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR;
  uint32_t n = 0;
  if (!f.has(Feature::kCoopmat) || ask == nullptr || ask(f.handle, &n, nullptr) != VK_SUCCESS) n = 0;
  std::vector<VkCooperativeMatrixPropertiesKHR> all(n, {VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR});
  if (n > 0 && ask(f.handle, &n, all.data()) < 0) n = 0;
  all.resize(n);
  for (const VkCooperativeMatrixPropertiesKHR& p : all) {
    if (p.scope == VK_SCOPE_SUBGROUP_KHR && p.AType == p.BType && p.CType == p.ResultType)
      f.cooperative.push_back({p.MSize, p.NSize, p.KSize, p.AType, p.CType});
  }
  if (f.cooperative.empty()) f.features.set(Feature::kCoopmat, false);
}

void describe(Facts& f) {
  if (!f.lacks.empty()) {
    f.description = f.lacks;
    return;
  }
  const auto number = [](uint64_t n) { return std::to_string(n); };
  std::string text = "subgroups of " + number(f.subgroup);
  if (f.subgroup_least != f.subgroup_most)
    text += " (" + number(f.subgroup_least) + "-" + number(f.subgroup_most) + ")";
  text += ", " + number(f.shared_bytes >> 10) + " KiB shared by a work group, " + number(f.reached >> 20) + " of " +
          number(f.memory >> 20) + " MiB reached by the host";
  Features all;
  all = ~all;
  const std::string has = f.features.text(), not_there = (all & ~f.features).text();
  f.description = text + (has.empty() ? "" : "; has " + has) + (not_there.empty() ? "" : "; without " + not_there);
}

/// What the backend needs and the device has not; empty: nothing.
std::string missing(const InstanceApi& api, VkPhysicalDevice device, const VkPhysicalDeviceLimits& limits,
                    const FeatureStructs& structs) {
  if (!structs.twelve.bufferDeviceAddress) return "its driver lacks the feature bufferDeviceAddress";
  if (!structs.twelve.timelineSemaphore) return "its driver lacks the feature timelineSemaphore";
  if (compute_family(api, device) < 0) return "it has no queue that computes";
  const uint32_t most = std::min(limits.maxComputeWorkGroupInvocations, limits.maxComputeWorkGroupSize[0]);
  if (most < kInvocations)
    return "its work groups have " + std::to_string(most) + " invocations, expected " + std::to_string(kInvocations);
  if (limits.maxPushConstantsSize < kPushBytes)
    return "it takes " + std::to_string(limits.maxPushConstantsSize) + " bytes of push constants, expected " +
           std::to_string(kPushBytes);
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
  const VkPhysicalDeviceType type = properties.properties.deviceType;
  f.software = type == VK_PHYSICAL_DEVICE_TYPE_CPU;
  add_memory(api, f);
  f.unified = (f.software || type == VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU) && f.reached == f.memory;
  if (settings.memory != 0) f.memory = std::min(f.memory, settings.memory);
  f.reached = std::min(f.reached, f.memory);
  f.budget = std::make_shared<Budget>(settings.memory != 0 ? settings.memory : UINT64_MAX);
  f.version = std::min(properties.properties.apiVersion, kLatestVersion);
  if (f.version < kVersion) {
    f.lacks = "it has Vulkan " + version_text(f.version) + ", expected " + version_text(kVersion) + " or later";
    describe(f);
    return f;
  }
  f.extensions = extensions_of(api, device);
  FeatureStructs structs(f.version, f.extensions);
  api.vkGetPhysicalDeviceFeatures2(device, &structs.first);
  f.features = structs.found() & ~settings.without;

  VkPhysicalDeviceVulkan11Properties eleven{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES};
  VkPhysicalDeviceVulkan12Properties twelve{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES};
  VkPhysicalDeviceSubgroupSizeControlProperties sizes{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES};
  chain(properties, eleven), chain(properties, twelve);
  if (f.has(Feature::kSubgroupControl)) chain(properties, sizes);
  api.vkGetPhysicalDeviceProperties2(device, &properties);
  std::memcpy(f.build.device, eleven.deviceUUID, VK_UUID_SIZE);
  std::memcpy(f.build.driver, eleven.driverUUID, VK_UUID_SIZE);
  std::memcpy(f.build.cache, properties.properties.pipelineCacheUUID, VK_UUID_SIZE);
  f.build.vendor_id = properties.properties.vendorID, f.build.device_id = properties.properties.deviceID;
  f.build.driver_version = properties.properties.driverVersion;
  f.driver = std::string(twelve.driverName) + " " + twelve.driverInfo;
  f.most_at_once = eleven.maxMemoryAllocationSize;
  f.most_bound = limits.maxStorageBufferRange;
  f.most_groups = std::min(limits.maxComputeWorkGroupCount[0], limits.maxComputeWorkGroupCount[1]);
  f.invocations = limits.maxComputeWorkGroupInvocations;
  f.shared_bytes = limits.maxComputeSharedMemorySize;
  f.queue_family = static_cast<uint32_t>(std::max(compute_family(api, device), 0));
  f.tells_free = f.extensions.has(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  add_subgroups(eleven, sizes, f);
  f.features = f.features & ~settings.without;
  if (!f.has(Feature::kSubgroups)) f.subgroup_ops = 0;
  add_cooperative_shapes(api, f);
  f.lacks = missing(api, device, limits, structs);
  describe(f);
  return f;
}

std::vector<Facts> split(const Facts& device, uint32_t n) {
  std::vector<Facts> all(n, device);
  for (uint32_t i = 0; n > 1 && i < n; ++i) {
    Facts& f = all[i];
    f.name += " #" + std::to_string(i + 1);
    uint8_t& last = f.build.device[VK_UUID_SIZE - 1];
    last = static_cast<uint8_t>(last ^ (i + 1));
    f.memory /= n, f.reached /= n;
    f.budget = std::make_shared<Budget>(f.memory);
  }
  return all;
}

}  // namespace weft::vulkan
