// Walks over the elements of tensors in row-major order, in runs as long as the shapes allow.
#pragma once

#include <array>

#include "plugins/backends/host/tensor.hpp"

namespace weft::host_ops {

/// A walk over a dense tensor of shape `dims` and N operands beside it. Along a run the dense tensor advances by 1 and
/// operand i by step()[i]. Axes over which all operands advance evenly are joined.
template <std::size_t N>
class Walk {
 public:
  using Offsets = std::array<int64_t, N>;

  /// strides[i] has the stride of operand i for each axis of `dims`; 0 where the operand stays.
  Walk(const std::vector<int64_t>& dims, const std::array<std::vector<int64_t>, N>& strides) {
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
      size_ *= dims[axis];
      if (dims[axis] == 1) continue;
      Axis a{dims[axis], {}};
      for (std::size_t i = 0; i < N; ++i) a.step[i] = strides[i][axis];
      if (axes_.empty() || !joins(axes_.back(), a)) {
        axes_.push_back(a);
      } else {
        axes_.back() = {axes_.back().size * a.size, a.step};
      }
    }
    if (axes_.empty()) axes_.push_back({1, {}});
  }

  const Offsets& step() const { return axes_.back().step; }

  /// Calls run(at, from, n) for runs of n elements of the dense tensor from `at` on; operand i is then at from[i].
  template <class Run>
  void parallel(const Call& c, const Run& run) const {
    c.parallel(size_, kGrain, [&](int64_t begin, int64_t end) { part(begin, end, run); });
  }

 private:
  struct Axis {
    int64_t size;
    Offsets step;
  };

  static bool joins(const Axis& outer, const Axis& inner) {
    for (std::size_t i = 0; i < N; ++i) {
      if (outer.step[i] != inner.step[i] * inner.size) return false;
    }
    return true;
  }

  static void add(Offsets& to, int64_t times, const Offsets& step) {
    for (std::size_t i = 0; i < N; ++i) to[i] += times * step[i];
  }

  template <class Run>
  void part(int64_t begin, int64_t end, const Run& run) const {
    const std::size_t last = axes_.size() - 1;
    std::vector<int64_t> index(axes_.size());
    Offsets from{};
    int64_t rest = begin;
    for (std::size_t i = axes_.size(); i-- > 0; rest /= axes_[i].size) {
      index[i] = rest % axes_[i].size;
      add(from, index[i], axes_[i].step);
    }
    for (int64_t at = begin; at < end;) {
      const int64_t n = std::min(axes_[last].size - index[last], end - at);
      run(at, from, n);
      at += n;
      index[last] += n;
      add(from, n, axes_[last].step);
      for (std::size_t i = last; i > 0 && index[i] == axes_[i].size; --i) {
        index[i] = 0;
        ++index[i - 1];
        add(from, -axes_[i].size, axes_[i].step);
        add(from, 1, axes_[i - 1].step);
      }
    }
  }

  std::vector<Axis> axes_;
  int64_t size_ = 1;
};

}  // namespace weft::host_ops
