// The devices of this machine, and what each lacks.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "plugins/backends/vulkan/api.hpp"
#include "plugins/backends/vulkan/settings.hpp"

namespace weft::vulkan {

/// The memory of a device that its opener may take. [any-thread]
class Budget {
 public:
  explicit Budget(uint64_t most) : most_(most) {}
  /// False: so much is not left, and nothing is taken.
  bool take(uint64_t bytes);
  void give(uint64_t bytes) { taken_ -= bytes; }
  uint64_t most() const { return most_; }
  uint64_t left() const { return most_ - taken_; }

 private:
  const uint64_t most_;
  std::atomic<uint64_t> taken_{0};
};

/// What is known of a device before it is opened.
struct Facts {
  VkPhysicalDevice handle = VK_NULL_HANDLE;
  std::string name, driver;
  bool software = false;
  uint8_t uuid[VK_UUID_SIZE] = {};
  uint64_t memory = 0;       // bytes of its largest heap that is its own
  uint64_t most_at_once = 0; // bytes of its largest allocation
  uint32_t most_groups = 0;  // of a dispatch, along each axis
  uint32_t queue_family = 0;
  bool tells_free = false;   // its driver knows how much memory is free
  std::shared_ptr<Budget> budget;
  std::string lacks;         // why the backend cannot use it; empty: it can
};

/// What the validation layer has said. [any-thread]
class Complaints {
 public:
  void add(std::string_view text);
  /// The first one since the last call; empty: there was none.
  std::string take();
  /// INTERNAL: there was one.
  void check();

 private:
  std::mutex mutex_;
  std::string first_;
};

/// The loader and its devices, found when they are first asked for. [any-thread]
class Machine {
 public:
  explicit Machine(const Settings& settings) : settings_(settings) {}
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// All devices; those in software go last. UNAVAILABLE: there is none, and why.
  const std::vector<Facts>& devices();
  /// Bytes of the device that this process may still take; 0: not known.
  uint64_t free_memory(const Facts& device) const;

  InstanceApi api;
  Complaints complaints;

 private:
  /// Why there are no devices; empty: there are.
  std::string look();
  std::string load();
  std::string make_instance();

  const Settings settings_;
  std::once_flag looked_;
  PFN_vkGetInstanceProcAddr find_ = nullptr;
  VkInstance instance_ = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
  std::vector<Facts> devices_;
  std::string why_;
};

}  // namespace weft::vulkan
