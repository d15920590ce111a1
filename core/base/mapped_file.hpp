// A file mapped read-only, with a guard against files that shrink while mapped.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "weft/status.hpp"

namespace weft {

/// A page past the end of a shrunken file reads as zeros instead of killing the process, and the
/// mapping counts as damaged from then on. The guard is a SIGBUS handler that is installed with the
/// first mapping and passes on what is not ours; hosts that handle SIGBUS themselves switch it off.
void set_sigbus_guard(bool on);

class MappedFile {
 public:
  static Result<std::shared_ptr<MappedFile>> open(const std::string& path);
  /// A file of `size` bytes that is still being written at `now` and will then lie at `path`.
  static Result<std::shared_ptr<MappedFile>> open_arriving(const std::string& now, const std::string& path, uint64_t size);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::string& path() const { return path_; }
  const uint8_t* data() const { return static_cast<const uint8_t*>(data_); }
  uint64_t size() const { return size_; }
  /// Whether the file is now shorter than its mapping. Stays true. Costs a stat.
  bool damaged() const;
  /// The pages of [offset, offset+bytes) may leave memory; they come back from the file.
  void drop(uint64_t offset, uint64_t bytes) const;

 private:
  MappedFile() = default;
  static Result<std::shared_ptr<MappedFile>> open_as(const std::string& place, const std::string& path, uint64_t size, int sharing);
  std::string path_;
  void* data_ = nullptr;
  uint64_t size_ = 0;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  int guard_slot_ = -1;
};

}  // namespace weft
