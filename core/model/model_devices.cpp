#include <algorithm>

#include "core/base/error.hpp"
#include "core/graph/layers.hpp"
#include "core/model/model.hpp"

namespace weft {

Result<ModelDevices> ModelDevices::open(Engine& engine, const LoadOptions& options) {
  ModelDevices devices;
  if (!options.layers.empty() && options.strict_device)
    return invalid("layers go to several devices, but one device is to run all");
  devices.fit = options.layers == kAutoLayers;
  std::string list;
  if (!options.layers.empty() && !devices.fit) {
    WEFT_TRY(devices.ranges, parse_layers(options.layers));
    for (const LayerRange& range : devices.ranges) list += (list.empty() ? "" : ",") + range.device;
  }
  if (!options.backend.empty()) list += (list.empty() ? "" : ",") + options.backend;
  WEFT_TRY(devices.all, engine.open_devices(list));
  return devices;
}

const Device& ModelDevices::last() const {
  const auto highest = std::max_element(ranges.begin(), ranges.end(),
                                        [](const LayerRange& a, const LayerRange& b) { return a.last < b.last; });
  return *all[highest == ranges.end() ? 0 : static_cast<std::size_t>(highest - ranges.begin())];
}

Result<PlaceOptions> ModelDevices::place(const LoadOptions& options, std::span<const WrittenGraph> graphs,
                                         const ParamReader& params) const {
  PlaceOptions where{.strict = options.strict_device, .layers = {}, .states = {}};
  if (fit) {
    WEFT_TRY(where.layers, fit_layers(graphs.front().graph, all, *params.abi(), params.bytes()));
  } else if (!ranges.empty()) {
    int64_t layers = 0;
    for (const WrittenGraph& g : graphs) layers = std::max(layers, layer_count(g.graph));
    WEFT_TRY(const auto range_of, spread(ranges, layers));
    for (const uint32_t range : range_of)  // several ranges may have one device
      where.layers.push_back(static_cast<uint32_t>(std::find(all.begin(), all.end(), all[range]) - all.begin()));
  }
  return where;
}

}  // namespace weft
