// A file on its way: its data, followed by notes of how far each chunk has come, so that a download can continue after
// any end, kill -9 included.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "weft/status.hpp"

namespace weft::hub {

/// A chunk belongs to one thread at a time; all else is [any-thread].
class PartFile {
 public:
  /// Continues the file at `path` if it is such a part of this size, and ours; otherwise begins anew.
  static Result<PartFile> open(const std::string& path, uint64_t size, uint64_t chunk_bytes);
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile();

  uint64_t size() const { return size_; }
  std::size_t chunks() const { return static_cast<std::size_t>(count_); }
  uint64_t begin(std::size_t chunk) const { return chunk * chunk_; }
  uint64_t bytes(std::size_t chunk) const { return std::min(chunk_, size_ - begin(chunk)); }
  uint64_t done(std::size_t chunk) const { return done_[chunk]; }
  uint64_t done() const;
  /// How many bytes from the start have come without a gap. `chunk` carries the search from call to call; it starts as
  /// 0.
  uint64_t front(std::size_t& chunk) const;
  /// Adds data to a chunk; DATA_LOSS beyond its end.
  Status append(std::size_t chunk, std::string_view data);
  Status read(uint64_t offset, char* data, std::size_t bytes) const;
  /// Whether these bytes have come and may be used. Once bytes are lent, the file can no longer be begun anew.
  bool lend(uint64_t offset, uint64_t bytes);
  bool lent() const { return state_ == State::kLent; }
  /// Begins the file anew. No bytes are lent until it is finished. ABORTED when some are lent already.
  Status reset();
  /// Cuts the notes off, and moves the file to its place, marked as hub/durable.hpp says.
  Status finish(const std::string& to);
  void remove();

 private:
  PartFile(std::string path, int fd, uint64_t size, uint64_t chunk);
  uint64_t notes_at() const { return (size_ + 4095) / 4096 * 4096; }
  bool load(uint64_t file_bytes);
  Status start();
  bool has(uint64_t offset, uint64_t bytes) const;

  std::string path_;
  int fd_;
  uint64_t size_, chunk_, count_;
  std::unique_ptr<std::atomic<uint64_t>[]> done_;
  enum class State { kFresh, kLent, kBegunAnew };
  std::atomic<State> state_{State::kFresh};
};

}  // namespace weft::hub
