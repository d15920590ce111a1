// The types of the primitives. weft/sdk/primitives.hpp has their table.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/graph/graph.hpp"
#include "core/graph/symbols.hpp"
#include "weft/status.hpp"

namespace weft {

struct Type {
  std::uint32_t dtype = WEFT_F32;
  Dims dims;
};

bool is_primitive(std::string_view op);

/// Checks a primitive's inputs (nullptr: absent) and attributes and returns the types of its results. May derive
/// symbols (concat, pad). Errors give the op, the argument, what was given and what was expected.
Result<std::vector<Type>> infer(std::string_view op, std::uint32_t version,
                                std::span<const Type* const> in, std::span<const Attr> attrs,
                                SymbolTable& symbols);

}  // namespace weft
