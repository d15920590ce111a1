// The services that the core lends to plugins.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "core/base/thread_pool.hpp"
#include "core/plugins/dtype_registry.hpp"
#include "weft/abi/plugin.h"

namespace weft {

/// Takes log lines. Called from any thread, also while the registry is locked.
using LogSink = std::function<void(uint32_t level, std::string_view component, std::string_view message)>;

/// What an embedding program lends in place of the core's own allocator and threads; weft_host has the contracts. alloc
/// and free are both set or neither; so are worker_count and parallel_for. Where the host has its own threads but no
/// team_run, a gang is its caller alone.
struct HostServices {
  void* ctx = nullptr;
  void* (*alloc)(void* ctx, uint64_t bytes, uint64_t align) = nullptr;
  void (*free)(void* ctx, void* p, uint64_t bytes, uint64_t align) = nullptr;
  uint32_t (*worker_count)(void* ctx) = nullptr;
  void (*parallel_for)(void* ctx, uint64_t n, uint64_t grain, ThreadPool::Range fn, void* arg) = nullptr;
  uint32_t (*team_run)(void* ctx, uint32_t want, ThreadPool::Rank fn, void* arg) = nullptr;
};

/// Lends the services of this process. It must outlive every plugin that has its table. [any-thread]
class Host {
 public:
  Host(uint32_t threads, LogSink log, const HostServices& services = {}, bool pin_threads = false);
  /// Logs what plugins have not given back: memory; and statuses, which may be the program's too, where this was the
  /// last host.
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const weft_host* table() const { return &table_; }
  ThreadPool& pool() { return pool_; }
  DtypeRegistry& dtypes() { return dtypes_; }
  void log(uint32_t level, std::string_view component, std::string_view message) const noexcept;
  /// How many bytes plugins hold through alloc.
  uint64_t allocated_bytes() const { return allocated_; }

 private:
  friend struct HostTable;
  HostServices services_;
  ThreadPool pool_;
  DtypeRegistry dtypes_;
  LogSink log_;
  std::atomic<uint64_t> allocated_{0};
  weft_host table_{};
};

}  // namespace weft
