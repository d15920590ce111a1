// Writes one named graph: the host's side of weft/abi/builder.h.
#pragma once

#include <memory>
#include <string>

#include "core/graph/graph.hpp"
#include "core/graph/params.hpp"
#include "core/graph/symbols.hpp"
#include "weft/abi/builder.h"
#include "weft/status.hpp"

namespace weft {

struct BuilderOptions {
  std::string name;              // of the graph: "step"
  ParamTable* params = nullptr;  // of the model; outlives the builder
  /// Maxima of FREE symbols. A paged group <g> adds "B:<g>" (table width) and "slots:<g>" (first dim
  /// of its states), a slot group "kept:<g>", to T, S, R, Q and the architecture's own. 0 or no
  /// function: 1 << 20.
  SymbolTable::MaxOf symbol_max;
  std::uint32_t block_tokens = 16;
  std::uint32_t state_dtype = WEFT_F16;  // of states that do not ask for f32
};

/// [one thread per builder] The vtable's functions catch everything and return a status; after a
/// failed call the graph is unchanged.
class GraphBuilder {
 public:
  explicit GraphBuilder(BuilderOptions options);
  ~GraphBuilder();
  GraphBuilder(const GraphBuilder&) = delete;
  GraphBuilder& operator=(const GraphBuilder&) = delete;

  /// Valid as long as the builder. Value ids it hands out are handles, not ids of the graph.
  const weft_builder* abi() const;
  /// The graph, once; an error when a body is open or there is neither output nor state.
  Result<Graph> finish();

  struct Impl;  // builder_impl.hpp

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace weft
