// What the ops of this folder share: strides, integers, how loops are split.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "weft/sdk/call.hpp"
#include "weft/sdk/half.hpp"
#include "weft/sdk/value_dtype.hpp"

namespace weft::host_ops {

using sdk::Call;
using sdk::View;

constexpr int64_t kGrain = 16384;  // elements that are worth a thread; larger: small ops use fewer threads

/// How many pieces of `work` elements each are worth a thread.
inline int64_t grain(int64_t work) { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, work)); }

/// The strides of a row-major shape, in elements.
inline std::vector<int64_t> strides(const std::vector<int64_t>& dims) {
  std::vector<int64_t> s(dims.size(), 1);
  for (std::size_t i = dims.size(); i-- > 1;) s[i - 1] = s[i] * dims[i];
  return s;
}

/// The same, with 0 for axes of size 1, which are stretched.
inline std::vector<int64_t> broadcast_strides(const std::vector<int64_t>& dims) {
  std::vector<int64_t> s = strides(dims);
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1) s[i] = 0;
  }
  return s;
}

inline std::size_t element_bytes(const View& v) { return sdk::element_bytes(v.dtype); }

/// Calls run with an element of the value's dtype.
template <class Run>
void by_dtype(const View& v, const Run& run) {
  switch (v.dtype) {
    case WEFT_F32: return run(float{});
    case WEFT_F16: return run(sdk::F16{});
    case WEFT_BF16: return run(sdk::Bf16{});
    case WEFT_I32: return run(int32_t{});
    default: return run(uint8_t{});
  }
}

/// Calls run with a zero of an unsigned type as large as an element: moving elements does not depend on their dtype.
template <class Run>
void by_size(const View& v, const Run& run) {
  switch (element_bytes(v)) {
    case 4: return run(uint32_t{});
    case 2: return run(uint16_t{});
    default: return run(uint8_t{});
  }
}

/// memcpy; pointers may be null when there are no bytes.
inline void copy_bytes(void* to, const void* from, std::size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}

/// Whether an index of `op` names one of `size` rows: -1 names none, and others outside are an error.
inline bool names_row(const char* op, int64_t index, int64_t size) {
  if (index < -1 || index >= size)
    sdk::fail(WEFT_OUT_OF_RANGE, std::string(op) + ": index " + std::to_string(index) + " of " + std::to_string(size));
  return index != -1;
}

/// v as an integer: truncated and saturated; NaN gives 0.
template <class T>
T to_integer(double v) {
  if (std::isnan(v)) return 0;
  const double lo = std::numeric_limits<T>::min(), hi = std::numeric_limits<T>::max();
  return static_cast<T>(std::min(std::max(std::trunc(v), lo), hi));
}

/// v as an element of another dtype.
template <class To, class From>
To cast_to(From v) {
  if constexpr (std::is_integral_v<To> && !std::is_same_v<To, From>) {
    return to_integer<To>(v);
  } else if constexpr (std::is_same_v<To, From>) {
    return v;
  } else {
    return static_cast<To>(static_cast<float>(v));
  }
}

/// v as i32, wrapped around.
inline int32_t wrap(int64_t v) { return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(v))); }
inline float plus(float a, float b) { return a + b; }
inline int32_t plus(int32_t a, int32_t b) { return wrap(int64_t{a} + b); }

/// The larger and the smaller of two values. NaN on either side gives NaN.
struct Larger {
  template <class T>
  T operator()(T a, T b) const {
    return b > a || b != b ? b : a;
  }
};
struct Smaller {
  template <class T>
  T operator()(T a, T b) const {
    return b < a || b != b ? b : a;
  }
};
struct Plus {
  template <class T>
  T operator()(T a, T b) const {
    return plus(a, b);
  }
};

/// `op` over all of x, in sixteen lanes that compilers vectorise. `start` must be neutral: it starts each lane.
template <class T, class Op>
T fold(const T* x, int64_t n, T start, Op op) {
  constexpr int64_t kLanes = 16;
  T lanes[kLanes];
  std::fill(lanes, lanes + kLanes, start);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) lanes[l] = op(lanes[l], x[i + l]);
  }
  T all = start;
  for (T lane : lanes) all = op(all, lane);
  for (; i < n; ++i) all = op(all, x[i]);
  return all;
}

/// The inner product of n values.
float dot(const float* a, const float* b, int64_t n);

}  // namespace weft::host_ops
