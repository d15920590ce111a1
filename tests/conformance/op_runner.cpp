#include "tests/conformance/op_runner.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <sstream>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "core/device/graph_instance.hpp"
#include "core/graph/builder.hpp"
#include "core/graph/inline.hpp"
#include "core/graph/view.hpp"
#include "core/model/engine.hpp"
#include "core/model/interfaces.hpp"
#include "tests/conformance/ops_seen.hpp"

namespace weft::conformance {
namespace {

/// WEFT_CONFORMANCE_PLUGINS, folders with ':' between them; otherwise those of the build.
std::vector<std::string> plugin_folders() {
  const char* const given = std::getenv("WEFT_CONFORMANCE_PLUGINS");
  if (given == nullptr) return {WEFT_BINARY_DIR "/lib/weft/plugins", WEFT_BINARY_DIR "/lib/opaque"};
  std::vector<std::string> folders;
  std::stringstream all(given);
  for (std::string folder; std::getline(all, folder, ':');) folders.push_back(folder);
  return folders;
}

/// The engine of all tests of this process. With WEFT_VALIDATE, what breaks a rule of the ABI fails the test.
Result<std::shared_ptr<Engine>> engine() {
  static const Result<std::shared_ptr<Engine>> made = []() -> Result<std::shared_ptr<Engine>> {
    EngineOptions options{.plugin_paths = plugin_folders(), .use_environment = false, .threads = 2};
    if (std::getenv("WEFT_VALIDATE") != nullptr) {
      options.breaches = [](std::string_view plugin, std::string_view rule, std::string_view what) {
        ADD_FAILURE() << plugin << " breaks " << rule << ": " << what;
      };
    }
    WEFT_TRY(auto e, Engine::create(std::move(options)));
    // Opens the format plugins, which register dtypes.
    e->plugins().interfaces(kFormats);
    return e;
  }();
  return made;
}

std::set<std::string, std::less<>> run_so_far;
OpsSeen seen;

/// Notes the ops of a written graph, and those that the device takes as they are.
void note_ops(const Graph& graph, const Device& device) {
  const GraphView view(graph);
  const auto supported = device.supports(*view.get());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    seen.written.insert(graph.nodes[i].op);
    if (supported.ok() && (*supported)[i] != 0) seen.taken.insert(graph.nodes[i].op);
  }
}

/// Notes the ops that were placed on the first device, which may come from bodies.
void note_ops(const Placement& placement) {
  for (const Segment& segment : placement.segments) {
    if (segment.device != 0) continue;
    for (const Node& node : segment.graph.nodes) seen.taken.insert(node.op);
  }
}

bool is_size(const std::string& dim) { return !dim.empty() && dim.find_first_not_of("0123456789") == dim.npos; }

Result<Graph> build(Engine& engine, const std::vector<ArgType>& args, const Write& write, const RunnerOptions& options,
                    ParamTable& params) {
  const uint32_t state_dtype = engine.host().dtypes().find(options.state_dtype);
  if (state_dtype == WEFT_NONE) return error(Code::kNotFound, "no plugin brings dtype {}", options.state_dtype);
  GraphBuilder builder({.name = "step",
                        .params = &params,
                        .symbol_max = [&](std::string_view) { return options.most; },
                        .block_tokens = options.block_tokens,
                        .state_dtype = state_dtype});
  WEFT_CHECK_OK(from_abi(sdk::guard(engine.host().table(), [&] {
    GraphWriter g(*builder.abi());
    std::vector<sdk::Tensor> tensors;
    for (std::size_t i = 0; i < args.size(); ++i) {
      sdk::Dims dims;
      for (const std::string& d : args[i].dims) dims.push_back(is_size(d) ? std::stoll(d) : g.symbol(d));
      tensors.push_back(g.input("arg" + std::to_string(i), args[i].dtype, dims));
    }
    const std::vector<sdk::Tensor> results = write(g, tensors);
    for (std::size_t i = 0; i < results.size(); ++i) g.output("result" + std::to_string(i), results[i]);
  })));
  return builder.finish();
}

Status unify(const Graph& graph, const Value& value, const Dims& actual, FreeSizes& sizes) {
  if (value.dims.size() != actual.size())
    return invalid("input {} has rank {}, got {}", value.name, value.dims.size(), actual.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (value.dims[i] >= 0) continue;
    const Symbol& symbol = graph.symbols[static_cast<std::size_t>(~value.dims[i])];
    if (symbol.op == WEFT_SYM_FREE) sizes[symbol.name] = actual[i];
  }
  return {};
}

Dims resolved(const Dims& dims, const std::vector<int64_t>& sizes) {
  Dims d = dims;
  for (int64_t& x : d) x = x >= 0 ? x : sizes[static_cast<std::size_t>(~x)];
  return d;
}

}  // namespace

const weft_dtype* find_dtype(const std::string& name) {
  const auto e = engine();
  if (!e.ok()) return nullptr;
  const DtypeRegistry& known = (*e)->host().dtypes();
  return known.find(known.find(name));
}

bool has_backend(const std::string& name) {
  const auto e = engine();
  return e.ok() && (*e)->open_devices(name).ok();
}

