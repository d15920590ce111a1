// A weight whose codes, scales and zeros lie in tensors of their own (WEFT_X_DEQUANT), read as rows of blocks
// or of floats.
#pragma once

#include <memory>
#include <vector>

#include "core/plugins/block_dtypes.hpp"
#include "core/weights/checkpoint.hpp"
#include "weft/abi/converter.h"

namespace weft {

/// [any-thread] Immutable once made; reads the mapped files.
class QuantisedTensor {
 public:
  /// Checks every tensor's dtype and shape; an error names the one that does not fit.
  static Result<std::shared_ptr<const QuantisedTensor>> make(const Checkpoint& checkpoint, const weft_xnode& node,
                                                             const std::vector<uint32_t>& tensors);
  virtual ~QuantisedTensor() = default;
  QuantisedTensor(const QuantisedTensor&) = delete;
  QuantisedTensor& operator=(const QuantisedTensor&) = delete;

  uint64_t rows() const { return rows_; }
  uint64_t cols() const { return cols_; }
  /// The dtype of `blocks`; 0: none has its groups, so that floats alone can be read.
  uint32_t dtype() const { return dtype_; }
  /// Of `blocks`: place j holds column order[j]. Empty: in order.
  const std::vector<int32_t>& order() const { return order_; }

  void values(uint64_t row, uint64_t n, float* out) const;
  virtual void blocks(uint64_t row, uint64_t n, uint8_t* out, uint64_t pitch) const;
  /// Rows that will not be read again soon; rows of some layouts lie across all of their pages.
  void drop(uint64_t row, uint64_t n) const;

 protected:
  QuantisedTensor(const Checkpoint& checkpoint, const std::vector<uint32_t>& tensors, uint64_t rows, uint64_t cols);
  /// One code a byte, columns as the file has them; and the scales and zeros of the row's groups.
  virtual void codes(uint64_t row, uint8_t* out) const = 0;
  virtual void scales(uint64_t row, float* scale, uint8_t* zero) const = 0;

  /// Groups of `columns`, or as group_of_ says; then decides on the dtype.
  void settle(CodeKind code, uint64_t columns);
  const uint8_t* data(std::size_t part) const { return parts_[part].data; }
  /// n floats of a tensor from element `first` on, `stride` apart.
  void floats(std::size_t part, uint64_t first, uint64_t stride, uint64_t n, float* out) const;

  const Checkpoint& checkpoint_;
  std::vector<uint32_t> tensors_;
  uint64_t rows_, cols_, groups_ = 1;
  bool rows_apart_ = true;          // a row is some bytes of its own in each tensor
  std::vector<int32_t> group_of_;   // each column's group; empty: column / group
  const float* meaning_ = nullptr;  // of codes: [256]
  uint32_t dtype_ = 0;

 private:
  struct Part {
    const uint8_t* data;
    const weft_dtype* dtype;  // plain
  };
  std::vector<Part> parts_;
  uint64_t group_ = 1, unit_ = 0;  // columns of a group, of a block
  CodeKind code_ = CodeKind::kInt8;
  std::vector<int32_t> order_;
};

}  // namespace weft
