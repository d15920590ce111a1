// The devices of this machine, and what each lacks.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "plugins/backends/vulkan/facts.hpp"

namespace weft::vulkan {

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
  explicit Machine(const Settings& s) : settings(s) {}
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// All devices; those in software go last. UNAVAILABLE: there is none, and why.
  const std::vector<Facts>& devices();
  /// Bytes of the device that this process may still take; 0: not known.
  uint64_t free_memory(const Facts& device) const;

  const Settings settings;
  InstanceApi api;
  Complaints complaints;

 private:
  /// Why there are no devices; empty: there are.
  std::string look();
  std::string load();
  std::string make_instance();

  std::once_flag looked_;
  PFN_vkGetInstanceProcAddr find_ = nullptr;
  VkInstance instance_ = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
  std::vector<Facts> devices_;
  std::string why_;
};

}  // namespace weft::vulkan
