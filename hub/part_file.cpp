#include "hub/part_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "hub/durable.hpp"

namespace weft::hub {
namespace {

struct Notes {
  char magic[8];
  uint64_t size, chunk, count;  // `count` words follow: how many bytes of each chunk are done
};
constexpr char kMagic[9] = "weftpar1";

bool write_at(int fd, uint64_t offset, const void* data, std::size_t bytes) {
  const char* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = pwrite(fd, at, bytes, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n, offset += static_cast<uint64_t>(n), bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

bool read_at(int fd, uint64_t offset, void* data, std::size_t bytes) {
  char* at = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t n = pread(fd, at, bytes, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n, offset += static_cast<uint64_t>(n), bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

PartFile::PartFile(std::string path, int fd, uint64_t size, uint64_t chunk)
    : path_(std::move(path)), fd_(fd), size_(size), chunk_(chunk), count_((size + chunk - 1) / chunk),
      done_(std::make_unique<std::atomic<uint64_t>[]>(count_)) {}

PartFile::PartFile(PartFile&& o) noexcept
    : path_(std::move(o.path_)),
      fd_(std::exchange(o.fd_, -1)),
      size_(o.size_),
      chunk_(o.chunk_),
      count_(o.count_),
      done_(std::move(o.done_)),
      state_(o.state_.load()) {}

PartFile::~PartFile() {
  if (fd_ >= 0) close(fd_);
}

Result<PartFile> PartFile::open(const std::string& path, uint64_t size, uint64_t chunk_bytes) {
  if (size > (uint64_t{1} << 50)) return invalid("{}: {} bytes are more than any file has", path, size);
  for (int tries = 0; tries < 2; ++tries) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fd < 0 && errno != ELOOP && errno != ENXIO) return cannot("opened", path, errno);
    struct stat st {};
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid()) {
      uint64_t chunk = chunk_bytes;
      Notes notes{};
      const uint64_t at = (size + 4095) / 4096 * 4096;
      const bool noted = read_at(fd, at, &notes, sizeof notes) && std::memcmp(notes.magic, kMagic, 8) == 0 &&
                         notes.size == size && notes.chunk >= (1u << 16) && notes.chunk <= (uint64_t{1} << 32) &&
                         notes.count == (size + notes.chunk - 1) / notes.chunk;
      if (noted) chunk = notes.chunk;
      PartFile part(path, fd, size, chunk);
      if (noted && part.load(static_cast<uint64_t>(st.st_size))) return part;
      PartFile fresh(path, std::exchange(part.fd_, -1), size, chunk_bytes);
      WEFT_CHECK_OK(fresh.start());
      return fresh;
    }
    if (fd >= 0) close(fd);
    if (unlink(path.c_str()) != 0) break;  // a link, or another user's file, is never written through
  }
  return error(Code::kPermissionDenied, "{}: is not a file of ours, and cannot be removed", path);
}

bool PartFile::load(uint64_t file_bytes) {
  if (file_bytes < notes_at() + sizeof(Notes) + count_ * 8) return false;
  std::vector<uint64_t> done(count_);
  if (!read_at(fd_, notes_at() + sizeof(Notes), done.data(), count_ * 8)) return false;
  for (std::size_t i = 0; i < count_; ++i) {
    if (done[i] > bytes(i)) return false;
    done_[i] = done[i];
  }
  return true;
}

Status PartFile::start() {
  Notes notes{{}, size_, chunk_, count_};
  std::memcpy(notes.magic, kMagic, 8);
  // The notes count once their magic is there. The file is zeros until they are written, and their counts stay 0.
  if (ftruncate(fd_, 0) != 0 || ftruncate(fd_, static_cast<off_t>(notes_at() + sizeof notes + count_ * 8)) != 0 ||
      !write_at(fd_, notes_at(), &notes, sizeof notes)) {
    return cannot("written", path_, errno);
  }
  for (std::size_t i = 0; i < count_; ++i) done_[i] = 0;
  return {};
}

bool PartFile::has(uint64_t offset, uint64_t bytes) const {
  if (offset > size_ || bytes > size_ - offset) return false;
  for (uint64_t at = offset, end = offset + bytes; at < end;) {
    const auto chunk = static_cast<std::size_t>(at / chunk_);
    const uint64_t to = std::min(end, begin(chunk) + this->bytes(chunk));
    if (done_[chunk] < to - begin(chunk)) return false;
    at = to;
  }
  return true;
}

bool PartFile::lend(uint64_t offset, uint64_t bytes) {
  if (!has(offset, bytes)) return false;
  State fresh = State::kFresh;
  return state_.compare_exchange_strong(fresh, State::kLent) || fresh == State::kLent;
}

Status PartFile::reset() {
  State fresh = State::kFresh;
  if (!state_.compare_exchange_strong(fresh, State::kBegunAnew) && fresh == State::kLent) {
    return error(Code::kAborted, "it has to be fetched anew, but parts of it are in use; run it again");
  }
  // The file is not cut: it may be mapped.
  const std::vector<uint64_t> none(count_);
  for (std::size_t i = 0; i < count_; ++i) done_[i] = 0;
  const bool written = write_at(fd_, notes_at() + sizeof(Notes), none.data(), count_ * 8);
  return written ? Status() : cannot("written", path_, errno);
}

uint64_t PartFile::done() const {
  uint64_t sum = 0;
  for (std::size_t i = 0; i < count_; ++i) sum += done_[i];
  return sum;
}

uint64_t PartFile::front(std::size_t& chunk) const {
  while (chunk < count_ && done_[chunk] == bytes(chunk)) ++chunk;
  return chunk == count_ ? size_ : begin(chunk) + done_[chunk];
}

Status PartFile::append(std::size_t chunk, std::string_view data) {
  const uint64_t had = done_[chunk];
  if (data.size() > bytes(chunk) - had)
    return error(Code::kDataLoss, "{}: more data than the {} bytes of the chunk", path_, bytes(chunk));
  const uint64_t now = had + data.size();
  if (!write_at(fd_, begin(chunk) + had, data.data(), data.size()) ||
      !write_at(fd_, notes_at() + sizeof(Notes) + chunk * 8, &now, sizeof now)) {
    return cannot("written", path_, errno);
  }
  done_[chunk] = now;
  return {};
}

Status PartFile::read(uint64_t offset, char* data, std::size_t bytes) const {
  return read_at(fd_, offset, data, bytes) ? Status() : cannot("read", path_, errno);
}

Status PartFile::finish(const std::string& to) {
  if (ftruncate(fd_, static_cast<off_t>(size_)) != 0) return cannot("cut", path_, errno);
  if (!mark_unsettled(fd_) && !sync_data(fd_)) return cannot("written", path_, errno);
  if (rename(path_.c_str(), to.c_str()) != 0) return cannot("moved", path_, errno);
  State anew = State::kBegunAnew;
  state_.compare_exchange_strong(anew, State::kFresh);
  return {};
}

void PartFile::remove() { unlink(path_.c_str()); }

}  // namespace weft::hub
