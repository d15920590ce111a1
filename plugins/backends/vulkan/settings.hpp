// The options of the plugin.
#pragma once

#include <cstdint>
#include <string>

#include "plugins/backends/vulkan/features.hpp"
#include "weft/sdk/json.hpp"

namespace weft::vulkan {

struct Settings {
  Settings() = default;
  /// INVALID_ARGUMENT: an unknown key, or a value that is none of its key's.
  explicit Settings(const sdk::Json& options);

  bool account = false;   // what is recorded is logged, for bench/roofline.py
  bool validate = false;  // what the validation layer says is an error of the call
  uint64_t memory = 0;    // bytes of its own memory that a device gives at most; 0: all
  std::string pipelines;  // the folder where drivers keep pipelines for the next process; empty: none do
  uint32_t devices = 1;   // as how many each device is shown
  Features without;       // that devices are taken not to have
};

}  // namespace weft::vulkan
