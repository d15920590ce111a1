// The weights of one model on one device: in their own format where shaders read it, else as f32.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <vector>

#include "plugins/backends/vulkan/device.hpp"
#include "plugins/backends/vulkan/formats.hpp"
#include "weft/abi/params.h"
#include "weft/sdk/call.hpp"

namespace weft::vulkan {

/// Where a tensor of weights lies.
struct Weight {
  VkDeviceAddress low = 0, high = 0, scale = 0;  // its planes
  VkDeviceAddress order = 0;  // i32, by column as stored: the column it is; 0: in order
  const Format* format = format_of("f32");
};

/// [any-thread]
class Store {
 public:
  Store(std::shared_ptr<Device> device, const weft_params* params) : device(std::move(device)), params_(*params) {}

  /// Brings parameters that are not there yet; returns when they are.
  void load(const std::vector<uint64_t>& wanted);
  /// A parameter that has been loaded.
  Weight weight(uint64_t i);
  /// Bytes that parameters would take which are not there yet, and what each would be.
  uint64_t bytes(const std::vector<uint64_t>& wanted);
  const Format& format(uint64_t i) const { return format_here(i, info(i)); }

  const std::shared_ptr<Device> device;

 private:
  // Of a tied weight its key, of others 0, 0 and the index; then its format here, in which tied ones may differ by use.
  using Key = std::array<uint64_t, 4>;
  static Key key_of(uint64_t i, const weft_param& info, const Format& format);
  weft_param info(uint64_t i) const;
  /// What a parameter is here, by how it is used.
  const Format& format_here(uint64_t i, const weft_param& info) const;
  /// Of the matrix that has a row: by column as stored, the column it is; null: in order.
  const int32_t* order(uint64_t i, uint64_t row) const;
  /// Device memory from slabs, which live as long as the store.
  struct Piece {
    VkBuffer buffer;
    uint64_t offset;
    VkDeviceAddress at;
  };
  Piece take(uint64_t bytes, uint64_t still_to_come);
  class Upload;
  /// Of a parameter's planes, one behind the other, and the order of its columns.
  struct Layout {
    uint64_t high = 0, scale = 0, order = 0, bytes = 0;  // where parts begin, and all of them
  };
  static Layout layout_of(const weft_param& p, const Format& format, bool ordered);
  struct Coming {
    uint64_t i;  // one of its parameters
    const Format* format;
    const int32_t* order;
    Layout layout;
  };
  /// Those of `wanted` that are not there, tied ones once, and their bytes. mutex_ is held.
  std::map<Key, Coming> missing(const std::vector<uint64_t>& wanted, uint64_t& bytes) const;

  const weft_params& params_;
  std::mutex mutex_;
  std::vector<Memory> slabs_;
  uint64_t used_ = 0;  // of the last slab
  std::map<Key, Weight> there_;
};

}  // namespace weft::vulkan
