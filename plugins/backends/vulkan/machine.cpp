#include "plugins/backends/vulkan/machine.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <utility>

namespace weft::vulkan {
namespace {

constexpr const char* kLoader = "libvulkan.so.1";
constexpr const char* kLayer = "VK_LAYER_KHRONOS_validation";

VKAPI_ATTR VkBool32 VKAPI_CALL complain(VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
                                        const VkDebugUtilsMessengerCallbackDataEXT* data, void* complaints) {
  static_cast<Complaints*>(complaints)->add(data->pMessage);
  return VK_FALSE;
}

VkDebugUtilsMessengerCreateInfoEXT messenger_info(Complaints* complaints) {
  VkDebugUtilsMessengerCreateInfoEXT info{VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT};
  info.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
  info.pfnUserCallback = complain, info.pUserData = complaints;
  return info;
}

bool has_layer(const InstanceApi& api, std::string_view name) {
  uint32_t n = 0;
  if (api.vkEnumerateInstanceLayerProperties(&n, nullptr) != VK_SUCCESS) return false;
  std::vector<VkLayerProperties> all(n);
  if (api.vkEnumerateInstanceLayerProperties(&n, all.data()) < 0) return false;
  return std::any_of(all.begin(), all.end(), [&](const auto& l) { return l.layerName == name; });
}

bool layer_has(const InstanceApi& api, std::string_view extension) {
  uint32_t n = 0;
  if (api.vkEnumerateInstanceExtensionProperties(kLayer, &n, nullptr) != VK_SUCCESS) return false;
  std::vector<VkExtensionProperties> all(n);
  if (api.vkEnumerateInstanceExtensionProperties(kLayer, &n, all.data()) < 0) return false;
  return std::any_of(all.begin(), all.end(), [&](const auto& e) { return e.extensionName == extension; });
}

}  // namespace

void Complaints::add(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (!first_.empty()) return;
  try {
    first_ = text;
  } catch (const std::bad_alloc&) {
    first_ = "?";  // short enough to need no memory
  }
}

std::string Complaints::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(first_, "");
}

void Complaints::check() {
  if (const std::string text = take(); !text.empty()) sdk::fail(WEFT_INTERNAL, "the validation layer says: " + text);
}

Machine::~Machine() {
  if (messenger_ != VK_NULL_HANDLE) {
    const auto destroy = find_(instance_, "vkDestroyDebugUtilsMessengerEXT");
    reinterpret_cast<PFN_vkDestroyDebugUtilsMessengerEXT>(destroy)(instance_, messenger_, nullptr);
  }
  if (instance_ != VK_NULL_HANDLE) api.vkDestroyInstance(instance_, nullptr);
  if (const std::string text = complaints.take(); !text.empty())
    sdk::log(WEFT_LOG_ERROR, "weft.vulkan", "the validation layer says: " + text);
}

const std::vector<Facts>& Machine::devices() {
  std::call_once(looked_, [this] { why_ = look(); });
  if (devices_.empty()) sdk::fail(WEFT_UNAVAILABLE, why_);
  return devices_;
}

