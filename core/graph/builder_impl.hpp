// The inside of GraphBuilder: the scopes being written, and what the vtable calls.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/error.hpp"
#include "core/graph/builder.hpp"
#include "core/graph/infer.hpp"

namespace weft {

struct GraphBuilder::Impl {
  // scopes[0] is the outermost graph; each open body adds one.
  struct Scope {
    Graph graph;
    std::uint32_t serial = 0;
    std::vector<std::uint32_t> handles;                                               // by value
    std::map<std::tuple<std::uint32_t, Dims, std::string>, std::uint32_t> constants;  // -> value
    std::set<std::uint32_t> state_memory;  // values that are the memory of a state, or that stand for one in a body
  };
  struct Handle {
    std::uint32_t scope = 0, value = 0;
  };

  explicit Impl(BuilderOptions o);

  Result<std::uint32_t> symbol(const weft_symbol& definition);
  Result<std::uint32_t> input(std::string_view name, std::uint32_t dtype, const Dims& dims);
  Result<std::uint32_t> param(std::string_view name, const Dims& dims);
  Result<std::uint32_t> group(std::string_view name, std::uint32_t kind, std::int64_t window);
  Result<std::uint32_t> state(std::string_view name, std::uint32_t group, const Dims& dims,
                              double fill, bool keep_f32);
  Result<std::uint32_t> constant(std::uint32_t dtype, const Dims& dims, const void* data);
  Result<std::vector<std::uint32_t>> node(Node node, std::uint32_t n_out);  // node.in holds handles
  Result<std::vector<std::uint32_t>> begin_body(std::string_view op,
                                                std::span<const std::uint32_t> in);
  Result<std::vector<std::uint32_t>> begin_scan(std::span<const std::uint32_t> in,
                                                std::uint32_t rows);
  Result<std::uint32_t> end_body(std::span<const std::uint32_t> outputs);
  Status output(std::string_view name, std::uint32_t handle);
  Status describe(std::uint32_t handle, weft_value* out) const;
  Result<Graph> finish();

  // --- helpers ---
  Scope& top() { return scopes.back(); }
  const Scope& top() const { return scopes.back(); }
  std::string where() const;  // such as "step/attention"
  Status outermost_only(std::string_view what, std::string_view name) const;
  Status check_dims(std::string_view what, std::string_view name, const Dims& dims) const;
  std::uint32_t add_value(Value value);                     // adds to the top scope and returns the handle
  Result<std::uint32_t> local(std::uint32_t handle) const;  // the value's id in the top scope
  Result<std::vector<std::uint32_t>> open_body(std::string_view op, std::vector<Value> inputs,
                                               std::span<const std::uint32_t> in);
  Status one_body_a_version(const Node& node);
  Status states_by_rows(const Node& node) const;
  Result<std::vector<Type>> composite_types(const Node& node, std::uint32_t n_out) const;
  Result<std::vector<Type>> scan_types(const Node& node) const;

  BuilderOptions options;
  SymbolTable symbols;
  std::vector<Scope> scopes;
  std::uint32_t scopes_made = 1;
  std::vector<Handle> handles;
  std::vector<weft_group> groups;  // as the caller was told, with handles
  std::map<std::string, std::uint32_t, std::less<>> inputs, params, states, groups_by_name;
  std::map<std::string, std::shared_ptr<const Graph>> bodies;  // by dump
  std::map<std::string, const Graph*> frozen;                  // op, version, attributes and input types -> body
  std::vector<std::shared_ptr<const Graph>> closed;            // bodies that are kept so that described dims stay valid
  bool finished = false;
  weft_builder vtable{};
};

}  // namespace weft
