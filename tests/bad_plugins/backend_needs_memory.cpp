// compile ends the process where new gives nothing.
#include <memory>

#include "backend.hpp"

const std::string_view test_plugin::kBackendId = "test.backend_needs_memory";

namespace {
weft_status* (*compile)(weft_store*, const weft_graph*, const weft_options*, weft_exec**) = nullptr;
}  // namespace

void test_plugin::spoil(weft_backend& table, Kernel&) {
  compile = table.compile;
  table.compile = [](weft_store* store, const weft_graph* graph, const weft_options* options,
                     weft_exec** out) noexcept {
    const auto scratch = std::make_unique<volatile char[]>(64);  // bad_alloc meets noexcept
    scratch[0] = 1;
    return compile(store, graph, options, out);
  };
}
