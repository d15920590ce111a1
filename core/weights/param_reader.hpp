// Where a backend's store pulls parameters from: the host's side of weft/abi/params.h.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/weights/plan.hpp"
#include "core/weights/row_map.hpp"
#include "weft/abi/params.h"

namespace weft {

/// Parameters have the numbers of the ParamTable. Tied parameters give the same rows and the same key. [any-thread]
class ParamReader {
 public:
  ParamReader(std::shared_ptr<const Checkpoint> checkpoint, Plan plan, std::vector<ParamDecl> params);
  ParamReader(const ParamReader&) = delete;
  ParamReader& operator=(const ParamReader&) = delete;

  const weft_params* abi() const { return &table_; }
  const std::vector<ParamDecl>& params() const { return params_; }
  const Plan& plan() const { return plan_; }
  /// How the parameter is read, "alias", "view" or "stream", and why.
  std::string explain(std::size_t param) const;
  /// By parameter: the bytes that its values take in the dtype that backends read.
  std::vector<uint64_t> bytes() const;

 private:
  friend struct ParamsTable;
  struct Entry {
    std::optional<std::vector<RowRun>> runs;
    uint32_t dtype = WEFT_F32;
    uint64_t matrix = 0;            // how many rows share one order of columns; 0: all columns are in order
    std::atomic<uint64_t> done{0};  // how many rows, since all were done
    std::mutex mutex;
    std::shared_ptr<const std::vector<float>> evaluated;  // values of a plan that is not a row map
  };
  Status read(uint64_t i, uint32_t as, uint64_t row, uint64_t rows, const weft_slab& dst);
  Status decode_rows(uint64_t i, uint64_t row, uint64_t rows, float* out);
  Result<std::shared_ptr<const std::vector<float>>> evaluated(uint64_t i);
  bool on_group(uint32_t dtype, uint64_t row) const;
  static const RowRun& run_at(const Entry& entry, uint64_t row);
  /// Reads rows as blocks, from weights that lie in several tensors.
  Status read_blocks(uint64_t i, uint64_t row, uint64_t rows, const weft_slab& dst) const;
  void settle_order(uint64_t i);
  void done(uint64_t i, uint64_t row, uint64_t rows);
  uint64_t rows(uint64_t i) const;
  uint64_t cols(uint64_t i) const;

  std::shared_ptr<const Checkpoint> checkpoint_;
  Plan plan_;
  std::vector<ParamDecl> params_;
  std::vector<std::unique_ptr<Entry>> entries_;
  weft_params table_{};
};

}  // namespace weft
