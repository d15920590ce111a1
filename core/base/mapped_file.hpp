// A file mapped read-only, with a guard against files that shrink while mapped.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "weft/status.hpp"

namespace weft {

/// Switches the guard on or off. With it, a page beyond the end of a shrunken file reads as zeros instead of killing
/// the process, and the mapping counts as damaged from then on. The guard is a SIGBUS handler, installed with the first
/// mapping, that passes on the signals that are not ours; hosts that handle SIGBUS themselves switch it off, which
/// restores the handler before. [any-thread]
void set_sigbus_guard(bool on);

class MappedFile {
 public:
  static Result<std::shared_ptr<MappedFile>> open(const std::string& path);
  /// Maps a file of `size` bytes that is still being written at `now` and will then be at `path`.
  static Result<std::shared_ptr<MappedFile>> open_arriving(const std::string& now, const std::string& path,
                                                           uint64_t size);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::string& path() const { return path_; }
  const uint8_t* data() const { return static_cast<const uint8_t*>(data_); }
  uint64_t size() const { return size_; }
  /// Whether the file has become shorter than its mapping; stays true. Costs a call of stat.
  bool damaged() const;
  /// Whether a page was read that the file no longer has. Costs no call: a file that was cut inside of its last page is
  /// not noticed.
  bool faulted() const;
  /// Lets the pages of [offset, offset+bytes) leave memory; they are read from the file again when needed.
  void drop(uint64_t offset, uint64_t bytes) const;

 private:
  MappedFile() = default;
  static Result<std::shared_ptr<MappedFile>> open_as(const std::string& place, const std::string& path, uint64_t size,
                                                     int sharing);
  std::string path_;
  void* data_ = nullptr;
  uint64_t size_ = 0;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  int guard_slot_ = -1;
};

}  // namespace weft
