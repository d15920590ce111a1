// When a device does what a session asks for. Devices without time of their own do it at once, so that callers have one
// path for all.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/device/device.hpp"

namespace weft {

/// One session's line of work on one device: each piece begins when the one before it is done. [one thread per
/// timeline]
class Timeline {
 public:
  static Result<std::shared_ptr<Timeline>> create(std::shared_ptr<Device> device);
  ~Timeline();
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  const std::shared_ptr<Device>& device() const { return device_; }
  weft_timeline* handle() const { return handle_; }

  /// Copies. Memory of the host that takes part must stay until wait() has returned.
  Status transfer(std::span<const weft_region> regions);
  /// Runs an instance that was made with this timeline. `sizes` is by symbol; `bindings` replace those of before.
  Status execute(weft_instance* instance, std::span<const int64_t> sizes, std::span<const weft_binding> bindings = {});
  /// Returns when nothing that was given runs any more. The error is that of work which failed: then the timeline takes
  /// no more work.
  Status wait();
  /// Whether it takes no more work.
  bool failed() const { return failed_ || device_->lost(); }

 private:
  friend class Timelines;
  explicit Timeline(std::shared_ptr<Device> device) : device_(std::move(device)) {}
  weft_when next() const;
  Status reach();                        // wait(), with the plugin's own error; allocates nothing
  Status in_context(const Status&) const;  // the same error with plugin and function

  std::shared_ptr<Device> device_;
  weft_timeline* handle_ = nullptr;  // null: the device has no time of its own
  uint64_t given_ = 0, reached_ = 0;
  bool failed_ = false;
};

/// The timelines of one session, one for each device. [one thread per object]
class Timelines {
 public:
  Result<std::shared_ptr<Timeline>> of(const std::shared_ptr<Device>& device);
  /// Returns when nothing of the session runs any more. The error is that of work which failed: its timelines are
  /// dropped, and of() makes new ones.
  Status drain();

 private:
  std::vector<std::shared_ptr<Timeline>> all_;
};

}  // namespace weft
