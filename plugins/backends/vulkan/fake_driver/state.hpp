// What the driver for tests remembers.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "plugins/backends/vulkan/fake_driver/driver.hpp"

namespace weft::test {

class DriverState : public FakeDriver {
 public:
  void reset() override;
  void fail(const std::string& function, uint64_t n, VkResult result) override;
  std::string failed() const override;
  std::string left() const override;
  uint64_t misuses() const override;

  /// Counts a call. What it is to fail with; none: it does what it should.
  std::optional<VkResult> fate(const char* function, VkDevice device);
  /// Whether the device is lost, so that calls that wait for it say so.
  bool lost(VkDevice device) const;
  void made(const char* kind, const void* handle);
  void destroyed(const char* kind, const void* handle);
  void add_queue(VkQueue queue, VkDevice device);
  VkDevice device_of(VkQueue queue) const;

 private:
  mutable std::mutex mutex_;
  std::string function_, failed_;
  uint64_t calls_left_ = 0;  // until the one that fails; 0: none does
  VkResult result_ = VK_SUCCESS;
  std::map<std::string, std::set<const void*>> objects_;  // by kind
  std::map<VkQueue, VkDevice> queues_;
  std::set<VkDevice> lost_;
  uint64_t misuses_ = 0;
};

DriverState& state();

}  // namespace weft::test
