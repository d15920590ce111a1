// The weights of one model on one device, as they are stored where shaders read that, else as f32.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <vector>

#include "plugins/backends/vulkan/device.hpp"
#include "weft/abi/params.h"
#include "weft/sdk/call.hpp"

namespace weft::vulkan {

/// [any-thread]
class Store {
 public:
  Store(std::shared_ptr<Device> device, const weft_params* params) : device(std::move(device)), params_(*params) {}

  /// Brings parameters that are not there yet; returns when they are.
  void load(const std::vector<uint64_t>& wanted);
  /// Where a parameter lies, and its dtype there. It has been loaded.
  struct Weight {
    VkDeviceAddress at = 0;
    uint32_t dtype = WEFT_F32;
  };
  Weight weight(uint64_t i);

  const std::shared_ptr<Device> device;

 private:
  // Of a tied weight its key, of others 0, 0 and the index; then the dtype here, in which tied ones may differ by use.
  using Key = std::array<uint64_t, 4>;
  static Key key_of(uint64_t i, const weft_param& info);
  weft_param info(uint64_t i) const;
  /// Device memory from slabs, which live as long as the store.
  struct Piece {
    VkBuffer buffer;
    uint64_t offset;
    VkDeviceAddress at;
  };
  Piece take(uint64_t bytes, uint64_t still_to_come);
  class Upload;

  const weft_params& params_;
  std::mutex mutex_;
  std::vector<Memory> slabs_;
  uint64_t used_ = 0;  // of the last slab
  std::map<Key, Weight> there_;
};

}  // namespace weft::vulkan
