// A session's line of work on a device, as a timeline semaphore.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "plugins/backends/vulkan/device.hpp"

namespace weft::vulkan {

/// Commands that are recorded, and what lives until they are done.
struct Work {
  explicit Work(Device& device);
  ~Work();
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  /// Memory that the host writes and the device reads, 16 bytes aligned, as long as the work lives.
  struct Lent {
    uint8_t* host;
    VkBuffer buffer;
    uint64_t offset;
    VkDeviceAddress address;
  };
  Lent lend(uint64_t bytes);
  /// Makes writes of what is recorded before visible to what comes after.
  void barrier();
  /// Empties it, to be recorded. again: it is given to the device more than once, though never before it is done.
  void begin(bool again);

  Device& device;
  VkCommandPool pool = VK_NULL_HANDLE;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  std::vector<std::function<void()>> after;  // what the host does once the device is done
  uint64_t signal = 0;
  std::atomic<bool> running{false};
  bool kept = false;  // by who recorded it, who gives it back

 private:
  std::vector<Memory> slabs_;
  std::size_t slab_ = 0;
  uint64_t used_ = 0;
};

/// [one thread; wait: any]
class Timeline {
 public:
  explicit Timeline(Device& device);
  ~Timeline();
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  /// Work to be recorded; it has begun. keep: it can be submitted again once it is not running, until give_back.
  std::shared_ptr<Work> begin(bool keep = false);
  /// Ends the recording. submit does it for what is not kept.
  void end(Work& work);
  /// Gives the work to the device, behind `wait`. signal 0: returns when it is done.
  void submit(std::shared_ptr<Work> work, uint64_t wait, uint64_t signal);
  /// Kept work that is not needed any more; it may still be running.
  void give_back(std::shared_ptr<Work> work);
  /// Whether the work up to `value` is over. It throws only then: what the work or its end failed with.
  bool wait(uint64_t value, uint64_t timeout_ns);
  /// Returns when the work up to `value` is over. RESOURCE_EXHAUSTED: whether it is cannot be told.
  void reach(uint64_t value);

  Device& device;

 private:
  void finish(uint64_t value);
  /// mutex_ is held.
  void rest(std::shared_ptr<Work> work);

  VkSemaphore semaphore_ = VK_NULL_HANDLE;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Work>> running_;  // in the order of their signals
  std::vector<std::shared_ptr<Work>> idle_;
  std::size_t made_ = 0;  // works of this timeline so far
};

}  // namespace weft::vulkan
