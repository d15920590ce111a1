#include "plugins/backends/vulkan/api.hpp"

namespace weft::vulkan {

void must(VkResult result, const char* function) {
  if (result == VK_SUCCESS) return;
  const auto raise = [&](weft_code code, const std::string& what) {
    sdk::fail(code, std::string(function) + ": " + what);
  };
  if (result == VK_ERROR_OUT_OF_HOST_MEMORY) raise(WEFT_RESOURCE_EXHAUSTED, "the host's memory is full");
  if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY) raise(WEFT_RESOURCE_EXHAUSTED, "the device's memory is full");
  if (result == VK_ERROR_TOO_MANY_OBJECTS)
    raise(WEFT_RESOURCE_EXHAUSTED, "the device has as many objects as its driver takes");
  if (result == VK_ERROR_DEVICE_LOST) raise(WEFT_UNAVAILABLE, "the device is lost");
  raise(WEFT_INTERNAL, "VkResult " + std::to_string(result));
}

}  // namespace weft::vulkan
