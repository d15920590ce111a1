#include "core/weights/row_map.hpp"

#include <numeric>

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"

namespace weft {
namespace {

/// Whether rows come directly from this value: a tensor, or a weight in several tensors.
bool is_leaf(const Expression& e) { return e.op == WEFT_X_STORED || e.op == WEFT_X_DEQUANT; }

struct RowRef {
  const Expression* leaf;
  uint64_t row;
};

bool same_leaf(const Expression& a, const Expression& b) {
  return &a == &b || (!a.quantised && !b.quantised && a.stored == b.stored);
}
uint64_t rows_in(const Expression& leaf, const Checkpoint& c) {
  return leaf.quantised ? leaf.quantised->rows() : c.tensors()[leaf.stored].rows();
}
uint32_t dtype_of(const Expression& leaf, const Checkpoint& c) {
  return leaf.quantised ? leaf.quantised->dtype() : c.tensors()[leaf.stored].dtype;
}
RowRun run_of(const Expression& leaf, uint64_t row, uint64_t stored_row, uint64_t count) {
  return {row, leaf.quantised ? 0 : leaf.stored, stored_row, count, leaf.quantised.get()};
}

uint64_t product(const std::vector<int64_t>& dims, std::size_t begin, std::size_t end) {
  uint64_t p = 1;
  for (std::size_t i = begin; i < end; ++i) p *= static_cast<uint64_t>(dims[i]);
  return p;
}

/// Moves the elements of `in` as the operation says; `shapes` are their dims, counted in elements.
template <class T>
std::vector<T> move_elements(const Expression& e, const std::vector<std::vector<T>>& in,
                             const std::vector<std::vector<int64_t>>& shapes, const std::vector<int64_t>& out_shape) {
  std::vector<T> out;
  switch (e.op) {
    case WEFT_X_RESHAPE:
    case WEFT_X_CAST:
      return in[0];
    case WEFT_X_SLICE: {
      const uint64_t outer = product(shapes[0], 0, e.axis), inner = product(shapes[0], e.axis + 1, shapes[0].size());
      const uint64_t size = static_cast<uint64_t>(shapes[0][e.axis]);
      for (uint64_t o = 0; o < outer; ++o) {
        auto begin = in[0].begin() + static_cast<std::ptrdiff_t>((o * size + static_cast<uint64_t>(e.arg[0])) * inner);
        out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(static_cast<uint64_t>(e.arg[1]) * inner));
      }
      return out;
    }
    case WEFT_X_CONCAT:
    case WEFT_X_STACK: {
      const uint64_t outer = product(out_shape, 0, e.axis);
      for (uint64_t o = 0; o < outer; ++o) {
        for (std::size_t i = 0; i < in.size(); ++i) {
          const uint64_t piece = outer ? in[i].size() / outer : 0;
          auto begin = in[i].begin() + static_cast<std::ptrdiff_t>(o * piece);
          out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(piece));
        }
      }
      return out;
    }
    case WEFT_X_PERMUTE: {
      const std::size_t rank = shapes[0].size();
      std::vector<uint64_t> stride(rank, 1), index(rank, 0);
      for (std::size_t i = rank; i-- > 1;) stride[i - 1] = stride[i] * static_cast<uint64_t>(shapes[0][i]);
      out.reserve(in[0].size());
      for (std::size_t n = 0; n < in[0].size(); ++n) {
        uint64_t at = 0;
        for (std::size_t i = 0; i < rank; ++i) at += index[i] * stride[static_cast<std::size_t>(e.arg[i])];
        out.push_back(in[0][at]);
        for (std::size_t i = rank; i-- > 0;) {
          if (++index[i] < static_cast<uint64_t>(out_shape[i])) break;
          index[i] = 0;
        }
      }
      return out;
    }
    default:
      return out;
  }
}

/// The shape without the last axis, which whole rows keep.
std::vector<int64_t> outer(const std::vector<int64_t>& dims) {
  return dims.empty() ? dims : std::vector<int64_t>(dims.begin(), dims.end() - 1);
}

