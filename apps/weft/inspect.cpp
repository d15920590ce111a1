// weft inspect MODEL: what it is and what it wants; with --explain how it is read and run, parameter by parameter.
#include <map>
#include <set>

#include "apps/weft/common.hpp"
#include "apps/weft/inspect_text.hpp"
#include "apps/weft/needs.hpp"
#include "apps/weft/output.hpp"
#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "core/device/estimate.hpp"
#include "core/graph/dump.hpp"
#include "core/graph/partition.hpp"
#include "core/graph/view.hpp"
#include "core/plugins/log_record.hpp"
#include "core/model/text_side.hpp"

namespace weft::app {
namespace {

struct Options {
  Common common;
  bool explain = false, graph = false;
};

void add_tensors(const Expression& e, const Checkpoint& checkpoint, std::set<const Expression*>& seen, Json& names) {
  if (!seen.insert(&e).second) return;
  if (e.op == WEFT_X_STORED) {
    const std::string& name = checkpoint.tensors()[e.stored].name;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  for (const auto& in : e.in) add_tensors(*in, checkpoint, seen, names);
}

/// Parameter by parameter: name, dims, kind (alias, view, stream), why, and the tensors it comes from.
Json explain_parameters(const Checkpoint& checkpoint, const Blueprint& b, const ParamReader& reader) {
  Json all = Json::array();
  for (std::size_t p = 0; p < b.params.size(); ++p) {
    const std::string text = reader.explain(p);  // "kind: why"
    const std::size_t colon = std::min(text.find(": "), text.size());
    Json tensors = Json::array();
    std::set<const Expression*> seen;
    add_tensors(*b.plan.values[p], checkpoint, seen, tensors);
    all.push_back({{"name", b.params[p].name},
                   {"dims", b.params[p].dims},
                   {"kind", text.substr(0, colon)},
                   {"why", colon < text.size() ? text.substr(colon + 2) : ""},
                   {"from", std::move(tensors)}});
  }
  return all;
}

/// Which device runs how many nodes of the step graph.
Result<Json> placed(Engine& engine, const Common& common, const Blueprint& blueprint,
                    const ParamReader& params) {
  const LoadOptions options = load_options(common);
  WEFT_TRY(const ModelDevices model_devices, ModelDevices::open(engine, options));
  const auto& devices = model_devices.all;
  WEFT_TRY(const PlaceOptions where, model_devices.place(options, blueprint.graphs, params));
  WEFT_TRY(const Placement placement, place(blueprint.main(), support_of(devices), where));
  const std::vector<uint64_t> param_bytes = params.bytes();
  Json nodes = Json::object(), memory = Json::object();
  const auto add = [](Json& sum, uint64_t n) { sum = (sum.is_null() ? 0 : sum.get<uint64_t>()) + n; };
  for (const Segment& s : placement.segments) {
    const Device& device = *devices[s.device];
    WEFT_TRY(const Estimate e, estimate(device, s.graph, *params.abi(), param_bytes));
    add(nodes[device.name()], s.graph.nodes.size());
    add(memory[device.name()]["weights"], e.weights), add(memory[device.name()]["states"], e.states);
  }
  return Json{{"nodes", std::move(nodes)},
              {"memory", std::move(memory)},
              {"segments", placement.segments.size()},
              {"notes", placement.notes}};
}

/// Tensors and bytes of each dtype.
void count_dtypes(const Checkpoint& checkpoint, Json& found) {
  std::map<std::string, uint64_t> tensors, bytes;
  for (const StoredTensor& t : checkpoint.tensors()) {
    const std::string dtype(to_view(checkpoint.dtypes().find(t.dtype)->name));
    ++tensors[dtype];
    for (const StoredTensor::Plane& plane : t.planes) bytes[dtype] += plane.bytes;
  }
  found["tensors"] = tensors, found["bytes_of"] = bytes;
}

/// The graphs that the model has, by name: what each is for.
Json graphs_of(const Blueprint& b) {
  Json all = Json::object();
  for (const GraphInfo& g : b.writer->graphs()) all[g.name] = g.role;
  return all;
}

Json describe(const Checkpoint& checkpoint, const Blueprint& b) {
  const Needs needs = needs_of(checkpoint, b);
  Json found = {{"path", checkpoint.path()},
                {"format", checkpoint.format()},
                {"format_plugin", checkpoint.format_plugin()},
                {"architecture", b.architecture},
                {"architecture_plugin", b.writer->plugin()},
                {"converter", b.converter},
                {"converter_plugin", b.converter_plugin},
                {"parameters", parameter_count(b)},
                {"bytes", needs.weights},
                {"cache_bytes", needs.cache},
                {"needed_bytes", needs.all},
                {"memory_bytes", needs.machine},
                {"context", b.writer->max_context()},
                {"context_used", b.writer->context()},
                {"graph", b.main().name},
                {"role", b.graphs.front().info.role},
                {"graphs", graphs_of(b)},
                {"nodes", b.main().nodes.size()},
                {"graph_hash", text(hash(b.main()))},
                {"config", b.config()}};
  count_dtypes(checkpoint, found);
  const auto name = checkpoint.metadata().find("general.name");
  if (name != checkpoint.metadata().end() && name->is_string()) found["name"] = *name;
  return found;
}

/// The names of the chat templates, or why there is no text side.
void describe_text(Engine& engine, const Checkpoint& checkpoint, Json& found) {
  const auto text = TextSide::load(engine, checkpoint);
  if (!text.ok()) {
    found["text_missing"] = text.status().message();
  } else {
    found["templates"] = text->chat().names();
  }
}

/// How many parameters backends read as which dtype.
Result<Json> read_as(const Checkpoint& checkpoint, const ParamReader& reader) {
  std::map<std::string, uint64_t> counts;
  for (std::size_t i = 0; i < reader.params().size(); ++i) {
    weft_param p{};
    p.hdr.struct_size = WEFT_END(weft_param, dtype);
    if (reader.plan().tied_to[i] != i) continue;
    WEFT_CHECK_OK(from_abi(reader.abi()->info(reader.abi()->ctx, i, &p)));
    ++counts[std::string(to_view(checkpoint.dtypes().find(p.dtype)->name))];
  }
  return Json(counts);
}

Json count_kinds(const Json& parameters, std::size_t ignored) {
  Json plan = {{"alias", 0}, {"view", 0}, {"stream", 0}};
  for (const Json& p : parameters) {
    Json& n = plan[p["kind"].get_ref<const std::string&>()];
    n = (n.is_null() ? 0 : n.get<int64_t>()) + 1;
  }
  plan["ignored"] = ignored;
  return plan;
}

Status inspect(const Options& o) {
  WEFT_TRY(auto engine, make_engine(o.common));
  WEFT_TRY(auto checkpoint, engine->open_checkpoint(o.common.model));
  const LogRecord log(LogRecord::kPass);
  WEFT_TRY(const Blueprint b, make_blueprint(*engine, *checkpoint, any_graph(o.common)));
  const ParamReader reader(checkpoint, b.plan, b.params);
  Json d = describe(*checkpoint, b);
  describe_text(*engine, *checkpoint, d);
  d["notes"] = log.messages();
  Json parameters = explain_parameters(*checkpoint, b, reader);
  d["plan"] = count_kinds(parameters, b.plan.ignored.size());
  WEFT_TRY(d["read_as"], read_as(*checkpoint, reader));
  auto backend = placed(*engine, o.common, b, reader);
  // What was asked for must be there; otherwise a checkpoint can be looked at without any backend.
  if (!backend.ok() && (!o.common.backend.empty() || !o.common.layers.empty() || o.common.strict_device))
    return backend.status();
  d["backend"] = backend.ok() ? *backend : Json{{"error", backend.status().message()}};
  if (o.explain) {
    Json ignored = Json::array();
    for (const auto& [tensor, why] : b.plan.ignored) {
      ignored.push_back({{"tensor", checkpoint->tensors()[tensor].name}, {"why", why}});
    }
    d["explain"] = std::move(parameters);
    d["ignored"] = std::move(ignored);
  }
  std::string graphs;
  for (const WrittenGraph& g : b.graphs) {
    if (o.graph) graphs += dump(g.graph);
  }
  if (o.common.json && o.graph) d["graph"] = graphs;
  if (o.common.json) return print(json_text(d, 2) + "\n");
  return print(inspect_summary(d) + (o.explain ? inspect_details(d) : "") + graphs);
}

}  // namespace

void add_inspect(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("inspect", "what a checkpoint is and how it would run", [o] { return inspect(*o); });
  add_model_options(command, o->common);
  command.add("--explain", &o->explain, "also how it is read and run, parameter by parameter");
  command.add("--graph", &o->graph, "the step graph as text");
}

}  // namespace weft::app
