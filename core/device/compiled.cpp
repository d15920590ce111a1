#include "core/device/compiled.hpp"

#include "core/base/error.hpp"
#include "core/graph/view.hpp"

namespace weft {

std::vector<DeviceSupport> support_of(std::span<const std::shared_ptr<Device>> devices) {
  std::vector<DeviceSupport> support;
  for (const auto& device : devices) {
    const auto verdicts = [device](const Graph& g, std::vector<std::string>* reasons) {
      return device->supports(*GraphView(g).get(), reasons);
    };
    support.push_back({device->name(), verdicts, !device->host_pointers()});
  }
  return support;
}

Result<std::shared_ptr<const CompiledGraph>> compile_graph(const Graph& graph,
                                                           std::vector<std::shared_ptr<Store>> stores,
                                                           const PlaceOptions& options) {
  std::vector<std::shared_ptr<Device>> devices;
  for (const auto& store : stores) devices.push_back(store->device());
  auto compiled = std::make_shared<CompiledGraph>();
  WEFT_TRY(compiled->placement, place(graph, support_of(devices), options));
  for (const Segment& segment : compiled->placement.segments) {
    const auto& store = stores[segment.device];
    GraphView view(segment.graph);
    WEFT_TRY(auto executable, Executable::compile(store, *view.get()));
    compiled->executables.push_back(std::move(executable));
  }
  compiled->stores = std::move(stores);
  return std::shared_ptr<const CompiledGraph>(std::move(compiled));
}

}  // namespace weft
