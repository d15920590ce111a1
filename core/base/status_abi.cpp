#include "core/base/status_abi.hpp"

#include <atomic>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>

#include "core/base/status_watch.hpp"

namespace weft {
namespace {

/// What is given when there is no memory for a status.
struct Spare {
  weft_status exhausted{Status(Code::kResourceExhausted, "out of memory")};
  weft_status not_over{Status(Code::kDeadlineExceeded, "not over yet")};
};
Spare& spare() noexcept {
  static Spare* made = new Spare;
  return *made;
}
// Made at load, while there is memory, and never freed.
[[maybe_unused]] Spare& kMadeEarly = spare();

std::atomic<int64_t> abroad{0};

/// The statuses that were made since watch_statuses was called, by address, with their owners. An address that was
/// freed stays until it is used again.
struct Followed {
  struct Entry {
    uint64_t owner = 0;  // 0: nobody was said
    bool freed = false;
  };
  std::mutex mutex;
  std::unordered_map<const weft_status*, Entry> all;
};
std::atomic<Followed*> followed{nullptr};

void follow(const weft_status* made) noexcept {
  Followed* const f = followed;
  if (f == nullptr) return;
  try {
    std::lock_guard lock(f->mutex);
    f->all[made] = {};
  } catch (const std::bad_alloc&) {  // it is not followed
  }
}

/// Whether the status was freed before. `frees`: it is freed now.
bool was_freed(const weft_status* status, bool frees) noexcept {
  Followed* const f = followed;
  if (f == nullptr) return false;
  {
    std::lock_guard lock(f->mutex);
    const auto found = f->all.find(status);
    if (found == f->all.end()) return false;
    if (!found->second.freed) {
      found->second.freed = frees;
      return false;
    }
  }
  try {
    ThrownInside::note("breaks status.double-free: a status was freed twice, or used after it was freed");
  } catch (const std::bad_alloc&) {  // it is told without its text
    ThrownInside::note("a status");
  }
  return true;
}

weft_status* spare(Code code) noexcept {
  return code == Code::kDeadlineExceeded ? &spare().not_over : &spare().exhausted;
}

}  // namespace

weft_status* to_abi(const Status& status) noexcept {
  if (status.ok()) return nullptr;
  weft_status* s = new (std::nothrow) weft_status{status};
  if (s == nullptr) return spare(status.code());
  ++abroad;
  follow(s);
  return s;
}

weft_status* to_abi(Code code, std::string_view message) noexcept {
  if (code == Code::kOk || static_cast<uint32_t>(code) > 16) code = Code::kUnknown;
  try {
    return to_abi(Status(code, std::string(message)));
  } catch (...) {
    return spare(code);
  }
}

Status from_abi(weft_status* status) noexcept {
  if (status == nullptr) return {};
  if (was_freed(status, false)) return Status(Code::kInternal, "a status that is freed already");
  Status s = status->status;
  free_abi(status);
  return s;
}

namespace {
thread_local ThrownInside* innermost = nullptr;
}

ThrownInside::ThrownInside() noexcept : outer_(innermost) { innermost = this; }
ThrownInside::~ThrownInside() { innermost = outer_; }
void ThrownInside::note(std::string what) noexcept {
  if (innermost != nullptr) innermost->what_ = std::move(what);
}

void free_abi(weft_status* status) noexcept {
  if (status == nullptr || status == &spare().exhausted || status == &spare().not_over) return;
  if (was_freed(status, true)) return;
  --abroad;
  delete status;
}

int64_t statuses_abroad() noexcept { return abroad; }

void watch_statuses() noexcept {
  Followed* expected = nullptr;
  auto* const made = new (std::nothrow) Followed;  // never freed: statuses may be freed at the process' end
  if (made != nullptr && !followed.compare_exchange_strong(expected, made)) delete made;
}

weft_status* own_status(weft_status* status, uint64_t owner) noexcept {
  Followed* const f = followed;
  if (f == nullptr || status == nullptr) return status;
  std::lock_guard lock(f->mutex);
  if (const auto found = f->all.find(status); found != f->all.end()) found->second.owner = owner;
  return status;
}

uint64_t statuses_of(uint64_t owner) noexcept {
  Followed* const f = followed;
  if (f == nullptr) return 0;
  std::lock_guard lock(f->mutex);
  uint64_t count = 0;
  for (const auto& [status, entry] : f->all) count += entry.owner == owner && !entry.freed ? 1 : 0;
  return count;
}

}  // namespace weft
