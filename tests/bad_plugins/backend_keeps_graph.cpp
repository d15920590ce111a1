// supports looks at the graph of the call before.
#include "backend.hpp"

const std::string_view test_plugin::kBackendId = "test.backend_keeps_graph";

namespace {
weft_status* (*supports)(weft_device*, const weft_graph*, uint8_t*, const weft_reasons*) = nullptr;
const weft_graph* before = nullptr;
}  // namespace

void test_plugin::spoil(weft_backend& table, Kernel&) {
  supports = table.supports;
  table.supports = [](weft_device* device, const weft_graph* graph, uint8_t* verdicts, const weft_reasons* reasons) {
    if (before != nullptr) [[maybe_unused]] const volatile uint32_t nodes = before->n_nodes;
    before = graph;
    return supports(device, graph, verdicts, reasons);
  };
}
