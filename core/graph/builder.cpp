#include "core/graph/builder.hpp"

#include <algorithm>
#include <cstring>

#include "core/base/checked.hpp"
#include "core/base/out_struct.hpp"
#include "core/graph/builder_impl.hpp"
#include "core/graph/dump.hpp"
#include "weft/sdk/op_check.hpp"

namespace weft {
namespace {

Status check_dtype(std::string_view what, std::string_view name, std::uint32_t dtype) {
  if (sdk::element_bytes(dtype) != 0) return {};
  return invalid("{}{} has dtype {}, expected {}", what, name, dtype, sdk::dtypes_text(sdk::kAny));
}

}  // namespace

std::string GraphBuilder::Impl::where() const {
  std::string path;
  for (const Scope& s : scopes) path += (path.empty() ? "" : "/") + s.graph.name;
  return path;
}

Status GraphBuilder::Impl::outermost_only(std::string_view what, std::string_view name) const {
  if (scopes.size() == 1) return {};
  return invalid("{} {} inside a body; pass it as an input of the composite", what, name);
}

Status GraphBuilder::Impl::check_dims(std::string_view what, std::string_view name,
                                      const Dims& dims) const {
  for (std::int64_t d : dims) {
    if (symbols.valid(d)) continue;
    if (d < 0) return invalid("{} {} has the unknown symbol {}", what, name, ~d);
    return invalid("{} {} has size {}", what, name, d);
  }
  return {};
}

std::uint32_t GraphBuilder::Impl::add_value(Value value) {
  Scope& s = top();
  const auto handle = static_cast<std::uint32_t>(handles.size());
  handles.push_back({s.serial, static_cast<std::uint32_t>(s.graph.values.size())});
  s.graph.values.push_back(std::move(value));
  s.handles.push_back(handle);
  return handle;
}

Result<std::uint32_t> GraphBuilder::Impl::local(std::uint32_t handle) const {
  if (handle >= handles.size()) return invalid("value {} does not exist", handle);
  if (handles[handle].scope == top().serial) return handles[handle].value;
  return invalid(
      "value {} is of another body, expected an input of this body or a value made in it", handle);
}

Result<std::uint32_t> GraphBuilder::Impl::symbol(const weft_symbol& d) {
  if (d.op == WEFT_SYM_FREE) return symbols.free({d.name.data, d.name.size}, d.max);
  return symbols.derive(d.op, d.a, d.b, d.k);
}

Result<std::uint32_t> GraphBuilder::Impl::input(std::string_view name, std::uint32_t dtype,
                                                const Dims& dims) {
  WEFT_CHECK_OK(outermost_only("input", name));
  if (name.empty()) return invalid("an input needs a name");
  WEFT_CHECK_OK(check_dtype("input ", name, dtype));
  WEFT_CHECK_OK(check_dims("input", name, dims));
  if (auto it = inputs.find(name); it != inputs.end()) {
    const Value& known = top().graph.values[handles[it->second].value];
    if (known.dtype == dtype && known.dims == dims) return it->second;
    return invalid("input {} is {} of dtype {}, earlier {} of dtype {}", name, symbols.text(dims),
                   dtype, symbols.text(known.dims), known.dtype);
  }
  const std::uint32_t h = add_value({std::string(name), WEFT_INPUT, dtype, dims});
  top().graph.inputs.push_back(handles[h].value);
  inputs.emplace(name, h);
  return h;
}

Result<std::uint32_t> GraphBuilder::Impl::param(std::string_view name, const Dims& dims) {
  WEFT_CHECK_OK(outermost_only("parameter", name));
  WEFT_TRY(std::uint32_t index, options.params->add(name, dims));
  if (auto it = params.find(name); it != params.end()) return it->second;
  const std::uint32_t h = add_value({std::string(name), WEFT_PARAM, WEFT_F32, dims, index});
  params.emplace(name, h);
  return h;
}

Result<std::uint32_t> GraphBuilder::Impl::group(std::string_view name, std::uint32_t kind,
                                                std::int64_t window) {
  WEFT_CHECK_OK(outermost_only("group", name));
  if (name.empty()) return invalid("a group needs a name");
  if (kind != WEFT_GROUP_PAGED && kind != WEFT_GROUP_SLOT) {
    return invalid("group {} has kind {}, expected 1 (paged) or 2 (slot)", name, kind);
  }
  if (window < 0) return invalid("group {} has window {}, expected 0 or more", name, window);
  Graph& g = top().graph;
  if (auto it = groups_by_name.find(name); it != groups_by_name.end()) {
    const Group& known = g.groups[it->second];
    if (known.kind == kind && known.window == window) return it->second;
    return invalid("group {} has kind {} and window {}, earlier {} and {}", name, kind, window,
                   known.kind, known.window);
  }
  const std::string prefix(name);
  auto dim = [](std::uint32_t symbol) { return ~static_cast<std::int64_t>(symbol); };
  WEFT_TRY(std::uint32_t T, symbols.free("T"));
  WEFT_TRY(std::uint32_t S, symbols.free("S"));
  weft_group told{};
  told.kind = kind;
  told.block_tokens = options.block_tokens;
  told.window = window;
  told.table = told.base = told.len = told.slot_in = told.sym_blocks = WEFT_NONE;
  if (kind == WEFT_GROUP_PAGED) {
    WEFT_TRY(told.sym_blocks, symbols.free("B:" + prefix));
    WEFT_TRY(told.table, input(prefix + ".table", WEFT_I32, {dim(S), dim(told.sym_blocks)}));
    WEFT_TRY(told.base, input(prefix + ".base", WEFT_I32, {dim(S)}));
    WEFT_TRY(told.len, input(prefix + ".len", WEFT_I32, {dim(S)}));
  } else {
    told.block_tokens = 1;
    WEFT_TRY(told.slot_in, input(prefix + ".slot_in", WEFT_I32, {dim(S)}));
  }
  WEFT_TRY(told.slot, input(prefix + ".slot", WEFT_I32, {dim(T)}));
  WEFT_TRY(told.sym_slots, symbols.free((kind == WEFT_GROUP_PAGED ? "slots:" : "kept:") + prefix));
  auto value = [&](std::uint32_t h) { return h == WEFT_NONE ? WEFT_NONE : handles[h].value; };
  const auto id = static_cast<std::uint32_t>(g.groups.size());
  g.groups.push_back({prefix, kind, told.block_tokens, window, value(told.table), value(told.base),
                      value(told.len), value(told.slot), value(told.slot_in), told.sym_blocks,
                      told.sym_slots});
  auto it = groups_by_name.emplace(prefix, id).first;
  told.name = {it->first.data(), it->first.size()};
  groups.push_back(told);
  return id;
}

Result<std::uint32_t> GraphBuilder::Impl::state(std::string_view name, std::uint32_t group,
                                                const Dims& dims, double fill, bool keep_f32) {
  WEFT_CHECK_OK(outermost_only("state", name));
  if (name.empty()) return invalid("a state needs a name");
  if (states.contains(name)) return error(Code::kAlreadyExists, "state {} is declared twice", name);
  if (group >= groups.size())
    return invalid("state {} is of group {}, there are {}", name, group, groups.size());
  if (dims.size() >= WEFT_MAX_RANK || !checked_elements(dims)) {
    return invalid("state {} has entry {}, expected at most 7 sizes", name, symbols.text(dims));
  }
  Dims full{~static_cast<std::int64_t>(groups[group].sym_slots)};
  full.insert(full.end(), dims.begin(), dims.end());
  Graph& g = top().graph;
  const auto index = static_cast<std::uint32_t>(g.states.size());
  const std::uint32_t h = add_value({std::string(name), WEFT_STATE, WEFT_F32, full, index});
  top().state_memory.insert(handles[h].value);
  g.states.push_back({std::string(name), handles[h].value, group,
                      keep_f32 || groups[group].kind == WEFT_GROUP_SLOT
                          ? static_cast<std::uint32_t>(WEFT_F32)  // a scan's carries are not rounded
                          : options.state_dtype,
                      dims,
                      fill});
  states.emplace(name, h);
  return h;
}

Result<std::uint32_t> GraphBuilder::Impl::constant(std::uint32_t dtype, const Dims& dims,
                                                   const void* data) {
  WEFT_CHECK_OK(check_dtype("constant", "", dtype));
  const auto elements = checked_elements(dims);
  constexpr std::uint64_t kMax = std::uint64_t{1} << 30;
  if (!elements || *elements > kMax) {
    return invalid("constant has dims {}, expected sizes, at most 2^30 values", symbols.text(dims));
  }
  const std::size_t bytes = *elements * sdk::element_bytes(dtype);
  if (bytes > 0 && data == nullptr) return invalid("constant {} has no data", symbols.text(dims));
  std::string key(static_cast<const char*>(data), bytes);
  auto [it, fresh] = top().constants.try_emplace({dtype, dims, std::move(key)}, 0);
  if (!fresh) return top().handles[it->second];
  const auto* first = static_cast<const std::byte*>(data);
  const std::uint32_t h = add_value({"", WEFT_CONST, dtype, dims, WEFT_NONE,
                                     std::make_shared<const Bytes>(first, first + bytes)});
  it->second = handles[h].value;
  return h;
}

Status GraphBuilder::Impl::output(std::string_view name, std::uint32_t handle) {
  WEFT_CHECK_OK(outermost_only("output", name));
  if (name.empty()) return invalid("an output needs a name");
  WEFT_TRY(std::uint32_t id, local(handle));
  Graph& g = top().graph;
  if (std::find(g.output_names.begin(), g.output_names.end(), name) != g.output_names.end()) {
    return error(Code::kAlreadyExists, "output {} is declared twice", name);
  }
  const Value& v = g.values[id];
  if (v.kind != WEFT_TEMP || v.state() != WEFT_NONE) {
    return invalid("output {} is {}, expected a computed value", name,
                   v.kind == WEFT_TEMP ? "the memory of a state" : v.name);
  }
  g.outputs.push_back(id);
  g.output_names.emplace_back(name);
  return {};
}

Status GraphBuilder::Impl::describe(std::uint32_t handle, weft_value* out) const {
  if (handle >= handles.size()) return invalid("value {} does not exist", handle);
  const Handle h = handles[handle];
  const auto scope = std::find_if(scopes.begin(), scopes.end(),
                                  [&](const Scope& s) { return s.serial == h.scope; });
  if (scope == scopes.end()) return invalid("value {} is of a body that has ended", handle);
  const Value& v = scope->graph.values[h.value];
  weft_value told{};
  told.name = {v.name.data(), v.name.size()};
  told.kind = v.kind;
  told.dtype = v.dtype;
  told.rank = static_cast<std::uint32_t>(v.dims.size());
  told.index = v.index;
  told.dims = v.dims.data();
  told.data = v.data ? v.data->data() : nullptr;
  return write_out(out, told);
}

Result<Graph> GraphBuilder::Impl::finish() {
  if (finished) return error(Code::kFailedPrecondition, "{}: already finished", where());
  if (scopes.size() != 1)
    return error(Code::kFailedPrecondition, "{}: the body is still open", where());
  Graph& g = scopes[0].graph;
  if (g.outputs.empty() && g.states.empty()) return invalid("{}: has no output", where());
  finished = true;
  g.symbols = symbols.take();
  return std::move(g);
}

}  // namespace weft
