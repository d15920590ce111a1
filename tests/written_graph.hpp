// Graphs without weights that a test writes itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "core/device/compiled.hpp"
#include "core/graph/builder.hpp"
#include "core/model/engine.hpp"
#include "weft/sdk/graph.hpp"

namespace weft::test {

/// The parameters of a model that has none.
inline const weft_params kNoParams{{WEFT_END(weft_params, done), 0}, nullptr, 0, nullptr, nullptr, nullptr, nullptr};

/// What `write(sdk::Graph&)` writes. `symbol_max`: as BuilderOptions has it.
template <class Write>
Result<Graph> written_graph(Engine& engine, const char* name, SymbolTable::MaxOf symbol_max, Write write) {
  ParamTable params;
  GraphBuilder builder({.name = name, .params = &params, .symbol_max = std::move(symbol_max)});
  WEFT_CHECK_OK(from_abi(sdk::guard(engine.host().table(), [&] {
    sdk::Graph g(*builder.abi());
    write(g);
  })));
  return builder.finish();
}

/// The same, compiled for a device that runs all of it.
template <class Write>
Result<std::shared_ptr<const CompiledGraph>> compiled_graph(Engine& engine, const std::shared_ptr<Device>& device,
                                                            const char* name, SymbolTable::MaxOf symbol_max,
                                                            Write write) {
  WEFT_TRY(const Graph graph, written_graph(engine, name, std::move(symbol_max), std::move(write)));
  WEFT_TRY(auto store, Store::create(device, &kNoParams, WEFT_PRECISION_EXACT));
  return compile_graph(graph, {std::move(store)}, {.strict = true});
}

}  // namespace weft::test
