// The pipelines of a device.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "plugins/backends/vulkan/api.hpp"
#include "plugins/backends/vulkan/shaders.hpp"

namespace weft::vulkan {

class Device;

/// What of a shader is fixed when its pipeline is made: constant_id 0 is the size of a work group, and the others are
/// those of the shader in turn.
struct Variant {
  Shader shader;
  std::vector<uint32_t> constants;
  auto operator<=>(const Variant&) const = default;
  /// "matvec(64, 0, 1)"
  std::string text() const;
};

/// Each is made when it is first asked for, with the help of what the driver kept of an earlier process. [any-thread]
class Pipelines {
 public:
  explicit Pipelines(Device& device);
  /// Keeps what is new for the next process. No pipeline is in use.
  ~Pipelines();
  Pipelines(const Pipelines&) = delete;
  Pipelines& operator=(const Pipelines&) = delete;

  VkPipeline get(const Variant& variant);
  /// Of all pipelines: kPushBytes bytes of push constants, and nothing else.
  VkPipelineLayout layout() const { return layout_; }

 private:
  void make_cache();
  void keep() const;
  VkPipeline made(const Variant& variant) const;
  void destroy();

  Device& device_;
  VkPipelineLayout layout_ = VK_NULL_HANDLE;
  VkPipelineCache cache_ = VK_NULL_HANDLE;
  std::vector<uint8_t> kept_;  // what the cache began with
  std::mutex mutex_;
  std::map<Variant, VkPipeline> there_;
};

}  // namespace weft::vulkan
