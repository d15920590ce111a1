// The files of one checkpoint, as format plugins see them.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/mapped_file.hpp"
#include "weft/abi/format.h"

namespace weft {

/// [one thread per object] Names are plain; nothing outside the folder can be reached.
class CheckpointFiles {
 public:
  /// `path`: a folder, or a file (whose folder is then the scope).
  static Result<std::unique_ptr<CheckpointFiles>> open(const std::string& path);
  CheckpointFiles() = default;
  ~CheckpointFiles();
  CheckpointFiles(const CheckpointFiles&) = delete;
  CheckpointFiles& operator=(const CheckpointFiles&) = delete;

  const weft_files* abi() const { return &table_; }
  const std::string& folder() const { return folder_; }
  const std::string& chosen() const { return chosen_; }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::shared_ptr<MappedFile>>& mapped() const { return mapped_; }
  Result<uint32_t> map(const std::string& name);
  /// A small text file of the folder; NOT_FOUND when there is none.
  Result<std::string> read_text(const std::string& name, uint64_t max_bytes) const;
  /// The small text files of a folder inside it whose names end with `end`, by their names without that.
  /// None where there is no such folder.
  Result<std::vector<std::pair<std::string, std::string>>> read_texts(const std::string& inside, std::string_view end,
                                                                      uint64_t max_bytes, std::size_t most) const;

 private:
  friend struct FilesTable;
  std::string folder_, chosen_;
  std::vector<std::string> names_;
  std::vector<std::shared_ptr<MappedFile>> mapped_;
  std::deque<Json> documents_;
  weft_files table_{};
};

}  // namespace weft
