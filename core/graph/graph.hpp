// The graph as the core owns it: what weft/abi/graph.h describes, in containers.
//
// A dim >= 0 is a size, a dim < 0 stands for the symbol ~dim of the outermost graph. Nodes are in
// topological order. Graphs are plain data: copy, compare (dump.hpp) and share them freely.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "weft/abi/dtype.h"
#include "weft/abi/graph.h"

namespace weft {

using Dims = std::vector<std::int64_t>;
using Bytes = std::vector<std::byte>;

/// A variant that copies a value before it takes it over: libstdc++ 12 destroys a variant whose copying threw as if it
/// held a value.
class AttrValue : public std::variant<std::vector<std::int64_t>, std::vector<double>, std::string> {
 public:
  using variant::variant;
  AttrValue() = default;
  AttrValue(AttrValue&&) = default;
  AttrValue(const AttrValue& other)
      : variant(
            std::visit([](const auto& held) { return variant(std::decay_t<decltype(held)>(held)); }, other.base())) {}
  AttrValue& operator=(AttrValue&&) = default;
  AttrValue& operator=(const AttrValue& other) { return *this = AttrValue(other); }
  const variant& base() const { return *this; }
};

struct Attr {
  std::string key;
  AttrValue value;
  bool operator==(const Attr&) const = default;
};

struct Value {
  std::string name;  // may be empty
  std::uint32_t kind = WEFT_TEMP;
  std::uint32_t dtype = WEFT_F32;
  Dims dims;
  /// PARAM: index in the model's ParamTable. STATE: index in states. TEMP: the state whose memory the value is (the
  /// result of a scatter on that state), otherwise WEFT_NONE. Other kinds: WEFT_NONE.
  std::uint32_t index = WEFT_NONE;
  std::shared_ptr<const Bytes> data;  // CONST: dense row-major values

  /// The state whose memory this value is; WEFT_NONE: none.
  std::uint32_t state() const {
    return kind == WEFT_STATE || kind == WEFT_TEMP ? index : WEFT_NONE;
  }
};

struct Node {
  std::string op;
  std::uint32_t version = 1;
  std::vector<std::uint32_t> in;  // value ids; WEFT_NONE: absent
  std::vector<std::uint32_t> out;
  std::vector<Attr> attrs;
  std::uint32_t body = 0;  // 0: none, else 1 + index in Graph::bodies

  /// Whether the node may be replaced by its body. A scan may not: it repeats its body.
  bool composite() const { return body != 0 && op != "scan"; }
};

struct Symbol {
  std::string name;  // a derived symbol is named by its formula
  std::int64_t max = 0;
  std::uint32_t op = WEFT_SYM_FREE, a = WEFT_NONE, b = WEFT_NONE;
  std::int64_t k = 0;
};

struct Group {
  std::string name;
  std::uint32_t kind = WEFT_GROUP_PAGED, block_tokens = 0;
  std::int64_t window = 0;
  std::uint32_t table = WEFT_NONE, base = WEFT_NONE, len = WEFT_NONE, slot = WEFT_NONE,
                slot_in = WEFT_NONE;  // all are value ids of inputs
  std::uint32_t sym_blocks = WEFT_NONE, sym_slots = WEFT_NONE;
};

struct State {
  std::string name;
  std::uint32_t value = WEFT_NONE, group = WEFT_NONE;
  std::uint32_t dtype = WEFT_F32;  // what it is stored as
  Dims dims;                       // of one entry
  double fill = 0;
};

struct Graph {
  std::string name;  // "step", "encode", ...; of a body: its op
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<Symbol> symbols;  // empty in bodies, which use the outermost graph's
  std::vector<Group> groups;
  std::vector<State> states;
  std::vector<std::shared_ptr<const Graph>> bodies;  // the bodies of this graph's own nodes
  std::vector<std::uint32_t> inputs;  // value ids; of a body: one for each input of its node, or WEFT_NONE
  std::vector<std::uint32_t> outputs;
  std::vector<std::string> output_names;
  std::array<std::uint64_t, 2> hash{};  // of a body: as weft_node has it

  const Graph* body_of(const Node& n) const { return n.body ? bodies[n.body - 1].get() : nullptr; }
};

/// Which input of the node its output `output` writes in place; WEFT_NONE: none. A scatter writes its first input, a
/// scan its carries, a composite what its body writes.
std::uint32_t node_alias(const Graph& graph, const Node& node, std::size_t output);

/// The integer attribute `key` of a node; `fallback` where it is absent.
std::int64_t integer_attr(const Node& node, std::string_view key, std::int64_t fallback);

/// Which input of the body its output `output` writes in place, through scatters and scans; WEFT_NONE: none.
std::uint32_t body_alias(const Graph& body, std::size_t output);

}  // namespace weft
