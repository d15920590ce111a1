// An open device: its queue, its memory, and the pipelines that were made on it.
#pragma once

#include <memory>
#include <mutex>

#include "plugins/backends/vulkan/machine.hpp"
#include "plugins/backends/vulkan/pipelines.hpp"

namespace weft::vulkan {

class Device;

/// Memory of a device, or of the host where the device reaches it, with an address on the device.
class Memory {
 public:
  enum class Of { kDevice, kHost };

  Memory() = default;
  /// RESOURCE_EXHAUSTED: so much is not left.
  Memory(Device& device, uint64_t bytes, Of of);
  ~Memory() { reset(); }
  Memory(Memory&& o) noexcept { *this = std::move(o); }
  Memory& operator=(Memory&& o) noexcept;

  VkBuffer buffer() const { return buffer_; }
  VkDeviceAddress address() const { return address_; }
  /// Where the host reaches it; null: nowhere.
  uint8_t* host() const { return host_; }
  uint64_t bytes() const { return bytes_; }

 private:
  void take(Of of);
  void reset();

  Device* device_ = nullptr;
  VkBuffer buffer_ = VK_NULL_HANDLE;
  VkDeviceMemory memory_ = VK_NULL_HANDLE;
  VkDeviceAddress address_ = 0;
  uint8_t* host_ = nullptr;
  uint64_t bytes_ = 0, taken_ = 0;  // taken_: of the device's budget
};

/// [any-thread]
class Device {
 public:
  Device(Machine& machine, const Facts& facts);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  VkPipeline pipeline(const Variant& variant) { return pipelines_->get(variant); }
  VkPipelineLayout layout() const { return pipelines_->layout(); }
  void submit(const VkSubmitInfo& info, VkFence fence);
  /// Where there is a validation layer, it calls the object what name() gives.
  template <class Handle, class Name>
  void call(VkObjectType type, Handle object, const Name& name) noexcept {
    if (api.vkSetDebugUtilsObjectNameEXT == nullptr) return;
    try {
      set_name(type, reinterpret_cast<uint64_t>(object), name());
    } catch (const std::bad_alloc&) {  // it stays without a name
    }
  }
  /// Returns when the queue has nothing to do. When the signal of work is seen, a thread of the driver may still hold
  /// what the work used (lavapipe 22.3): this goes before that is destroyed.
  void rest() noexcept;

  Machine& machine;
  const Facts facts;
  const std::string pipeline_folder;  // see Settings
  DeviceApi api;
  VkDevice handle = VK_NULL_HANDLE;
  VkPhysicalDeviceMemoryProperties2 memory{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2};

 private:
  void set_name(VkObjectType type, uint64_t object, const std::string& name) const;

  std::mutex queue_mutex_;
  VkQueue queue_ = VK_NULL_HANDLE;
  std::unique_ptr<Pipelines> pipelines_;
};

}  // namespace weft::vulkan
