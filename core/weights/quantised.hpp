// A weight whose codes, scales and zeros lie in tensors of their own (WEFT_X_DEQUANT). Its rows are read as blocks or
// as floats.
#pragma once

#include <memory>
#include <vector>

#include "core/plugins/block_dtypes.hpp"
#include "core/weights/checkpoint.hpp"
#include "weft/abi/converter.h"

namespace weft {

/// Immutable once made; reads the mapped files, and waits for what has not come yet. [any-thread]
class QuantisedTensor {
 public:
  /// Checks the dtype and shape of every tensor; an error names the one that does not fit. Waits only for the small
  /// tensors that say how the others are read.
  static Result<std::shared_ptr<const QuantisedTensor>> make(const Checkpoint& checkpoint, const weft_xnode& node,
                                                             const std::vector<uint32_t>& tensors);
  virtual ~QuantisedTensor() = default;
  QuantisedTensor(const QuantisedTensor&) = delete;
  QuantisedTensor& operator=(const QuantisedTensor&) = delete;

  uint64_t rows() const { return rows_; }
  uint64_t cols() const { return cols_; }
  /// The dtype that blocks() writes; 0: no dtype has the weight's groups, and only floats can be read.
  uint32_t dtype() const { return dtype_; }
  /// The order of columns in blocks(): place j holds column order[j]. Empty: they are in order.
  const std::vector<int32_t>& order() const { return order_; }

  Status values(uint64_t row, uint64_t n, float* out) const;
  Status blocks(uint64_t row, uint64_t n, uint8_t* out, uint64_t pitch) const;
  /// Says that these rows will not be read again soon. Layouts whose rows lie across all pages drop only the whole
  /// weight.
  void drop(uint64_t row, uint64_t n) const;

 protected:
  QuantisedTensor(const Checkpoint& checkpoint, const std::vector<uint32_t>& tensors, uint64_t rows, uint64_t cols);
  /// codes() writes one code a byte, columns as the file has them; scales() the scales and zeros of the row's groups.
  virtual void codes(uint64_t row, uint8_t* out) const = 0;
  virtual void scales(uint64_t row, float* scale, uint8_t* zero) const = 0;
  virtual void put_blocks(uint64_t row, uint64_t n, uint8_t* out, uint64_t pitch) const;

  /// Sets how columns are grouped (`columns` each, or as group_of_ says) and then the dtype.
  void settle(CodeKind code, uint64_t columns);
  const uint8_t* data(std::size_t part) const { return parts_[part].data; }
  /// Reads n floats of a tensor from element `first` on, `stride` elements apart.
  void floats(std::size_t part, uint64_t first, uint64_t stride, uint64_t n, float* out) const;

  const Checkpoint& checkpoint_;
  std::vector<uint32_t> tensors_;
  uint64_t rows_, cols_, groups_ = 1;
  bool rows_apart_ = true;          // each row has bytes of its own in every tensor
  std::vector<int32_t> group_of_;   // by column: its group; empty: column / group_
  const float* meaning_ = nullptr;  // by code, [256]: its value
  uint32_t dtype_ = 0;

 private:
  struct Part {
    const uint8_t* data;
    const weft_dtype* dtype;  // a plain dtype
  };
  Status await(uint64_t row, uint64_t n) const;

  std::vector<Part> parts_;
  uint64_t group_ = 1, unit_ = 0;  // columns of a group; columns of a block
  CodeKind code_ = CodeKind::kInt8;
  std::vector<int32_t> order_;
};

}  // namespace weft
