#include "core/plugins/host.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/base/status_abi.hpp"
#include "core/plugins/log_record.hpp"

namespace weft {

struct HostTable {
  static Host& self(void* ctx) { return *static_cast<Host*>(ctx); }

  static weft_status* status_new(void*, weft_code code, weft_str message) noexcept {
    return to_abi(static_cast<Code>(code), to_view(message));
  }
  static weft_code status_code(const weft_status* s) noexcept {
    return s ? static_cast<weft_code>(s->status.code()) : weft_code{WEFT_OK};
  }
  static weft_str status_message(const weft_status* s) noexcept {
    return s ? to_str(s->status.message()) : weft_str{"ok", 2};
  }
  static void status_free(weft_status* s) noexcept { free_abi(s); }
  static void log(void* ctx, uint32_t level, weft_str component, weft_str message) noexcept {
    self(ctx).log(level, to_view(component), to_view(message));
  }
  static void* alloc(void* ctx, uint64_t bytes, uint64_t align) noexcept {
    if (align < sizeof(void*)) align = sizeof(void*);
    if ((align & (align - 1)) != 0 || bytes > UINT64_MAX - align) return nullptr;
    const HostServices& s = self(ctx).services_;
    void* p = nullptr;
    if (s.alloc != nullptr) {
      p = s.alloc(s.ctx, bytes ? bytes : 1, align);
    } else if (posix_memalign(&p, align, bytes ? bytes : 1) != 0) {
      p = nullptr;
    }
    if (p == nullptr) return nullptr;
    self(ctx).allocated_ += bytes;
    return p;
  }
  static void free(void* ctx, void* p, uint64_t bytes, uint64_t align) noexcept {
    if (p == nullptr) return;
    const HostServices& s = self(ctx).services_;
    if (s.alloc != nullptr) {
      s.free(s.ctx, p, bytes ? bytes : 1, std::max<uint64_t>(align, sizeof(void*)));
    } else {
      std::free(p);
    }
    self(ctx).allocated_ -= bytes;
  }
  static uint32_t worker_count(void* ctx) noexcept {
    const HostServices& s = self(ctx).services_;
    return s.worker_count != nullptr ? std::max(s.worker_count(s.ctx), 1u) : self(ctx).pool_.workers();
  }
  static void parallel_for(void* ctx, uint64_t n, uint64_t grain, ThreadPool::Range fn, void* arg) noexcept {
    const HostServices& s = self(ctx).services_;
    s.worker_count != nullptr ? s.parallel_for(s.ctx, n, grain, fn, arg)
                              : self(ctx).pool_.parallel_for(n, grain, fn, arg);
  }
  static uint32_t team_run(void* ctx, uint32_t want, ThreadPool::Rank fn, void* arg) noexcept {
    const HostServices& s = self(ctx).services_;
    if (s.team_run != nullptr) return s.team_run(s.ctx, want, fn, arg);
    if (s.worker_count == nullptr) return self(ctx).pool_.team_run(want, fn, arg);
    fn(arg, 0, 1);
    return 1;
  }
  static weft_status* dtype_register(void* ctx, const weft_dtype* dtype, uint32_t* out) noexcept {
    return guard_abi([&]() -> Status {
      if (dtype == nullptr || !WEFT_HAS(dtype, weft_dtype, encode)) {
        return Status(Code::kInvalidArgument, "dtype descriptor is shorter than this host knows");
      }
      WEFT_TRY(const uint32_t id, self(ctx).dtypes_.add(*dtype));
      if (out != nullptr) *out = id;
      return {};
    });
  }
  static const weft_dtype* dtype_info(void* ctx, uint32_t id) noexcept { return self(ctx).dtypes_.find(id); }
  static uint32_t dtype_find(void* ctx, weft_str name) noexcept { return self(ctx).dtypes_.find(to_view(name)); }
  static const void* get_extension(void*, weft_str) noexcept { return nullptr; }
};

Host::Host(uint32_t threads, LogSink log, const HostServices& services, bool pin_threads)
    : services_(services), pool_(services.worker_count != nullptr ? 1 : threads, pin_threads), log_(std::move(log)) {
  table_ = {{WEFT_END(weft_host, get_extension), 0},
            WEFT_ABI_MAJOR,
            WEFT_ABI_MINOR,
            this,
            HostTable::status_new,
            HostTable::status_code,
            HostTable::status_message,
            HostTable::status_free,
            HostTable::log,
            HostTable::alloc,
            HostTable::free,
            HostTable::worker_count,
            HostTable::parallel_for,
            HostTable::team_run,
            HostTable::dtype_register,
            HostTable::dtype_info,
            HostTable::dtype_find,
            HostTable::get_extension};
}

namespace {
thread_local LogRecord* record = nullptr;
}

LogRecord::LogRecord(Sink sink) noexcept : sink_(sink), outer_(record) { record = this; }
LogRecord::~LogRecord() { record = outer_; }

void Host::log(uint32_t level, std::string_view component, std::string_view message) const noexcept {
  try {
    if (record != nullptr) record->messages_.push_back(std::string(component) + ": " + std::string(message));
    if (record != nullptr && record->sink_ == LogRecord::kHold) return;
    if (log_) log_(level, component, message);
  } catch (...) {  // a failing sink of the host must not bring a plugin down
  }
}

}  // namespace weft