bool keeps_rows(const Expression& e) {
  if (is_leaf(e)) return true;
  const std::vector<int64_t>& in = e.in[0]->dims;
  if (in.empty() || e.dims.empty()) return false;
  for (const auto& operand : e.in) {
    if (operand->dims.empty() || !keeps_rows(*operand)) return false;
  }
  const std::size_t last = in.size() - 1;
  switch (e.op) {
    case WEFT_X_SLICE:
    case WEFT_X_CONCAT: return e.axis < last;
    case WEFT_X_STACK: return e.axis <= last;
    // With rows of no elements the number of rows is not determined.
    case WEFT_X_RESHAPE: return e.dims.back() == in.back() && in.back() != 0;
    case WEFT_X_PERMUTE: return e.arg.back() == static_cast<int64_t>(last);
    default: return false;
  }
}

std::vector<RowRef> rows_of(const Expression& e, const Checkpoint& c) {
  std::vector<RowRef> rows;
  if (is_leaf(e)) {
    const uint64_t n = rows_in(e, c);
    rows.reserve(n);
    for (uint64_t r = 0; r < n; ++r) rows.push_back({&e, r});
    return rows;
  }
  std::vector<std::vector<RowRef>> in;
  std::vector<std::vector<int64_t>> shapes;
  for (const auto& operand : e.in) {
    in.push_back(rows_of(*operand, c));
    shapes.push_back(outer(operand->dims));
  }
  Expression of_rows = e;
  if (e.op == WEFT_X_PERMUTE) of_rows.arg.pop_back();
  return move_elements(of_rows, in, shapes, outer(e.dims));
}

}  // namespace

std::optional<std::vector<RowRun>> row_map(const Expression& e, const Checkpoint& c) {
  if (is_leaf(e) && dtype_of(e, c) != 0) return std::vector<RowRun>{run_of(e, 0, 0, rows_in(e, c))};
  if (is_leaf(e) || !keeps_rows(e)) return std::nullopt;
  std::vector<RowRun> runs;
  const Expression* leaf = nullptr;  // of the last run
  uint32_t dtype = 0;
  for (const RowRef& ref : rows_of(e, c)) {
    const uint32_t d = dtype_of(*ref.leaf, c);
    if (d == 0 || (dtype != 0 && d != dtype)) return std::nullopt;  // a parameter has one dtype
    dtype = d;
    if (leaf != nullptr && same_leaf(*leaf, *ref.leaf) && runs.back().stored_row + runs.back().count == ref.row) {
      ++runs.back().count;
    } else {
      runs.push_back(run_of(*ref.leaf, runs.empty() ? 0 : runs.back().row + runs.back().count, ref.row, 1));
    }
    leaf = ref.leaf;
  }
  // Rows of a dtype whose groups have several rows cannot be moved one by one.
  const weft_dtype* descriptor = dtype ? c.dtypes().find(dtype) : nullptr;
  for (uint32_t p = 0; descriptor && p < descriptor->n_planes; ++p) {
    if (descriptor->plane[p].rows != 1) return std::nullopt;
  }
  return runs;
}

Result<std::vector<float>> evaluate(const Expression& e, const Checkpoint& c) {
  if (e.quantised) {
    std::vector<float> values(e.quantised->rows() * e.quantised->cols());
    WEFT_CHECK_OK(e.quantised->values(0, e.quantised->rows(), values.data()));
    return values;
  }
  if (e.op == WEFT_X_STORED) {
    const StoredTensor& t = c.tensors()[e.stored];
    std::vector<float> values(t.rows() * t.cols());
    const weft_dtype& dtype = *c.dtypes().find(t.dtype);
    WEFT_TRY(const weft_slab slab, c.slab(t, 0, t.rows()));
    WEFT_CHECK_OK(from_abi(dtype.decode(dtype.self, &slab, t.rows(), t.cols(), values.data())));
    return values;
  }
  std::vector<std::vector<float>> in;
  std::vector<std::vector<int64_t>> shapes;
  for (const auto& operand : e.in) {
    WEFT_TRY(auto values, evaluate(*operand, c));
    in.push_back(std::move(values));
    shapes.push_back(operand->dims);
  }
  for (std::size_t i = 0; i < in[0].size(); ++i) {
    float& x = in[0][i];
    if (e.op == WEFT_X_ADD) x += in[1][i];
    if (e.op == WEFT_X_MUL) x *= in[1][i];
    if (e.op == WEFT_X_SCALE) x = static_cast<float>(x * e.scalar);
    if (e.op == WEFT_X_OFFSET) x = static_cast<float>(x + e.scalar);
  }
  if (e.op >= WEFT_X_ADD && e.op <= WEFT_X_OFFSET) return std::move(in[0]);
  return move_elements(e, in, shapes, e.dims);
}

}  // namespace weft
