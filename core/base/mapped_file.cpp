#include "core/base/mapped_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "core/base/error.hpp"

namespace weft {
namespace {

// The mappings that the signal handler may look at: it may read only fixed slots of atomics.
struct Slot {
  std::atomic<uintptr_t> begin{0}, end{0};
  std::atomic<bool> damaged{false};
};
std::array<Slot, 4096> slots;
std::mutex slots_mutex;
bool guard_on = true;  // guarded by slots_mutex
struct sigaction previous;
bool installed = false;  // guarded by slots_mutex
// Bytes of a page of the machine, also for the handler, which may call little.
const auto page_bytes = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));

void on_sigbus(int signal, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  for (Slot& slot : slots) {
    const uintptr_t begin = slot.begin.load(std::memory_order_acquire);
    if (begin == 0 || address < begin || address >= slot.end.load(std::memory_order_acquire)) continue;
    void* at = reinterpret_cast<void*>(address / page_bytes * page_bytes);
    if (mmap(at, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at) {
      slot.damaged.store(true, std::memory_order_release);
      return;
    }
    break;
  }
  if (previous.sa_flags & SA_SIGINFO) {
    if (previous.sa_sigaction != nullptr) previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    sigaction(SIGBUS, &previous, nullptr);  // the fault then repeats and takes its default course
  }
}

int take_slot(uintptr_t begin, uintptr_t end) {
  std::lock_guard lock(slots_mutex);
  if (guard_on && !installed) {
    struct sigaction action {};
    action.sa_sigaction = on_sigbus;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    installed = sigaction(SIGBUS, &action, &previous) == 0;
  }
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].begin.load() != 0) continue;
    slots[i].damaged.store(false);
    slots[i].end.store(end);
    slots[i].begin.store(begin, std::memory_order_release);
    return static_cast<int>(i);
  }
  return -1;
}

constexpr uint64_t kWhole = UINT64_MAX;

}  // namespace

void set_sigbus_guard(bool on) {
  std::lock_guard lock(slots_mutex);
  guard_on = on;
  if (on || !installed) return;
  // A handler that somebody has installed after ours stays.
  struct sigaction now {};
  if (sigaction(SIGBUS, nullptr, &now) == 0 && now.sa_sigaction == on_sigbus) sigaction(SIGBUS, &previous, nullptr);
  installed = false;
}

Result<std::shared_ptr<MappedFile>> MappedFile::open(const std::string& path) {
  return open_as(path, path, kWhole, MAP_PRIVATE);
}

Result<std::shared_ptr<MappedFile>> MappedFile::open_arriving(const std::string& now, const std::string& path,
                                                              uint64_t size) {
  return open_as(now, path, size, MAP_SHARED);  // MAP_SHARED shows what is written later
}

/// Maps the file at `place`, which is called `path` from now on.
Result<std::shared_ptr<MappedFile>> MappedFile::open_as(const std::string& place, const std::string& path,
                                                        uint64_t size, int sharing) {
  std::shared_ptr<MappedFile> file(new MappedFile);
  file->path_ = path;  // set before the descriptor is opened, which would leak if memory ran out
  // NONBLOCK: opening a pipe must not wait for its writer.
  const int fd = ::open(place.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return error(errno == ENOENT ? Code::kNotFound : Code::kPermissionDenied, "{}: {}", path,
                 std::strerror(errno));
  }
  struct stat st {};
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
    ::close(fd);
    return invalid("{}: not a regular file", path);
  }
  file->size_ = static_cast<uint64_t>(st.st_size);
  if (size != kWhole) {
    if (file->size_ < size) {
      ::close(fd);
      return error(Code::kDataLoss, "{}: has {} bytes, expected {}", path, file->size_, size);
    }
    file->size_ = size;
  }
  file->device_ = st.st_dev, file->inode_ = st.st_ino;
  if (file->size_ > 0) {
    void* p = mmap(nullptr, file->size_, PROT_READ, sharing, fd, 0);
    if (p == MAP_FAILED) {
      ::close(fd);
      return error(Code::kResourceExhausted, "{}: cannot map {} bytes", path, file->size_);
    }
    file->data_ = p;
    const auto begin = reinterpret_cast<uintptr_t>(p);
    file->guard_slot_ = take_slot(begin, begin + file->size_);
    if (file->guard_slot_ < 0) {
      ::close(fd);
      return error(Code::kResourceExhausted, "{}: {} files are mapped already, the most there can be", path,
                   slots.size());
    }
  }
  ::close(fd);
  return file;
}

MappedFile::~MappedFile() {
  if (guard_slot_ >= 0) slots[static_cast<std::size_t>(guard_slot_)].begin.store(0);
  if (data_ != nullptr) munmap(data_, size_);
}

bool MappedFile::faulted() const {
  return guard_slot_ >= 0 && slots[static_cast<std::size_t>(guard_slot_)].damaged.load();
}

bool MappedFile::damaged() const {
  if (guard_slot_ < 0) return false;
  std::atomic<bool>& damaged = slots[static_cast<std::size_t>(guard_slot_)].damaged;
  // A file that was cut inside of its last page reads as zeros there without a fault. A file that was replaced by
  // another of the same name still lives under the mapping.
  struct stat st {};
  if (!damaged.load() && ::stat(path_.c_str(), &st) == 0 && st.st_dev == device_ && st.st_ino == inode_ &&
      static_cast<uint64_t>(st.st_size) < size_) {
    damaged.store(true);
  }
  return damaged.load();
}

void MappedFile::drop(uint64_t offset, uint64_t bytes) const {
  const uint64_t page = page_bytes;
  const uint64_t first = (offset + page - 1) / page * page, last = (offset + bytes) / page * page;
  const bool faulted = guard_slot_ >= 0 && slots[static_cast<std::size_t>(guard_slot_)].damaged.load();
  if (first < last && last <= size_ && !faulted) {
    madvise(static_cast<uint8_t*>(data_) + first, last - first, MADV_DONTNEED);
  }
}

}  // namespace weft
