// A trie of byte strings, each with a value.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/text/token_table.hpp"

namespace weft {

class Trie {
 public:
  static constexpr std::uint32_t kRoot = 0, kNone = UINT32_MAX;

  Trie() : nodes_(1) {}
  /// Makes room for this many keys with this many bytes in all.
  void reserve(std::size_t keys, std::size_t bytes);
  /// A later value for the same key replaces the earlier one. `value` is not negative.
  void insert(std::string_view key, std::int32_t value);
  bool empty() const { return nodes_.size() == 1; }

  /// The child of `node` for this byte; kNone: there is none.
  std::uint32_t step(std::uint32_t node, char byte) const {
    const auto b = static_cast<std::uint8_t>(byte);
    if (node == kRoot) return first_[b];
    const Node& n = nodes_[node];
    if (n.byte == b && n.only != kNone) return n.only;
    return n.many ? find(node, b) : kNone;
  }
  std::int32_t value(std::uint32_t node) const { return nodes_[node].value; }  // -1: no key ends here

  struct Match {
    std::int32_t value = -1;
    std::size_t length = 0;
    std::size_t looked_at = 0;  // bytes of the text, which may be many more than match
  };
  /// The longest key that `text` begins with; value -1: there is none.
  Match longest(std::string_view text) const;

 private:
  struct Node {
    std::int32_t value = -1;
    std::uint32_t only = kNone;  // the first child; the others are in edges_
    std::uint8_t byte = 0;
    bool many = false;
  };
  struct Edge {
    std::uint64_t key = UINT64_MAX;
    std::uint32_t child = kNone;
  };
  std::uint32_t find(std::uint32_t node, std::uint8_t byte) const;
  void grow(std::size_t edges);
  void put(Edge edge);
  void add_edge(std::uint32_t node, std::uint8_t byte, std::uint32_t child);

  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
  std::size_t n_edges_ = 0;
  struct First {
    std::uint32_t to[256];
    First() { for (auto& t : to) t = kNone; }
    std::uint32_t operator[](std::uint8_t b) const { return to[b]; }
  } first_;
};

}  // namespace weft
