// supports gives other verdicts each time.
#include "backend.hpp"

const std::string_view test_plugin::kBackendId = "test.backend_unsure";

void test_plugin::spoil(weft_backend& table, Kernel&) {
  table.supports = [](weft_device*, const weft_graph* graph, uint8_t* verdicts, const weft_reasons*) -> weft_status* {
    static uint8_t verdict = 0;
    verdict = 1 - verdict;
    for (uint32_t i = 0; i < graph->n_nodes; ++i) verdicts[i] = verdict;
    return nullptr;
  };
}
