// What a device says of itself.
#pragma once

#include "plugins/backends/vulkan/machine.hpp"

namespace weft::vulkan {

/// The version of Vulkan that loader and devices must have.
inline constexpr uint32_t kVersion = VK_API_VERSION_1_2;
/// "1.2"
std::string version_text(uint32_t version);

Facts facts_of(const InstanceApi& api, VkPhysicalDevice device, const Settings& settings);

}  // namespace weft::vulkan
