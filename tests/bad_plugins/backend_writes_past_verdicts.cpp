// supports writes one verdict more than there are nodes.
#include "backend.hpp"

const std::string_view test_plugin::kBackendId = "test.backend_writes_past_verdicts";

void test_plugin::spoil(weft_backend& table, Kernel&) {
  table.supports = [](weft_device*, const weft_graph* graph, uint8_t* verdicts, const weft_reasons*) -> weft_status* {
    for (uint32_t i = 0; i <= graph->n_nodes; ++i) verdicts[i] = 0;
    return nullptr;
  };
}
