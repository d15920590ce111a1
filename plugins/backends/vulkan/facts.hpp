// What a device says of itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plugins/backends/vulkan/budget.hpp"
#include "plugins/backends/vulkan/features.hpp"
#include "plugins/backends/vulkan/pipeline_file.hpp"
#include "plugins/backends/vulkan/settings.hpp"

namespace weft::vulkan {

/// The version of Vulkan that loader and devices must have.
inline constexpr uint32_t kVersion = VK_API_VERSION_1_2;
/// The latest version of which the backend uses anything.
inline constexpr uint32_t kLatestVersion = VK_API_VERSION_1_3;
/// "1.2"
std::string version_text(uint32_t version);

/// A product of matrices that a subgroup computes at once: m x k by k x n, of elements `ab`, added to elements `c`.
struct CooperativeShape {
  uint32_t m, n, k;
  VkComponentTypeKHR ab, c;
};

/// What is known of a device before it is opened.
struct Facts {
  VkPhysicalDevice handle = VK_NULL_HANDLE;
  std::string name, driver, description;
  bool software = false;
  Build build;
  uint32_t version = 0;        // of Vulkan that device and backend have in common
  uint64_t memory = 0;         // bytes of its largest heap that is its own
  uint64_t reached = 0;        // bytes of the largest heap that is its own and that the host reaches; 0: none
  uint64_t most_at_once = 0;   // bytes of its largest allocation
  uint64_t most_bound = 0;     // bytes of the largest storage buffer that a descriptor may show
  uint32_t most_groups = 0;    // of a dispatch, along each axis
  uint32_t invocations = 0;    // of a work group, at most
  uint32_t shared_bytes = 0;   // that the invocations of a work group share, at most
  uint32_t queue_family = 0;
  bool unified = false;        // its own memory is the host's, and the host reaches all of it
  bool tells_free = false;     // its driver knows how much memory is free
  // Invocations of a subgroup: as the driver chooses, and the least and most that a pipeline may ask for with the
  // feature subgroup_control; without it all are equal.
  uint32_t subgroup = 1, subgroup_least = 1, subgroup_most = 1;
  VkSubgroupFeatureFlags subgroup_ops = 0;  // what subgroups of compute shaders do
  std::vector<CooperativeShape> cooperative;  // none without the feature coopmat
  Features features;
  Extensions extensions;
  std::shared_ptr<Budget> budget;
  std::string lacks;           // why the backend cannot use it; empty: it can

  bool has(Feature f) const { return features.has(f); }
};

Facts facts_of(const InstanceApi& api, VkPhysicalDevice device, const Settings& settings);
/// The same device as `n`, each with a name and UUID of its own and an equal part of the memory.
std::vector<Facts> split(const Facts& device, uint32_t n);

}  // namespace weft::vulkan
