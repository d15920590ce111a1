// What a driver keeps of pipelines, as a file for the next process: one a device.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/backends/vulkan/cooperative.hpp"

namespace weft::vulkan {

/// What must be the same for what a driver has kept to be of use.
struct Build {
  uint8_t device[VK_UUID_SIZE] = {}, driver[VK_UUID_SIZE] = {}, cache[VK_UUID_SIZE] = {};  // UUIDs
  uint32_t vendor_id = 0, device_id = 0, driver_version = 0;
};

/// Of a file. Larger: a driver whose files grow without end fills the disk; smaller: pipelines of many models are lost.
inline constexpr uint64_t kMostPipelineBytes = uint64_t{64} << 20;

/// What the folder has for the device. Empty: nothing, or nothing to be trusted: the file is not this user's alone to
/// write, is not whole, or is of another driver or of other shaders.
std::vector<uint8_t> read_pipelines(const std::string& folder, const Build& build);

/// Replaces what the folder has for the device, at once or not at all; the folder is made where it is not there. What
/// fails is logged: the next process makes its pipelines anew.
void write_pipelines(const std::string& folder, const Build& build, const std::vector<uint8_t>& data);

}  // namespace weft::vulkan