std::string Machine::load() {
  // It stays open: drivers have threads that outlive the last instance.
  void* const library = dlopen(kLoader, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::string("this machine has no Vulkan loader (") + kLoader + ")";
  find_ = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
  if (find_ == nullptr) return std::string(kLoader) + " has no vkGetInstanceProcAddr";
  const auto version_of =
      reinterpret_cast<PFN_vkEnumerateInstanceVersion>(find_(nullptr, "vkEnumerateInstanceVersion"));
  uint32_t version = VK_API_VERSION_1_0;
  if (version_of != nullptr) version_of(&version);
  if (version < kVersion)
    return "the Vulkan loader has version " + version_text(version) + ", expected " + version_text(kVersion) +
           " or later";
#define WEFT_VULKAN_FIND(f) api.f = reinterpret_cast<PFN_##f>(find_(nullptr, #f));
  WEFT_VULKAN_GLOBAL(WEFT_VULKAN_FIND)
#undef WEFT_VULKAN_FIND
  if (settings.validate && !has_layer(api, kLayer))
    return std::string("option validate: the layer ") + kLayer + " is not installed";
  return "";
}

std::string Machine::make_instance() {
  VkApplicationInfo application{VK_STRUCTURE_TYPE_APPLICATION_INFO};
  application.pApplicationName = application.pEngineName = "weft";
  application.apiVersion = kLatestVersion;
  VkInstanceCreateInfo info{VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
  info.pApplicationInfo = &application;
  VkDebugUtilsMessengerCreateInfoEXT messenger = messenger_info(&complaints);
  const VkValidationFeatureEnableEXT more = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
  VkValidationFeaturesEXT features{VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT};
  features.enabledValidationFeatureCount = 1, features.pEnabledValidationFeatures = &more;
  const char* const extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME};
  if (settings.validate) {
    const bool synchronisation = layer_has(api, extensions[1]);
    chain(info, messenger);  // for what is made before the messenger and after it
    if (synchronisation) chain(info, features);
    info.enabledLayerCount = 1, info.ppEnabledLayerNames = &kLayer;
    info.enabledExtensionCount = synchronisation ? 2 : 1, info.ppEnabledExtensionNames = extensions;
  }
  const VkResult made = api.vkCreateInstance(&info, nullptr, &instance_);
  if (made != VK_SUCCESS) instance_ = VK_NULL_HANDLE;
  if (made == VK_ERROR_INCOMPATIBLE_DRIVER) return "this machine has no Vulkan driver";
  if (made != VK_SUCCESS) return "vkCreateInstance: VkResult " + std::to_string(made);
#define WEFT_VULKAN_FIND(f) api.f = reinterpret_cast<PFN_##f>(find_(instance_, #f));
  WEFT_VULKAN_INSTANCE(WEFT_VULKAN_FIND) WEFT_VULKAN_MAYBE(WEFT_VULKAN_FIND)
#undef WEFT_VULKAN_FIND
  if (!settings.validate) return "";
  messenger.pNext = nullptr;
  const auto create = reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
      find_(instance_, "vkCreateDebugUtilsMessengerEXT"));
  must(create(instance_, &messenger, nullptr, &messenger_), "vkCreateDebugUtilsMessengerEXT");
  return "";
}

std::string Machine::look() {
  if (instance_ == VK_NULL_HANDLE) {  // else memory ran out behind it, and this is another try
    if (std::string why = load(); !why.empty()) return why;
    if (std::string why = make_instance(); !why.empty()) return why;
  }
  uint32_t n = 0;
  VkResult result = api.vkEnumeratePhysicalDevices(instance_, &n, nullptr);
  std::vector<VkPhysicalDevice> handles(n);
  if (result == VK_SUCCESS && n > 0) result = api.vkEnumeratePhysicalDevices(instance_, &n, handles.data());
  if (result < 0) return "vkEnumeratePhysicalDevices: VkResult " + std::to_string(result);
  handles.resize(n);
  std::vector<Facts> found;
  for (VkPhysicalDevice device : handles) {
    for (Facts& facts : split(facts_of(api, device, settings), settings.devices)) found.push_back(std::move(facts));
  }
  std::stable_partition(found.begin(), found.end(), [](const Facts& f) { return !f.software; });
  devices_ = std::move(found);
  return devices_.empty() ? "this machine has no Vulkan device" : "";
}

uint64_t Machine::free_memory(const Facts& device) const {
  const uint64_t left = std::min(device.budget->left(), device.memory);
  const bool limited = device.budget->most() != UINT64_MAX;
  if (!device.tells_free) return limited ? std::max<uint64_t>(left, 1) : 0;
  VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
  VkPhysicalDeviceMemoryProperties2 memory{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2};
  chain(memory, budget);
  api.vkGetPhysicalDeviceMemoryProperties2(device.handle, &memory);
  uint64_t most = 1;
  for (uint32_t i = 0; i < memory.memoryProperties.memoryHeapCount; ++i) {
    if ((memory.memoryProperties.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) == 0) continue;
    const uint64_t used = budget.heapUsage[i], all = budget.heapBudget[i];
    if (all > used) most = std::max(most, all - used);
  }
  return limited ? std::min(most, std::max<uint64_t>(left, 1)) : most;
}

}  // namespace weft::vulkan