std::vector<sdk::Tensor> GraphWriter::top_k(sdk::Tensor x, int64_t k) {
  const weft_attr attr{WEFT_HDR(weft_attr, data), sdk::str("k"), WEFT_ATTR_I64, 1, &k};
  uint32_t out[2] = {};
  sdk::check(builder_.node(builder_.ctx, sdk::str("top_k"), 1, &x.id, 1, &attr, 1, sizeof attr, 0, 2, out));
  return {{out[0]}, {out[1]}};
}

struct OpRunner::Impl {
  std::shared_ptr<Engine> engine;  // declared first: the instance, destroyed before it, uses the engine
  std::unique_ptr<HostParams> params;
  std::unique_ptr<GraphInstance> instance;
  std::set<std::string> ops;  // as they were written
};

OpRunner::OpRunner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OpRunner::~OpRunner() = default;

Result<std::unique_ptr<OpRunner>> OpRunner::create(const std::string& backend, const std::vector<ArgType>& args,
                                                   const Write& write, const RunnerOptions& options) {
  auto impl = std::make_unique<Impl>();
  WEFT_TRY(impl->engine, engine());
  ParamTable params;
  WEFT_TRY(Graph graph, build(*impl->engine, args, write, options, params));
  params.add_uses(graph);
  for (const Node& n : graph.nodes) impl->ops.insert(n.op);
  WEFT_TRY(impl->params, HostParams::create(params, options.params, options.stored));
  if (options.inlined) graph = inline_all(graph);
  WEFT_TRY(const auto devices, impl->engine->open_devices(backend));
  note_ops(graph, *devices.front());
  std::vector<std::shared_ptr<Store>> stores;
  for (const auto& device : devices) {
    WEFT_TRY(auto store, Store::create(device, impl->params->abi(), options.precision));
    stores.push_back(std::move(store));
  }
  WEFT_TRY(auto compiled, compile_graph(graph, std::move(stores)));
  note_ops(compiled->placement);
  WEFT_TRY(impl->instance, GraphInstance::create(std::move(compiled)));
  return std::unique_ptr<OpRunner>(new OpRunner(std::move(impl)));
}

Result<std::vector<Array>> OpRunner::run(const Feed& feed) {
  GraphInstance& instance = *impl_->instance;
  const Graph& graph = instance.graph();
  std::map<std::string, const Array*> given;
  for (const auto& [name, array] : feed.named) given[name] = &array;
  for (std::size_t i = 0; i < feed.args.size(); ++i) given["arg" + std::to_string(i)] = &feed.args[i];

  FreeSizes free = feed.sizes;
  for (uint32_t v : graph.inputs) {
    const Value& value = graph.values[v];
    if (!given.contains(value.name)) return invalid("input {} is not given", value.name);
    WEFT_CHECK_OK(unify(graph, value, given[value.name]->dims, free));
  }
  WEFT_TRY(const std::vector<int64_t> sizes, resolve_symbols(graph, free));
  for (uint32_t v : graph.inputs) {
    const Value& value = graph.values[v];
    const Array& array = *given[value.name];
    if (array.dtype() != value.dtype || array.dims != resolved(value.dims, sizes)) {
      return invalid("input {} is not {}", value.name, testing::PrintToString(array));
    }
    void* memory = instance.memory_of(value.name, value.dtype);
    if (memory != nullptr && array.size() > 0)
      std::memcpy(memory, array.data(), array.bytes());
  }
  WEFT_CHECK_OK(instance.run(free));
  run_so_far.insert(impl_->ops.begin(), impl_->ops.end());

  std::vector<Array> results;
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const Value& value = graph.values[graph.outputs[i]];
    Array array = zeros(value.dtype, resolved(value.dims, sizes));
    const void* memory = instance.output(graph.output_names[i]);
    if (memory == nullptr) return error(Code::kInternal, "output {} has no memory", graph.output_names[i]);
    if (array.size() > 0) std::memcpy(array.data(), memory, array.bytes());
    results.push_back(std::move(array));
  }
  return results;
}

const std::set<std::string, std::less<>>& ops_run() { return run_so_far; }
OpsSeen take_ops_seen() { return std::exchange(seen, {}); }

std::vector<std::string> OpRunner::ops() const {
  std::vector<std::string> ops;
  for (const Node& node : impl_->instance->graph().nodes) ops.push_back(node.op);
  return ops;
}

Result<std::vector<std::pair<std::string, uint8_t>>> verdicts(const std::string& backend,
                                                              const std::vector<ArgType>& args, const Write& write) {
  WEFT_TRY(const auto e, engine());
  ParamTable params;
  WEFT_TRY(const Graph graph, build(*e, args, write, {}, params));
  WEFT_TRY(const auto devices, e->open_devices(backend));
  const GraphView view(graph);
  WEFT_TRY(const std::vector<uint8_t> supported, devices[0]->supports(*view.get()));
  std::vector<std::pair<std::string, uint8_t>> all;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) all.emplace_back(graph.nodes[i].op, supported[i]);
  return all;
}

}  // namespace weft::conformance
