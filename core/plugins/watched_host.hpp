// The services of a host as one plugin gets them under validation: what the plugin does with them is checked.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/plugins/host.hpp"

namespace weft {

/// Takes what breaks a rule of rules.hpp. Called from any thread.
using BreachSink = std::function<void(std::string_view plugin_id, std::string_view rule, std::string_view what)>;

/// Checks what one plugin does with the host's services. A breach goes to the sink, and fails the call of the plugin
/// that it is found in. It must outlive all that came from the plugin. [any-thread]
class WatchedHost {
 public:
  WatchedHost(Host& host, std::string plugin_id, BreachSink sink);
  ~WatchedHost();
  WatchedHost(const WatchedHost&) = delete;
  WatchedHost& operator=(const WatchedHost&) = delete;

  const weft_host* table() const { return &table_; }
  /// Checks the bytes around all memory that the plugin holds.
  void check_memory();
  /// To be called when shutdown has returned: tells what was not given back. The services serve on, but whoever calls
  /// them breaks a rule.
  void end();
  /// Lets the n-th alloc from now on (1: the next) and all later ones give NULL. 0: none.
  void fail_alloc_at(uint64_t n) { fail_at_ = n; }
  /// Tells what breaks a rule, and fails the call of the plugin that this thread is in.
  void breach(std::string_view rule, const std::string& what) const noexcept;

 private:
  friend struct WatchedTable;
  struct Block {
    uint64_t bytes, align;
    uint8_t* whole;  // what the host's alloc gave
  };
  static uint64_t margin(uint64_t align);  // the bytes before and behind a block that are checked
  void check_alive(const char* function) const noexcept;
  void check(const uint8_t* p, const Block& block) const noexcept;
  void* alloc(uint64_t bytes, uint64_t align);
  void free(void* p, uint64_t bytes, uint64_t align);

  Host& host_;
  const uint64_t number_;  // of all of this process
  const std::string id_;
  const BreachSink sink_;
  weft_host table_;
  std::atomic<bool> ended_{false};
  std::atomic<uint64_t> fail_at_{0};
  std::mutex mutex_;
  std::unordered_map<void*, Block> blocks_;
};

}  // namespace weft
