// Vulkan's functions, found at run time, and its results as errors.
#pragma once

#include <string>

#include "plugins/backends/vulkan/cooperative.hpp"
#include "weft/sdk/error.hpp"

// clang-format off
#define WEFT_VULKAN_GLOBAL(F)                                                                                     \
  F(vkCreateInstance) F(vkEnumerateInstanceExtensionProperties) F(vkEnumerateInstanceLayerProperties)
#define WEFT_VULKAN_INSTANCE(F)                                                                                   \
  F(vkCreateDevice) F(vkDestroyInstance) F(vkEnumerateDeviceExtensionProperties) F(vkEnumeratePhysicalDevices)    \
  F(vkGetDeviceProcAddr) F(vkGetPhysicalDeviceFeatures2) F(vkGetPhysicalDeviceMemoryProperties2)                  \
  F(vkGetPhysicalDeviceProperties2) F(vkGetPhysicalDeviceQueueFamilyProperties)
// Null where no driver has them.
#define WEFT_VULKAN_MAYBE(F) F(vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR)
#define WEFT_VULKAN_DEVICE(F)                                                                                      \
  F(vkAllocateCommandBuffers) F(vkAllocateMemory) F(vkBeginCommandBuffer) F(vkBindBufferMemory)                    \
  F(vkCmdBindPipeline) F(vkCmdCopyBuffer) F(vkCmdDispatch) F(vkCmdFillBuffer) F(vkCmdPipelineBarrier)              \
  F(vkCmdPushConstants) F(vkCreateBuffer) F(vkCreateCommandPool) F(vkCreateComputePipelines) F(vkCreateFence)      \
  F(vkCreatePipelineCache) F(vkCreatePipelineLayout) F(vkCreateSemaphore) F(vkCreateShaderModule)                  \
  F(vkDestroyBuffer) F(vkDestroyCommandPool) F(vkDestroyDevice) F(vkDestroyFence) F(vkDestroyPipeline)             \
  F(vkDestroyPipelineCache) F(vkDestroyPipelineLayout) F(vkDestroySemaphore) F(vkDestroyShaderModule)              \
  F(vkDeviceWaitIdle) F(vkEndCommandBuffer) F(vkFreeMemory) F(vkGetBufferDeviceAddress)                            \
  F(vkGetBufferMemoryRequirements) F(vkGetDeviceQueue) F(vkGetPipelineCacheData) F(vkMapMemory) F(vkQueueSubmit)   \
  F(vkQueueWaitIdle) F(vkResetCommandPool) F(vkWaitForFences) F(vkWaitSemaphores)
// Null where there is no validation.
#define WEFT_VULKAN_DEVICE_MAYBE(F) F(vkSetDebugUtilsObjectNameEXT)
// clang-format on

namespace weft::vulkan {

#define WEFT_VULKAN_POINTER(f) PFN_##f f = nullptr;
/// The functions that need no instance, and those of one.
struct InstanceApi {
  WEFT_VULKAN_GLOBAL(WEFT_VULKAN_POINTER)
  WEFT_VULKAN_INSTANCE(WEFT_VULKAN_POINTER) WEFT_VULKAN_MAYBE(WEFT_VULKAN_POINTER)
};
struct DeviceApi {
  WEFT_VULKAN_DEVICE(WEFT_VULKAN_POINTER) WEFT_VULKAN_DEVICE_MAYBE(WEFT_VULKAN_POINTER)
};
#undef WEFT_VULKAN_POINTER

/// Throws what `result` means, unless it is a success. RESOURCE_EXHAUSTED: a memory is full. UNAVAILABLE: the device is
/// lost.
void must(VkResult result, const char* function);

/// The structs of a chain, as Vulkan wants them: `next` behind `first`.
template <class A, class B>
void chain(A& first, B& next) {
  next.pNext = const_cast<void*>(first.pNext);
  first.pNext = &next;
}

}  // namespace weft::vulkan
