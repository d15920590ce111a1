#include "core/plugins/watched_host.hpp"

#include <algorithm>
#include <cstring>

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "core/base/status_watch.hpp"

namespace weft {
namespace {

constexpr uint8_t kAround = 0xA5;  // before and behind a block
constexpr uint8_t kNew = 0xCD, kFreed = 0xDD;
std::atomic<uint64_t> last_number{0};
constexpr uint64_t kMargin = 64;  // at least; more: writes that go further are found too, and allocations cost more

}  // namespace

struct WatchedTable {
  static WatchedHost& self(void* ctx) { return *static_cast<WatchedHost*>(ctx); }
  /// The host's own table, whose functions do the work.
  static const weft_host& inner(void* ctx, const char* function) {
    self(ctx).check_alive(function);
    return *self(ctx).host_.table();
  }

  static weft_status* status_new(void* ctx, weft_code code, weft_str message) noexcept {
    const weft_host& h = inner(ctx, "status_new");
    return own_status(h.status_new(h.ctx, code, message), self(ctx).number_);
  }
  static void log(void* ctx, uint32_t level, weft_str component, weft_str message) noexcept {
    const weft_host& h = inner(ctx, "log");
    h.log(h.ctx, level, component, message);
  }
  static void* alloc(void* ctx, uint64_t bytes, uint64_t align) noexcept {
    try {
      self(ctx).check_alive("alloc");
      return self(ctx).alloc(bytes, align);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
  static void free(void* ctx, void* p, uint64_t bytes, uint64_t align) noexcept {
    try {
      self(ctx).check_alive("free");
      self(ctx).free(p, bytes, align);
    } catch (const std::bad_alloc&) {  // of a message: it is not told
    }
  }
  static uint32_t worker_count(void* ctx) noexcept {
    const weft_host& h = inner(ctx, "worker_count");
    return h.worker_count(h.ctx);
  }
  static void parallel_for(void* ctx, uint64_t n, uint64_t grain, ThreadPool::Range fn, void* arg) noexcept {
    const weft_host& h = inner(ctx, "parallel_for");
    h.parallel_for(h.ctx, n, grain, fn, arg);
  }
  static uint32_t team_run(void* ctx, uint32_t want, ThreadPool::Rank fn, void* arg) noexcept {
    const weft_host& h = inner(ctx, "team_run");
    return h.team_run(h.ctx, want, fn, arg);
  }
  static weft_status* dtype_register(void* ctx, const weft_dtype* dtype, uint32_t* out) noexcept {
    const weft_host& h = inner(ctx, "dtype_register");
    return own_status(h.dtype_register(h.ctx, dtype, out), self(ctx).number_);
  }
  static const weft_dtype* dtype_info(void* ctx, uint32_t id) noexcept {
    const weft_host& h = inner(ctx, "dtype_info");
    return h.dtype_info(h.ctx, id);
  }
  static uint32_t dtype_find(void* ctx, weft_str name) noexcept {
    const weft_host& h = inner(ctx, "dtype_find");
    return h.dtype_find(h.ctx, name);
  }
  static const void* get_extension(void* ctx, weft_str id) noexcept {
    const weft_host& h = inner(ctx, "get_extension");
    return h.get_extension(h.ctx, id);
  }
};

WatchedHost::WatchedHost(Host& host, std::string plugin_id, BreachSink sink)
    : host_(host), number_(++last_number), id_(std::move(plugin_id)), sink_(std::move(sink)), table_(*host.table()) {
  watch_statuses();
  table_.ctx = this;
  table_.status_new = WatchedTable::status_new;
  table_.log = WatchedTable::log;
  table_.alloc = WatchedTable::alloc;
  table_.free = WatchedTable::free;
  table_.worker_count = WatchedTable::worker_count;
  table_.parallel_for = WatchedTable::parallel_for;
  table_.team_run = WatchedTable::team_run;
  table_.dtype_register = WatchedTable::dtype_register;
  table_.dtype_info = WatchedTable::dtype_info;
  table_.dtype_find = WatchedTable::dtype_find;
  table_.get_extension = WatchedTable::get_extension;
}

WatchedHost::~WatchedHost() = default;

uint64_t WatchedHost::margin(uint64_t align) { return std::max(align, kMargin); }

void WatchedHost::breach(std::string_view rule, const std::string& what) const noexcept {
  try {
    ThrownInside::note(fmt::format("breaks {}: {}", rule, what));
    sink_(id_, rule, what);
  } catch (...) {  // a failing sink must not bring the plugin down
  }
}

void WatchedHost::check_alive(const char* function) const noexcept {
  if (!ended_) return;
  try {
    breach("host.after-shutdown", fmt::format("{} of the host was called after shutdown", function));
  } catch (const std::bad_alloc&) {  // it is not told
  }
}

void WatchedHost::check(const uint8_t* p, const Block& block) const noexcept {
  const uint64_t around = margin(block.align);
  const auto other = [](uint8_t byte) { return byte != kAround; };
  const uint8_t* const end = p + block.bytes;
  const uint8_t* const behind = std::find_if(end, end + around, other);
  const uint8_t* const before = std::find_if<const uint8_t*>(block.whole, p, other);
  const auto tell = [&](uint64_t byte, const char* where) {
    breach("memory.canary", fmt::format("byte {} {} the {} that alloc gave was written", byte, where, block.bytes));
  };
  try {
    if (behind != end + around) tell(static_cast<uint64_t>(behind - end), "behind");
    if (before != p) tell(static_cast<uint64_t>(p - before), "before");
  } catch (const std::bad_alloc&) {  // it is not told
  }
}

void* WatchedHost::alloc(uint64_t bytes, uint64_t align) {
  if (const uint64_t n = fail_at_; n != 0) {
    if (n == 1) return nullptr;
    --fail_at_;
  }
  align = std::max<uint64_t>(align, sizeof(void*));
  const uint64_t around = margin(align);
  if (around > UINT64_MAX / 4 || bytes > UINT64_MAX - 2 * around) return nullptr;
  const weft_host& h = *host_.table();
  auto* const whole = static_cast<uint8_t*>(h.alloc(h.ctx, bytes + 2 * around, align));
  if (whole == nullptr) return nullptr;
  uint8_t* const p = whole + around;
  std::memset(whole, kAround, around);
  std::memset(p, kNew, bytes);
  std::memset(p + bytes, kAround, around);
  try {
    std::lock_guard lock(mutex_);
    blocks_[p] = {bytes, align, whole};
  } catch (const std::bad_alloc&) {
    h.free(h.ctx, whole, bytes + 2 * around, align);
    return nullptr;
  }
  return p;
}

void WatchedHost::free(void* p, uint64_t bytes, uint64_t align) {
  if (p == nullptr) return;
  Block block;
  {
    std::lock_guard lock(mutex_);
    const auto found = blocks_.find(p);
    if (found == blocks_.end())
      return breach("memory.double-free", "free got memory that alloc did not give, or that is freed already");
    block = found->second;
    blocks_.erase(found);
  }
  align = std::max<uint64_t>(align, sizeof(void*));
  if (bytes != block.bytes || align != block.align)
    breach("memory.free-size", fmt::format("free got {} bytes aligned to {}, alloc was asked for {} aligned to {}",
                                           bytes, align, block.bytes, block.align));
  check(static_cast<uint8_t*>(p), block);
  std::memset(p, kFreed, block.bytes);
  const weft_host& h = *host_.table();
  h.free(h.ctx, block.whole, block.bytes + 2 * margin(block.align), block.align);
}

void WatchedHost::check_memory() {
  std::lock_guard lock(mutex_);
  for (const auto& [p, block] : blocks_) check(static_cast<const uint8_t*>(p), block);
}

void WatchedHost::end() {
  check_memory();
  ended_ = true;
  uint64_t bytes = 0, count = 0;
  {
    std::lock_guard lock(mutex_);
    count = blocks_.size();
    for (const auto& entry : blocks_) bytes += entry.second.bytes;
  }
  if (count > 0) breach("memory.leak", fmt::format("{} bytes in {} pieces are not freed", bytes, count));
  if (const uint64_t statuses = statuses_of(number_); statuses > 0)
    breach("status.leak", fmt::format("{} statuses are neither returned nor freed", statuses));
}

}  // namespace weft
