// The files of one checkpoint, as format plugins see them.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/base/json_view.hpp"
#include "core/base/mapped_file.hpp"
#include "core/weights/arrival.hpp"
#include "weft/abi/format.h"

namespace weft {

/// Names are plain, so that nothing outside of the folder can be reached. [one thread per object]
class CheckpointFiles {
 public:
  /// `path`: a folder, or a file, whose folder is then used. `arrival`: the files that are still being fetched; may be
  /// null.
  static Result<std::unique_ptr<CheckpointFiles>> open(const std::string& path,
                                                       std::unique_ptr<Arrival> arrival = nullptr);
  CheckpointFiles() = default;
  CheckpointFiles(const CheckpointFiles&) = delete;
  CheckpointFiles& operator=(const CheckpointFiles&) = delete;

  const weft_files* abi() const { return &table_; }
  const std::string& folder() const { return folder_; }
  const std::string& chosen() const { return chosen_; }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::shared_ptr<MappedFile>>& mapped() const { return mapped_; }
  /// Maps a file without waiting for bytes that are still being fetched. Returns its number.
  Result<uint32_t> map(const std::string& name);
  /// Waits until these bytes of a mapped file have come.
  Status await(uint32_t file, uint64_t offset, uint64_t bytes) const;
  /// Notes that a tensor in a mapped file is read.
  void note_read(uint32_t file) const {
    if (arriving_[file] != WEFT_NONE) arrival_->note_read(arriving_[file]);
  }
  /// Null when no file was being fetched.
  const Arrival* arrival() const { return arrival_.get(); }
  /// Reads a small text file of the folder; NOT_FOUND: there is none.
  Result<std::string> read_text(const std::string& name, uint64_t max_bytes) const;
  /// Reads a JSON file of the folder as Python's json module writes it, with Infinity and NaN as numbers. Errors give
  /// the file, line and column; NOT_FOUND: there is no such file.
  Result<Json> read_json(const std::string& name) const;
  /// The same for a file that holds an object: an empty object where there is no file; INVALID_ARGUMENT: another value.
  Result<Json> read_object(const std::string& name) const;
  /// Reads the small text files of the folder `inside` whose names end with `end`: their names without that ending, and
  /// their texts. Empty where there is no such folder.
  Result<std::vector<std::pair<std::string, std::string>>> read_texts(const std::string& inside, std::string_view end,
                                                                      uint64_t max_bytes, std::size_t most) const;

 private:
  friend struct FilesTable;
  Result<std::shared_ptr<MappedFile>> open_file(const std::string& name, uint32_t& arriving) const;

  std::unique_ptr<Arrival> arrival_;
  std::string folder_, chosen_;
  std::vector<std::string> names_;
  std::vector<std::shared_ptr<MappedFile>> mapped_;
  std::vector<uint32_t> arriving_;  // by mapped file: its number in the arrival; WEFT_NONE: it is not being fetched
  std::deque<JsonDocument> documents_;
  weft_files table_{};
};

}  // namespace weft
