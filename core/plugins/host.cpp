#include "core/plugins/host.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "core/base/json_view.hpp"
#include "core/base/status_abi.hpp"
#include "core/plugins/log_record.hpp"

namespace weft {
namespace {

std::atomic<int> hosts{0};

/// A function of a plugin that the host's threads run. It must not throw; where it does, the other pieces of the job
/// still run, and the call that gave it to the host fails.
template <class... Args>
struct Job {
  void (*fn)(void* arg, Args...);
  void* arg;
  std::atomic<bool> thrown{false};
  std::string what;

  static void run(void* p, Args... args) noexcept {
    Job& job = *static_cast<Job*>(p);
    try {
      job.fn(job.arg, args...);
    } catch (const std::exception& e) {
      job.keep(e.what());
    } catch (...) {
      job.keep("");
    }
  }
  void keep(std::string_view text) noexcept {
    if (thrown.exchange(true)) return;
    try {
      what = one_line(text);
    } catch (const std::bad_alloc&) {  // it is told without its text
    }
  }
};

}  // namespace

struct HostTable {
  static Host& self(void* ctx) { return *static_cast<Host*>(ctx); }
  template <class J>
  static void tell_thrown(void* ctx, const J& job, const char* function) noexcept {
    if (!job.thrown) return;
    try {
      std::string text = std::string("a function given to ") + function + " threw an exception across the ABI";
      if (!job.what.empty()) text += ": " + job.what;
      self(ctx).log(WEFT_LOG_ERROR, "plugins", text);
      ThrownInside::note(std::move(text));
    } catch (const std::bad_alloc&) {
      ThrownInside::note("out of memory");
    }
  }

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
    Job<uint64_t, uint64_t, uint32_t> job{fn, arg};
    s.worker_count != nullptr ? s.parallel_for(s.ctx, n, grain, job.run, &job)
                              : self(ctx).pool_.parallel_for(n, grain, job.run, &job);
    tell_thrown(ctx, job, "parallel_for");
  }
  static uint32_t team_run(void* ctx, uint32_t want, ThreadPool::Rank fn, void* arg) noexcept {
    const HostServices& s = self(ctx).services_;
    Job<uint32_t, uint32_t> job{fn, arg};
    uint32_t size = 1;
    if (s.team_run != nullptr) size = s.team_run(s.ctx, want, job.run, &job);
    else if (s.worker_count == nullptr) size = self(ctx).pool_.team_run(want, job.run, &job);
    else job.run(&job, 0, 1);
    tell_thrown(ctx, job, "team_run");
    return size;
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
  static const void* get_extension(void*, weft_str id) noexcept {
    static const weft_json_parser json{{WEFT_END(weft_json_parser, free), 0}, nullptr, parse_json_text, free_json};
    return to_view(id) == WEFT_JSON_EXTENSION ? &json : nullptr;
  }

  static weft_status* parse_json_text(void*, weft_str text, const weft_json** out) noexcept {
    return guard_abi([&]() -> Status {
      auto document = std::make_unique<JsonDocument>();
      WEFT_TRY(document->json, parse_json(to_view(text)));
      *out = document.release();
      return {};
    });
  }
  static void free_json(void*, const weft_json* document) noexcept {
    delete static_cast<const JsonDocument*>(document);
  }
};

Host::Host(uint32_t threads, LogSink log, const HostServices& services, bool pin_threads)
    : services_(services), pool_(services.worker_count != nullptr ? 1 : threads, pin_threads), log_(std::move(log)) {
  ++hosts;
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

Host::~Host() {
  if (const uint64_t bytes = allocated_; bytes > 0)
    log(WEFT_LOG_WARN, "plugins", fmt::format("plugins have not freed {} bytes of the host's memory", bytes));
  if (--hosts > 0) return;
  if (const int64_t statuses = statuses_abroad(); statuses > 0)
    log(WEFT_LOG_DEBUG, "plugins", fmt::format("{} statuses are not freed, by plugins or by the program", statuses));
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
