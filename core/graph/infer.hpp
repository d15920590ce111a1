// Types of the 40 primitives. The attribute table and the edge cases are in primitives.md.
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

/// Types of a primitive's results; checks inputs (nullptr: absent) and attributes. May derive
/// symbols (concat, pad). Errors name op, argument, got and expected.
Result<std::vector<Type>> infer(std::string_view op, std::uint32_t version,
                                std::span<const Type* const> in, std::span<const Attr> attrs,
                                SymbolTable& symbols);

}  // namespace weft
