// An opened checkpoint: its tensors, which were checked against their files, and its texts.
#pragma once

#include <memory>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/texts.hpp"
#include "core/plugins/dtype_registry.hpp"
#include "core/plugins/registry.hpp"
#include "core/weights/files.hpp"
#include "weft/abi/checkpoint.h"

namespace weft {

struct StoredTensor {
  std::string name;
  uint32_t dtype = 0;
  std::vector<int64_t> dims;
  struct Plane {
    uint32_t file = 0;
    uint64_t offset = 0, bytes = 0;
  };
  std::vector<Plane> planes;

  uint64_t rows() const;  // 0 where a row has no values, whatever the other dims
  uint64_t cols() const { return dims.empty() ? 1 : static_cast<uint64_t>(dims.back()); }
};

/// What a format says for the text side; see weft/abi/format.h.
struct StoredVocabulary {
  std::string model, pre, chat_template;
  std::vector<std::pair<std::string, std::string>> templates;  // further templates: name, text
  Texts tokens, merges;
  std::vector<float> scores;
  std::vector<int32_t> types;
  std::string charsmap;
  int64_t bos = -1, eos = -1, unk = -1, pad = -1, sep = -1;
  // 0 no, 1 yes, 2 the format does not say:
  uint32_t add_bos = 2, add_eos = 2, add_sep = 2, add_space_prefix = 2, remove_extra_spaces = 2;
  uint32_t lowercase = 2, strip_accents = 2;
};

/// Immutable after open. [any-thread]
class Checkpoint {
 public:
  /// Opens a checkpoint with the format that gives the highest score; the error lists the formats that were asked.
  static Result<std::shared_ptr<Checkpoint>> open(const std::string& path, const std::vector<Interface>& formats,
                                                  const DtypeRegistry& dtypes,
                                                  std::unique_ptr<Arrival> arrival = nullptr);

  Checkpoint() = default;
  ~Checkpoint();
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  /// What messages call the checkpoint: its path, or the handle that led to it.
  const std::string& path() const { return path_; }
  void rename(const std::string& name) { path_ = name; }
  const std::string& format() const { return format_; }
  const std::string& format_plugin() const { return format_plugin_; }
  const std::vector<StoredTensor>& tensors() const { return tensors_; }
  uint32_t find(std::string_view name) const;  // WEFT_NONE: no such tensor
  const Json& metadata() const { return metadata_.json; }
  const std::optional<StoredVocabulary>& vocabulary() const { return vocabulary_; }
  /// The file's defaults for generation; null where the format gives none.
  const Json& generation_config() const { return generation_config_; }
  const CheckpointFiles& files() const { return *files_; }
  const DtypeRegistry& dtypes() const { return *dtypes_; }
  uint64_t stored_bytes() const;
  /// DATA_LOSS: a file has shrunk under its mapping.
  Status check_intact() const;
  /// The same, at no cost: for those who read often, and ask check_intact before results are used.
  Status check_faults() const;
  /// Waits until all files have come and are verified. Until then nothing that was computed from them may be shown.
  Status complete() const { return files_->arrival() ? files_->arrival()->complete() : Status(); }
  /// Where the rows [row, row+rows) of a tensor lie; waits until they have come.
  Result<weft_slab> slab(const StoredTensor& tensor, uint64_t row, uint64_t rows) const;
  /// The view that converters get, valid as long as the checkpoint.
  const weft_checkpoint* abi() const { return &table_; }

 private:
  friend struct FormatSink;
  friend struct CheckpointTable;
  Status add_tensor(const weft_stored_tensor& tensor);
  Status set_metadata(weft_str text);
  Status set_vocabulary(const weft_vocabulary& vocabulary);
  Status set_generation_config(weft_str text);
  Status check_disjoint() const;

  std::string path_, format_, format_plugin_;
  std::unique_ptr<CheckpointFiles> files_;
  const DtypeRegistry* dtypes_ = nullptr;
  std::vector<StoredTensor> tensors_;
  std::map<std::string, uint32_t, std::less<>> by_name_;
  JsonDocument metadata_{Json::object()};
  bool has_metadata_ = false;
  std::optional<StoredVocabulary> vocabulary_;
  Json generation_config_;
  std::mutex json_mutex_;  // guards the two maps below, which grow as converters ask
  std::unordered_map<std::string, JsonDocument> json_files_;
  std::unordered_map<uint32_t, JsonDocument> json_tensors_;
  weft_checkpoint table_{};
};

/// The status, with `path` replaced by `name` in its message.
Status with_name(const Status& status, const std::string& path, const std::string& name);
/// The bytes that `rows` x `cols` values take in plane p; none when they are no whole groups or the size overflows.
std::optional<uint64_t> plane_bytes(const weft_dtype& dtype, uint32_t p, uint64_t rows, uint64_t cols);

}  // namespace weft
