// Lays out a Graph as the C structs that a backend reads.
#pragma once

#include <memory>

#include "core/graph/graph.hpp"

namespace weft {

/// Value ids, symbol ids and orders are the graph's. Strings, dims and data point into the graph, which must outlive
/// the view and not change.
class GraphView {
 public:
  explicit GraphView(const Graph& graph);
  GraphView(const Graph&&) = delete;
  ~GraphView();
  GraphView(GraphView&&) noexcept;
  GraphView& operator=(GraphView&&) noexcept;

  const weft_graph* get() const;

 private:
  struct Storage;
  std::unique_ptr<Storage> storage_;
};

/// The attribute as the ABI has it; it points into `a`.
weft_attr view_of(const Attr& a);

}  // namespace weft
