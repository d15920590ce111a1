// A driver of Vulkan for tests, which the loader finds by a manifest of its own (VK_ICD_FILENAMES). It hands calls on
// to lavapipe, counts objects, and fails or lies on demand.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "plugins/backends/vulkan/cooperative.hpp"

namespace weft::test {

/// [any-thread, but the functions: they are set while no call is in the driver]
class FakeDriver {
 public:
  virtual ~FakeDriver() = default;
  /// Forgets what was asked for. Objects and devices that are lost stay what they are.
  virtual void reset() = 0;
  /// The n-th call from now on (1: the next) of a function of Vulkan has this result and does nothing else; "": of any
  /// function that is counted. VK_ERROR_DEVICE_LOST: the device stays lost until it is destroyed.
  virtual void fail(const std::string& function, uint64_t n, VkResult result) = 0;
  /// The function that has failed; empty: the call that was to fail has not come.
  virtual std::string failed() const = 0;
  /// The objects that have been made and not destroyed: "2 VkBuffer, 1 VkFence"; empty: none.
  virtual std::string left() const = 0;
  /// Objects that were destroyed and did not exist; a call for a device that is not there.
  virtual uint64_t misuses() const = 0;

  // They change what devices say of themselves, which may be a chain.
  std::function<void(VkPhysicalDeviceProperties2&)> properties;
  std::function<void(VkPhysicalDeviceFeatures2&)> features;
  std::function<void(VkPhysicalDeviceMemoryProperties2&)> memory;
  std::function<bool(const std::string& extension)> hides;

  std::vector<uint8_t> pipelines;   // that a cache of pipelines has, behind the header
  std::vector<uint8_t> kept;        // what the last cache of pipelines began with
};

/// The struct of this type in a chain; null: it is not there.
template <class T, class Chain>
T* in_chain(Chain& chain, VkStructureType type) {
  for (auto* s = reinterpret_cast<VkBaseOutStructure*>(&chain); s != nullptr; s = s->pNext) {
    if (s->sType == type) return reinterpret_cast<T*>(s);
  }
  return nullptr;
}

/// What the library has under this name gives the driver.
inline constexpr const char* kFakeDriverSymbol = "weft_fake_driver";
using FakeDriverFunction = FakeDriver* (*)();

}  // namespace weft::test
