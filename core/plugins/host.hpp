// The services that the core lends to plugins.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "core/base/thread_pool.hpp"
#include "core/plugins/dtype_registry.hpp"
#include "weft/abi/plugin.h"

namespace weft {

using LogSink = std::function<void(uint32_t level, std::string_view component, std::string_view message)>;

/// [any-thread] Outlives every plugin that has been given its table.
class Host {
 public:
  Host(uint32_t threads, LogSink log);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const weft_host* table() const { return &table_; }
  ThreadPool& pool() { return pool_; }
  DtypeRegistry& dtypes() { return dtypes_; }
  void log(uint32_t level, std::string_view component, std::string_view message) const noexcept;
  /// Bytes plugins hold through alloc.
  uint64_t allocated_bytes() const { return allocated_; }

 private:
  friend struct HostTable;
  ThreadPool pool_;
  DtypeRegistry dtypes_;
  LogSink log_;
  std::atomic<uint64_t> allocated_{0};
  weft_host table_{};
};

}  // namespace weft
