#include "core/weights/quantised.hpp"

#include <algorithm>
#include <numeric>

#include "core/base/error.hpp"

namespace weft {

QuantisedTensor::QuantisedTensor(const Checkpoint& checkpoint, const std::vector<uint32_t>& tensors, uint64_t rows,
                                 uint64_t cols)
    : checkpoint_(checkpoint), tensors_(tensors), rows_(rows), cols_(cols) {
  for (uint32_t s : tensors) {
    const StoredTensor& t = checkpoint.tensors()[s];
    const StoredTensor::Plane& plane = t.planes[0];
    parts_.push_back(
        {checkpoint.files().mapped()[plane.file]->data() + plane.offset, checkpoint.dtypes().find(t.dtype)});
  }
}

/// Waits until all that these rows are read from has come: of the codes the rows alone where they lie apart, and the
/// tensors beside them, which are small, whole.
Status QuantisedTensor::await(uint64_t row, uint64_t n) const {
  for (std::size_t part = 0; part < tensors_.size(); ++part) {
    const StoredTensor::Plane& plane = checkpoint_.tensors()[tensors_[part]].planes[0];
    uint64_t begin = 0, end = plane.bytes;
    if (part == 0 && rows_apart_ && rows_ > 0) {  // a row may begin and end within a byte
      begin = plane.bytes / rows_ * row;
      end = std::min(end, (plane.bytes / rows_ + (plane.bytes % rows_ != 0)) * (row + n));
    }
    WEFT_CHECK_OK(checkpoint_.files().await(plane.file, plane.offset + begin, end - begin));
    checkpoint_.files().note_read(plane.file);
  }
  return {};
}

void QuantisedTensor::floats(std::size_t part, uint64_t first, uint64_t stride, uint64_t n, float* out) const {
  const weft_dtype& dtype = *parts_[part].dtype;
  const uint64_t bytes = dtype.plane[0].bytes;
  weft_slab slab{};
  slab.plane[0] = const_cast<uint8_t*>(data(part) + first * bytes);
  slab.row_pitch[0] = stride * bytes, slab.col_pitch[0] = bytes;
  (void)dtype.decode(dtype.self, &slab, n, 1, out);  // the dtype is plain, so this cannot fail
}

void QuantisedTensor::settle(CodeKind code, uint64_t columns) {
  code_ = code, group_ = std::max<uint64_t>(1, columns);
  if (meaning_ == nullptr) meaning_ = code_values(code);
  if (!group_of_.empty()) {
    std::vector<int32_t> order(cols_);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
      return group_of_[static_cast<std::size_t>(a)] < group_of_[static_cast<std::size_t>(b)];
    });
    for (std::size_t j = 0; j < order.size(); ++j) {
      // Groups of several sizes have no blocks.
      if (static_cast<uint64_t>(group_of_[static_cast<std::size_t>(order[j])]) != j / group_) return;
    }
    if (std::is_sorted(order.begin(), order.end())) group_of_.clear();
    else order_ = std::move(order);
  }
  if (meaning_ != code_values(code) || cols_ == 0) return;
  for (uint32_t unit : {128u, 64u, 32u}) {
    if (cols_ % unit != 0 || (group_ < cols_ && group_ % unit != 0)) continue;
    const uint32_t id = checkpoint_.dtypes().find(block_dtype_name(code, unit));
    if (id == WEFT_NONE) continue;
    unit_ = unit, dtype_ = id;
    return;
  }
  order_.clear();
}

Status QuantisedTensor::values(uint64_t row, uint64_t n, float* out) const {
  if (n == 0) return {};
  WEFT_CHECK_OK(await(row, n));
  std::vector<uint8_t> code(cols_), zero(groups_, 0);
  std::vector<float> scale(groups_);
  for (uint64_t r = row; r < row + n; ++r) {
    codes(r, code.data());
    scales(r, scale.data(), zero.data());
    for (uint64_t k = 0; k < cols_; ++k) {
      const std::size_t g = group_of_.empty() ? k / group_ : static_cast<std::size_t>(group_of_[k]);
      *out++ = scale[g] * (meaning_[code[k]] - static_cast<float>(zero[g]));
    }
  }
  return {};
}

Status QuantisedTensor::blocks(uint64_t row, uint64_t n, uint8_t* out, uint64_t pitch) const {
  WEFT_CHECK_OK(await(row, n));
  put_blocks(row, n, out, pitch);
  return {};
}

void QuantisedTensor::put_blocks(uint64_t row, uint64_t n, uint8_t* out, uint64_t pitch) const {
  std::vector<uint8_t> code(cols_), moved(order_.size()), zero(groups_, 0);
  std::vector<float> scale(groups_);
  const uint64_t bytes = block_bytes(code_, static_cast<uint32_t>(unit_));
  for (uint64_t r = 0; r < n; ++r) {
    codes(row + r, code.data());
    scales(row + r, scale.data(), zero.data());
    for (std::size_t j = 0; j < moved.size(); ++j) moved[j] = code[static_cast<std::size_t>(order_[j])];
    const uint8_t* from = moved.empty() ? code.data() : moved.data();
    uint8_t* to = out + r * pitch;
    for (uint64_t k = 0; k < cols_; k += unit_, to += bytes) {
      put_block(code_, static_cast<uint32_t>(unit_), scale[k / group_], zero[k / group_], from + k, to);
    }
  }
}

void QuantisedTensor::drop(uint64_t row, uint64_t n) const {
  if (!rows_apart_ && n < rows_) return;
  for (uint32_t t : tensors_) {
    for (const StoredTensor::Plane& p : checkpoint_.tensors()[t].planes) {
      const uint64_t pitch = rows_ ? p.bytes / rows_ : 0;
      const bool all = n >= rows_;
      checkpoint_.files().mapped()[p.file]->drop(all ? p.offset : p.offset + row * pitch, all ? p.bytes : n * pitch);
    }
  }
}

}  // namespace weft
