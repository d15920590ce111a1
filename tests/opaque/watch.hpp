// What tests see of the opaque devices and do to them: the plugin's second interface. Test and plugin are built
// together and share the object itself.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "weft/abi/base.h"

namespace opaque {

inline constexpr char kWatchInterface[] = "weft.test.opaque/0";

/// What goes wrong at the planned call or job. A call is any that may fail, but timeline_wait; a job is one transfer or
/// run that was accepted.
enum class Fault { kNone, kCallRefused, kJobFails, kLostAtCall, kLostAtJob };
/// Objects that the host has to give back.
enum class Kind { kDevice, kStore, kExec, kInstance, kBuffer, kTimeline };

/// [any-thread]
class Watch {
 public:
  /// The n-th call or job from now on (the first is 1) goes wrong.
  void plan(Fault fault, uint64_t n) {
    std::lock_guard lock(mutex_);
    fault_ = fault, left_ = n, struck_.clear();
  }
  /// From now on nothing goes wrong.
  void calm() {
    std::lock_guard lock(mutex_);
    left_ = 0;
  }
  /// The call or job that the last plan struck. Empty: none.
  std::string struck() const {
    std::lock_guard lock(mutex_);
    return struck_;
  }
  /// Counts a call or job; the fault that it has to end with.
  Fault enter(bool job, const char* name) {
    std::lock_guard lock(mutex_);
    if ((fault_ == Fault::kJobFails || fault_ == Fault::kLostAtJob) != job || left_ == 0 || --left_ != 0)
      return Fault::kNone;
    struck_ = name;
    return fault_;
  }

  /// Notes that the host broke a rule of the ABI.
  void complain(std::string_view breach) {
    std::lock_guard lock(mutex_);
    breaches_.append(breach).append("\n");
  }
  /// The breaches since it was last asked, one a line.
  std::string take_breaches() {
    std::lock_guard lock(mutex_);
    return std::exchange(breaches_, "");
  }

  void add(Kind kind, int64_t n) {
    std::lock_guard lock(mutex_);
    live_[static_cast<std::size_t>(kind)] += n;
  }
  std::array<int64_t, 6> live() const {  // by Kind
    std::lock_guard lock(mutex_);
    return live_;
  }

 private:
  mutable std::mutex mutex_;
  Fault fault_ = Fault::kNone;
  uint64_t left_ = 0;  // calls or jobs until the fault; 0: it is over
  std::string struck_, breaches_;
  std::array<int64_t, 6> live_{};
};

/// The table of kWatchInterface.
struct WatchTable {
  weft_hdr hdr;
  void* self;
  Watch* watch;
};

}  // namespace opaque
