#include "core/device/compiled.hpp"

#include "core/base/error.hpp"
#include "core/graph/view.hpp"

namespace weft {

Result<std::shared_ptr<const CompiledGraph>> compile_graph(
    const Graph& graph, std::vector<std::shared_ptr<Store>> stores, bool strict_device) {
  std::vector<DeviceSupport> support;
  for (const auto& store : stores) {
    support.push_back({store->device()->name(), [device = store->device()](const Graph& g) {
                         return device->supports(*GraphView(g).get());
                       }});
  }
  auto compiled = std::make_shared<CompiledGraph>();
  WEFT_TRY(compiled->placement, place(graph, support, {.strict = strict_device}));
  for (const Segment& segment : compiled->placement.segments) {
    const auto& store = stores[segment.device];
    if ((store->device()->caps() & WEFT_CAP_HOST_POINTERS) == 0) {
      return error(Code::kUnimplemented,
                   "device {} does not take host pointers; copies to other memory are not there yet",
                   store->device()->name());
    }
    GraphView view(segment.graph);
    WEFT_TRY(auto executable, Executable::compile(store, *view.get()));
    compiled->executables.push_back(std::move(executable));
  }
  compiled->stores = std::move(stores);
  return std::shared_ptr<const CompiledGraph>(std::move(compiled));
}

}  // namespace weft
