// Writes one named graph: the host's side of weft/abi/builder.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/graph/graph.hpp"
#include "core/graph/params.hpp"
#include "core/graph/symbols.hpp"
#include "weft/abi/builder.h"
#include "weft/status.hpp"

namespace weft {

struct BuilderOptions {
  std::string name;              // the graph's name: "step"
  ParamTable* params = nullptr;  // the model's table, which outlives the builder
  /// The maxima of FREE symbols. Besides T, S, R, Q and the architecture's own symbols it is asked for those that
  /// groups add: a paged group <g> adds "B:<g>" (width of the table) and "slots:<g>" (first dim of its states), a slot
  /// group "kept:<g>". 0, or no function: 1 << 20.
  SymbolTable::MaxOf symbol_max;
  std::uint32_t block_tokens = 16;
  std::uint32_t state_dtype = WEFT_F16;  // what states are stored as that do not ask for f32
};

/// The vtable's functions catch every exception and return a status. After a call that failed the graph is unchanged.
/// [one thread per builder]
class GraphBuilder {
 public:
  explicit GraphBuilder(BuilderOptions options);
  ~GraphBuilder();
  GraphBuilder(const GraphBuilder&) = delete;
  GraphBuilder& operator=(const GraphBuilder&) = delete;

  /// The vtable, valid as long as the builder. The value ids that it hands out are handles, not ids of the graph.
  const weft_builder* abi() const;
  /// The handle of the value that is this output; WEFT_NONE: there is none of this name.
  std::uint32_t output(std::string_view name) const;
  /// Hands over the graph; may be called once. An error: a body is open, or there is neither an output nor a state.
  Result<Graph> finish();

  struct Impl;  // builder_impl.hpp

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace weft
