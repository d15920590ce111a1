// A graph as text: equal graphs give equal text, and a diff shows what a change did.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/graph/graph.hpp"
#include "core/graph/params.hpp"

namespace weft {

struct Hash128 {
  std::uint64_t hi = 0, lo = 0;
  bool operator==(const Hash128&) const = default;
};

/// One line a symbol, group, state, value that is not computed, node and output; bodies nested.
/// Constants above 16 bytes are shown as their hash.
std::string dump(const Graph& graph);
/// 128-bit FNV-1a of bytes; of a graph: of its dump.
Hash128 hash(std::string_view bytes);
Hash128 hash(const Graph& graph);
/// 32 hex digits.
std::string text(const Hash128& hash);

}  // namespace weft
