#include "plugins/backends/vulkan/fake_driver/driver.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <vector>

#include "plugins/backends/vulkan/fake_driver/state.hpp"

namespace weft::test {
namespace {

/// The driver that does the work.
class Lavapipe {
 public:
  template <class F>
  F symbol(const char* name) const {
    return library_ != nullptr ? reinterpret_cast<F>(dlsym(library_, name)) : nullptr;
  }
  template <class F>
  F find(VkInstance instance, const char* name) const {
    const auto find = symbol<PFN_vkGetInstanceProcAddr>("vk_icdGetInstanceProcAddr");
    return find != nullptr ? reinterpret_cast<F>(find(instance, name)) : nullptr;
  }
  VkInstance instance = VK_NULL_HANDLE;  // the first one: functions are the same for all

 private:
  void* const library_ = dlopen("libvulkan_lvp.so", RTLD_NOW | RTLD_LOCAL);
};

Lavapipe& lavapipe() {
  static Lavapipe* const lavapipe = new Lavapipe;
  return *lavapipe;
}

template <class Function>
typename Function::Pfn real() {
  static const auto f = lavapipe().find<typename Function::Pfn>(lavapipe().instance, Function::kName);
  return f;
}

struct DeviceWaitIdle {
  using Pfn = PFN_vkDeviceWaitIdle;
  static constexpr const char* kName = "vkDeviceWaitIdle";
};

VkDevice device_of(VkDevice device) { return device; }
VkDevice device_of(VkQueue queue) { return state().device_of(queue); }

/// What the call fails with. No work of a lost device runs any more when that is said.
template <class First>
std::optional<VkResult> fate(const char* function, First first, bool waits) {
  VkDevice device = VK_NULL_HANDLE;
  if constexpr (!std::is_same_v<First, VkPhysicalDevice> && !std::is_same_v<First, VkInstance> &&
                !std::is_same_v<First, VkCommandBuffer>)
    device = device_of(first);
  std::optional<VkResult> fate = state().fate(function, device);
  if (!fate && waits && state().lost(device)) fate = VK_ERROR_DEVICE_LOST;
  if (fate == VK_ERROR_DEVICE_LOST && device != VK_NULL_HANDLE) real<DeviceWaitIdle>()(device);
  return fate;
}

/// A function that may fail.
template <class Function, class Pfn = typename Function::Pfn>
struct Fallible;
template <class Function, class First, class... Rest>
struct Fallible<Function, VkResult(VKAPI_PTR*)(First, Rest...)> {
  static VKAPI_ATTR VkResult VKAPI_CALL call(First first, Rest... rest) {
    if (const auto result = fate(Function::kName, first, Function::kWaits)) return *result;
    return real<Function>()(first, rest...);
  }
};

template <class T>
T last(T value) {
  return value;
}
template <class First, class... Rest>
auto last(First, Rest... rest) {
  return last(rest...);
}

/// A function that makes the object that its last argument points to.
template <class Function, class Pfn = typename Function::Pfn>
struct Makes;
template <class Function, class... Args>
struct Makes<Function, VkResult(VKAPI_PTR*)(Args...)> {
  static VKAPI_ATTR VkResult VKAPI_CALL call(Args... args) {
    const VkResult result = Fallible<Function>::call(args...);
    if (result == VK_SUCCESS) state().made(Function::kKind, *last(args...));
    return result;
  }
};

/// A function that destroys the object behind its device.
template <class Function, class Pfn = typename Function::Pfn>
struct Destroys;
template <class Function, class Handle>
struct Destroys<Function, void(VKAPI_PTR*)(VkDevice, Handle, const VkAllocationCallbacks*)> {
  static VKAPI_ATTR void VKAPI_CALL call(VkDevice device, Handle handle, const VkAllocationCallbacks* memory) {
    if (handle != VK_NULL_HANDLE) state().destroyed(Function::kKind, handle);
    real<Function>()(device, handle, memory);
  }
};

// clang-format off
#define FUNCTION(name, kind, waits)                  \
  struct Of_##name {                                 \
    using Pfn = PFN_##name;                          \
    static constexpr const char* kName = #name;      \
    static constexpr const char* kKind = kind;       \
    static constexpr bool kWaits = waits;            \
  };
#define FALLIBLE(F)                                                                                               \
  F(vkAllocateCommandBuffers, "", false) F(vkBeginCommandBuffer, "", false) F(vkBindBufferMemory, "", false)      \
  F(vkDeviceWaitIdle, "", true) F(vkEndCommandBuffer, "", false) F(vkEnumeratePhysicalDevices, "", false)         \
  F(vkMapMemory, "", false) F(vkQueueSubmit, "", true)                       \
  F(vkQueueWaitIdle, "", true) F(vkResetCommandPool, "", false) F(vkWaitForFences, "", true)                      \
  F(vkWaitSemaphores, "", true)
#define MAKING(F)                                                                                                 \
  F(vkAllocateMemory, "VkDeviceMemory", false) F(vkCreateBuffer, "VkBuffer", false)                               \
  F(vkCreateCommandPool, "VkCommandPool", false) F(vkCreateComputePipelines, "VkPipeline", false)                 \
  F(vkCreateDevice, "VkDevice", false) F(vkCreateFence, "VkFence", false)                                         \
  F(vkCreatePipelineLayout, "VkPipelineLayout", false)         \
  F(vkCreateSemaphore, "VkSemaphore", false) F(vkCreateShaderModule, "VkShaderModule", false)
#define DESTROYING(F)                                                                                             \
  F(vkDestroyBuffer, "VkBuffer", false) F(vkDestroyCommandPool, "VkCommandPool", false)                           \
  F(vkDestroyFence, "VkFence", false) F(vkDestroyPipeline, "VkPipeline", false)                                   \
  F(vkDestroyPipelineCache, "VkPipelineCache", false) F(vkDestroyPipelineLayout, "VkPipelineLayout", false)       \
  F(vkDestroySemaphore, "VkSemaphore", false) F(vkDestroyShaderModule, "VkShaderModule", false)                   \
  F(vkFreeMemory, "VkDeviceMemory", false)
// What is written out below.
#define OTHERS(F)                                                                                                 \
  F(vkCreateInstance, "VkInstance", false) F(vkCreatePipelineCache, "VkPipelineCache", false)                     \
  F(vkDestroyDevice, "VkDevice", false) F(vkGetPipelineCacheData, "", false)                                      \
  F(vkDestroyInstance, "VkInstance", false) F(vkEnumerateDeviceExtensionProperties, "", false)                    \
  F(vkGetDeviceProcAddr, "", false) F(vkGetDeviceQueue, "", false) F(vkGetPhysicalDeviceFeatures2, "", false)     \
  F(vkGetPhysicalDeviceMemoryProperties2, "", false) F(vkGetPhysicalDeviceProperties2, "", false)
// clang-format on
FALLIBLE(FUNCTION) MAKING(FUNCTION) DESTROYING(FUNCTION) OTHERS(FUNCTION)
#undef FUNCTION

VKAPI_ATTR VkResult VKAPI_CALL vkCreateInstance(const VkInstanceCreateInfo* info, const VkAllocationCallbacks* memory,
                                                VkInstance* out) {
  if (const auto result = state().fate("vkCreateInstance", VK_NULL_HANDLE)) return *result;
  const VkResult result = lavapipe().find<PFN_vkCreateInstance>(nullptr, "vkCreateInstance")(info, memory, out);
  if (result != VK_SUCCESS) return result;
  state().made("VkInstance", *out);
  static const bool found [[maybe_unused]] = [out] {
    lavapipe().instance = *out;
#define FIND(f, kind, waits) real<Of_##f>();
    FALLIBLE(FIND) MAKING(FIND) DESTROYING(FIND) OTHERS(FIND)
    return real<DeviceWaitIdle>() != nullptr;
  }();
  return result;
}

VKAPI_ATTR void VKAPI_CALL vkDestroyInstance(VkInstance instance, const VkAllocationCallbacks* memory) {
  if (instance != VK_NULL_HANDLE) state().destroyed("VkInstance", instance);
  real<Of_vkDestroyInstance>()(instance, memory);
}

VKAPI_ATTR void VKAPI_CALL vkDestroyDevice(VkDevice device, const VkAllocationCallbacks* memory) {
  if (device != VK_NULL_HANDLE) state().destroyed("VkDevice", device);
  real<Of_vkDestroyDevice>()(device, memory);
}

VKAPI_ATTR void VKAPI_CALL vkGetDeviceQueue(VkDevice device, uint32_t family, uint32_t index, VkQueue* queue) {
  real<Of_vkGetDeviceQueue>()(device, family, index, queue);
  state().add_queue(*queue, device);
}

VKAPI_ATTR void VKAPI_CALL vkGetPhysicalDeviceProperties2(VkPhysicalDevice device, VkPhysicalDeviceProperties2* out) {
  real<Of_vkGetPhysicalDeviceProperties2>()(device, out);
  if (state().properties) state().properties(*out);
}

VKAPI_ATTR void VKAPI_CALL vkGetPhysicalDeviceFeatures2(VkPhysicalDevice device, VkPhysicalDeviceFeatures2* out) {
  real<Of_vkGetPhysicalDeviceFeatures2>()(device, out);
  if (state().features) state().features(*out);
}

VKAPI_ATTR void VKAPI_CALL vkGetPhysicalDeviceMemoryProperties2(VkPhysicalDevice device,
                                                                VkPhysicalDeviceMemoryProperties2* out) {
  real<Of_vkGetPhysicalDeviceMemoryProperties2>()(device, out);
  if (state().memory) state().memory(*out);
}

VKAPI_ATTR VkResult VKAPI_CALL vkEnumerateDeviceExtensionProperties(VkPhysicalDevice device, const char* layer,
                                                                    uint32_t* n, VkExtensionProperties* out) {
  const auto ask = real<Of_vkEnumerateDeviceExtensionProperties>();
  uint32_t there = 0;
  VkResult result = ask(device, layer, &there, nullptr);
  std::vector<VkExtensionProperties> all(there);
  if (result == VK_SUCCESS) result = ask(device, layer, &there, all.data());
  if (result != VK_SUCCESS) return result;
  std::erase_if(all, [](const auto& e) { return state().hides && state().hides(e.extensionName); });
  if (out == nullptr) {
    *n = static_cast<uint32_t>(all.size());
    return VK_SUCCESS;
  }
  *n = std::min(*n, static_cast<uint32_t>(all.size()));
  std::copy_n(all.begin(), *n, out);
  return *n < all.size() ? VK_INCOMPLETE : VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL vkCreatePipelineCache(VkDevice device, const VkPipelineCacheCreateInfo* info,
                                                     const VkAllocationCallbacks* memory, VkPipelineCache* out) {
  const auto* const data = static_cast<const uint8_t*>(info->pInitialData);
  state().kept.assign(data, data + info->initialDataSize);
  VkPipelineCacheCreateInfo empty = *info;
  empty.initialDataSize = 0;
  return Makes<Of_vkCreatePipelineCache>::call(device, &empty, memory, out);
}

VKAPI_ATTR VkResult VKAPI_CALL vkGetPipelineCacheData(VkDevice device, VkPipelineCache cache, std::size_t* bytes,
                                                      void* out) {
  std::size_t header = sizeof(VkPipelineCacheHeaderVersionOne);
  const std::vector<uint8_t>& more = state().pipelines;
  if (out != nullptr) {
    if (*bytes < header + more.size()) return VK_INCOMPLETE;
    const VkResult result = Fallible<Of_vkGetPipelineCacheData>::call(device, cache, &header, out);
    if (result < 0) return result;
    std::copy(more.begin(), more.end(), static_cast<uint8_t*>(out) + header);
  }
  *bytes = header + more.size();
  return VK_SUCCESS;
}

PFN_vkVoidFunction own(const std::string& name);

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vkGetDeviceProcAddr(VkDevice device, const char* name) {
  const PFN_vkVoidFunction found = own(name);
  return found != nullptr ? found : real<Of_vkGetDeviceProcAddr>()(device, name);
}

/// The function where this driver has one of its own; null: lavapipe's serves.
PFN_vkVoidFunction own(const std::string& name) {
#define AS(how, f) \
  if (name == #f) return reinterpret_cast<PFN_vkVoidFunction>(how);
#define AS_FALLIBLE(f, kind, waits) AS(&Fallible<Of_##f>::call, f)
#define AS_MAKING(f, kind, waits) AS(&Makes<Of_##f>::call, f)
#define AS_DESTROYING(f, kind, waits) AS(&Destroys<Of_##f>::call, f)
#define AS_OTHER(f, kind, waits) AS(&f, f)
  FALLIBLE(AS_FALLIBLE) MAKING(AS_MAKING) DESTROYING(AS_DESTROYING) OTHERS(AS_OTHER)
  return nullptr;
}

}  // namespace
}  // namespace weft::test

// What the loader asks a driver for, and tests.
#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vk_icdGetInstanceProcAddr(VkInstance instance, const char* name) {
  const PFN_vkVoidFunction found = weft::test::own(name);
  return found != nullptr ? found : weft::test::lavapipe().find<PFN_vkVoidFunction>(instance, name);
}

EXPORT VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vk_icdGetPhysicalDeviceProcAddr(VkInstance instance,
                                                                                const char* name) {
  if (std::string(name).starts_with("vkGetPhysicalDevice")) {
    if (const PFN_vkVoidFunction found = weft::test::own(name); found != nullptr) return found;
  }
  const auto find = weft::test::lavapipe().symbol<PFN_vkGetInstanceProcAddr>("vk_icdGetPhysicalDeviceProcAddr");
  return find != nullptr ? find(instance, name) : nullptr;
}

EXPORT VKAPI_ATTR VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t* version) {
  using Negotiate = VkResult(VKAPI_PTR*)(uint32_t*);
  const auto ask = weft::test::lavapipe().symbol<Negotiate>("vk_icdNegotiateLoaderICDInterfaceVersion");
  return ask != nullptr ? ask(version) : VK_ERROR_INCOMPATIBLE_DRIVER;
}

EXPORT weft::test::FakeDriver* weft_fake_driver() { return &weft::test::state(); }
