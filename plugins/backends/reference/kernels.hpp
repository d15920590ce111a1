// The executable specification: every op, written to be read. f32 sums.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "weft/sdk/interpreter.hpp"

namespace weft::reference {

using sdk::Call;
using sdk::Interpreter;
using sdk::View;

void add_elementwise(Interpreter&);  // unary, binary, compare, select, cast
void add_layout(Interpreter&);       // reshape transpose broadcast concat slice pad iota
void add_reduce(Interpreter&);       // reduce cumsum top_k softmax rms_norm
void add_indexing(Interpreter&);     // gather scatter
void add_matmul(Interpreter&);       // matmul matmul_id gated_mlp
void add_attention(Interpreter&);    // rope attention
void add_conv(Interpreter&);
void add_scan(Interpreter&);

/// Strides of a row-major shape, in elements.
inline std::vector<int64_t> strides(const std::vector<int64_t>& dims) {
  std::vector<int64_t> s(dims.size(), 1);
  for (std::size_t i = dims.size(); i-- > 1;) s[i - 1] = s[i] * dims[i];
  return s;
}

/// As strides, with 0 where an axis of size 1 is stretched.
inline std::vector<int64_t> broadcast_strides(const std::vector<int64_t>& dims) {
  std::vector<int64_t> s = strides(dims);
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1) s[i] = 0;
  }
  return s;
}

/// visit(n, offset) for each element n of `dims` in row-major order, offset by the given strides.
template <class Visit>
void for_each(const std::vector<int64_t>& dims, const std::vector<int64_t>& stride, const Visit& visit) {
  int64_t total = 1;
  for (int64_t d : dims) total *= d;
  std::vector<int64_t> index(dims.size(), 0);
  int64_t offset = 0;
  for (int64_t n = 0; n < total; ++n) {
    visit(n, offset);
    for (std::size_t i = dims.size(); i-- > 0;) {
      offset += stride[i];
      if (++index[i] < dims[i]) break;
      offset -= stride[i] * dims[i];
      index[i] = 0;
    }
  }
}

inline std::size_t element_bytes(const View& v) { return v.dtype == WEFT_U8 ? 1 : 4; }

/// memcpy that takes null pointers to nothing.
inline void copy_bytes(void* to, const void* from, std::size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}

/// Truncates and saturates; NaN gives 0.
template <class T>
T to_integer(double v) {
  if (std::isnan(v)) return 0;
  const double lo = std::numeric_limits<T>::min(), hi = std::numeric_limits<T>::max();
  return static_cast<T>(std::min(std::max(std::trunc(v), lo), hi));
}

/// Integers wrap around.
inline int32_t wrap(int64_t v) { return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(v))); }
inline float plus(float a, float b) { return a + b; }
inline int32_t plus(int32_t a, int32_t b) { return wrap(int64_t{a} + b); }

}  // namespace weft::reference
