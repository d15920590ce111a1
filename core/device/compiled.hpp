// A named graph that was placed on devices and compiled. Immutable; sessions share it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/device/executable.hpp"
#include "core/graph/partition.hpp"
#include "weft/status.hpp"

namespace weft {

struct CompiledGraph {
  Placement placement;
  std::vector<std::shared_ptr<Executable>> executables;  // one for each segment
  std::vector<std::shared_ptr<Store>> stores;            // one for each device

  const Graph& graph() const { return placement.graph; }
};

/// Places `graph` on the devices of the stores, which are in order of preference, and compiles each segment.
Result<std::shared_ptr<const CompiledGraph>> compile_graph(const Graph& graph,
                                                           std::vector<std::shared_ptr<Store>> stores,
                                                           const PlaceOptions& options = {});

/// What a placement asks of devices.
std::vector<DeviceSupport> support_of(std::span<const std::shared_ptr<Device>> devices);

}  // namespace weft
