// Which layers of a model go to which devices: what --layers says.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/device/device.hpp"
#include "core/graph/graph.hpp"
#include "weft/abi/params.h"
#include "weft/status.hpp"

namespace weft {

/// Layers first to last, both of them included, on the device that `device` names as --backend does.
struct LayerRange {
  std::string device;
  int64_t first = 0, last = 0;
};

/// Reads "cpu:0-9,acme:1:10-31". INVALID_ARGUMENT: an item is not DEVICE:FIRST-LAST.
Result<std::vector<LayerRange>> parse_layers(const std::string& text);

/// By layer: the index of its range. INVALID_ARGUMENT: ranges overlap, or a layer is missing or not the model's.
Result<std::vector<uint32_t>> spread(const std::vector<LayerRange>& ranges, int64_t layers);

/// What --layers takes for fit_layers().
inline constexpr std::string_view kAutoLayers = "auto";

/// By layer: the index of its device, which are in order of preference. The first one gets as many layers as fit, from
/// the last on (with it goes what follows the layers); the next one gets those before, and so on. Devices on the host's
/// memory hold any number, devices that do not tell their free memory none. `param_bytes`: see estimate().
/// RESOURCE_EXHAUSTED: no device has room for a layer.
Result<std::vector<uint32_t>> fit_layers(const Graph& graph, std::span<const std::shared_ptr<Device>> devices,
                                         const weft_params& params, std::span<const uint64_t> param_bytes);

}  // namespace weft
