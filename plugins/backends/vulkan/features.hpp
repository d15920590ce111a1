// What a device may have beyond what the backend needs.
#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/backends/vulkan/api.hpp"
#include "plugins/backends/vulkan/cooperative.hpp"

namespace weft::vulkan {

/// Each has a row in features.cpp, which says what of Vulkan it stands for.
enum class Feature : uint32_t {
  kFp16,
  kInt8,
  kInt16,
  kInt64,
  kStorage8,
  kStorage16,
  kDot,
  kSubgroups,
  kSubgroupControl,
  kCoopmat,
};
inline constexpr std::size_t kFeatures = 10;

class Features {
 public:
  bool has(Feature f) const { return set_[static_cast<std::size_t>(f)]; }
  void set(Feature f, bool on) { set_[static_cast<std::size_t>(f)] = on; }
  /// "fp16, int8"; empty: none.
  std::string text() const;
  friend Features operator&(Features a, const Features& b) { return a.set_ &= b.set_, a; }
  friend Features operator~(Features a) { return a.set_.flip(), a; }

 private:
  std::bitset<kFeatures> set_;
};

/// The feature of this name. INVALID_ARGUMENT: there is none, and which there are.
Feature feature_of(std::string_view name);

/// What a device says of its extensions.
struct Extensions {
  std::vector<VkExtensionProperties> all;
  bool has(std::string_view name) const;
};

/// The structs in which Vulkan says which features a device has, and is told which are to be on. They are a chain, so
/// that they stay where they are.
class FeatureStructs {
 public:
  /// Of a device with this version of Vulkan: it knows no structs of extensions that it does not have.
  FeatureStructs(uint32_t version, const Extensions& extensions);
  FeatureStructs(const FeatureStructs&) = delete;
  FeatureStructs& operator=(const FeatureStructs&) = delete;

  /// Those that the structs say the device has.
  Features found();
  /// Turns them on, with what the backend always needs.
  void enable(const Features& features);

  VkPhysicalDeviceFeatures2 first{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2};
  VkPhysicalDeviceVulkan11Features eleven{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES};
  VkPhysicalDeviceVulkan12Features twelve{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES};
  VkPhysicalDeviceSubgroupSizeControlFeatures subgroup_control{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES};
  VkPhysicalDeviceShaderIntegerDotProductFeatures dot{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES};
  VkPhysicalDeviceCooperativeMatrixFeaturesKHR coopmat{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR};
};

/// The extensions of the device that these features need.
std::vector<const char*> extensions_for(const Features& features, const Extensions& extensions);

}  // namespace weft::vulkan
