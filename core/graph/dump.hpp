// A graph as text. Equal graphs give equal text, and a diff of two texts shows what a change did.
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

/// One line for each symbol, group, state, value that is not computed, node and output; bodies are nested. Constants of
/// more than 16 bytes are written as their hash.
std::string dump(const Graph& graph);
/// The 128-bit FNV-1a hash of bytes; a graph's is that of its dump.
Hash128 hash(std::string_view bytes);
Hash128 hash(const Graph& graph);
/// The hash of a closed body, whose own bodies have theirs: of its dump, with symbols by what they stand for in
/// `symbols`.
Hash128 body_hash(const Graph& body, const std::vector<Symbol>& symbols);
/// The hash as 32 hex digits.
std::string text(const Hash128& hash);

}  // namespace weft
