// Strided walks over tensors, with axes merged where all of their steps allow it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace weft::vulkan {

using Dims = std::vector<int64_t>;

/// Elements from one entry of each axis to the next, of a row-major shape.
inline Dims steps(const Dims& dims) {
  Dims s(dims.size(), 1);
  for (std::size_t i = dims.size(); i-- > 1;) s[i - 1] = s[i] * dims[i];
  return s;
}
/// The same, with 0 for axes of size 1, which are stretched.
inline Dims broadcast_steps(const Dims& dims) {
  Dims s = steps(dims);
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1) s[i] = 0;
  }
  return s;
}

/// A row-major walk over dims with N sides, each with a step for each axis.
template <std::size_t N>
class Walk {
 public:
  Walk(const Dims& dims, const std::array<Dims, N>& sides) {
    for (std::size_t i = dims.size(); i-- > 0;) {
      if (dims[i] == 1) continue;
      bool merges = !dims_.empty();
      for (std::size_t s = 0; s < N && merges; ++s) merges = sides[s][i] == steps_[s].back() * dims_.back();
      if (merges) {
        dims_.back() *= dims[i];
        continue;
      }
      dims_.push_back(dims[i]);
      for (std::size_t s = 0; s < N; ++s) steps_[s].push_back(sides[s][i]);
    }
  }
  uint32_t rank() const { return static_cast<uint32_t>(dims_.size()); }
  /// Whether all sides lie as the walk goes.
  bool aligned() const {
    for (const Dims& s : steps_) {
      if (rank() > 1 || (rank() == 1 && s[0] != 1)) return false;
    }
    return true;
  }
  void write(uint32_t* dims, const std::array<uint32_t*, N>& sides) const {
    for (std::size_t i = 0, axis = dims_.size(); i < dims_.size(); ++i) {
      dims[--axis] = static_cast<uint32_t>(dims_[i]);
      for (std::size_t s = 0; s < N; ++s) sides[s][axis] = static_cast<uint32_t>(steps_[s][i]);
    }
  }

 private:
  Dims dims_;  // the last axis first
  std::array<Dims, N> steps_;
};

}  // namespace weft::vulkan
