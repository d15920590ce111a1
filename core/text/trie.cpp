#include "core/text/trie.hpp"

#include <algorithm>
#include <bit>

#include "core/base/large_pages.hpp"

namespace weft {
namespace {

std::uint64_t edge_key(std::uint32_t node, std::uint8_t byte) { return static_cast<std::uint64_t>(node) << 8 | byte; }

}  // namespace

std::uint32_t Trie::find(std::uint32_t node, std::uint8_t byte) const {
  const std::uint64_t key = edge_key(node, byte);
  const std::size_t mask = edges_.size() - 1;
  for (std::size_t i = hash_number(key) & mask;; i = (i + 1) & mask) {
    if (edges_[i].child == kNone || edges_[i].key == key) return edges_[i].child;
  }
}

void Trie::reserve(std::size_t keys, std::size_t bytes) {
  reserve_large(nodes_, std::min(bytes, keys * 4) + 1);
  grow(std::bit_ceil(keys * 2 + 2));  // each key adds at most one edge
}

void Trie::grow(std::size_t edges) {
  if (edges <= edges_.size()) return;
  const std::vector<Edge> old = std::move(edges_);
  edges_ = {};
  reserve_large(edges_, edges);
  edges_.resize(edges);
  for (const Edge& e : old) {
    if (e.child != kNone) put(e);
  }
}

void Trie::put(Edge edge) {
  const std::size_t mask = edges_.size() - 1;
  std::size_t i = hash_number(edge.key) & mask;
  while (edges_[i].child != kNone) i = (i + 1) & mask;
  edges_[i] = edge;
}

void Trie::add_edge(std::uint32_t node, std::uint8_t byte, std::uint32_t child) {
  if ((n_edges_ + 1) * 2 > edges_.size()) grow(edges_.empty() ? 64 : edges_.size() * 2);
  put({edge_key(node, byte), child});
  ++n_edges_;
}

void Trie::insert(std::string_view key, std::int32_t value) {
  std::uint32_t at = kRoot;
  for (const char c : key) {
    const auto b = static_cast<std::uint8_t>(c);
    std::uint32_t next = step(at, c);
    if (next == kNone) {
      next = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
      if (at == kRoot) {
        first_.to[b] = next;
      } else if (nodes_[at].only == kNone) {
        nodes_[at].only = next;
        nodes_[at].byte = b;
      } else {
        nodes_[at].many = true;
        add_edge(at, b, next);
      }
    }
    at = next;
  }
  nodes_[at].value = value;
}

Trie::Match Trie::longest(std::string_view text) const {
  Match best;
  std::uint32_t at = kRoot;
  for (; best.looked_at < text.size(); ++best.looked_at) {
    at = step(at, text[best.looked_at]);
    if (at == kNone) break;
    if (nodes_[at].value >= 0) best.value = nodes_[at].value, best.length = best.looked_at + 1;
  }
  return best;
}

}  // namespace weft
