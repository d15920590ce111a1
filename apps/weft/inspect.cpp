// weft inspect MODEL [--explain]: format, family, converter, config, parameters, bytes, plan.
#include <map>
#include <set>

#include "apps/weft/common.hpp"
#include "apps/weft/output.hpp"
#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "core/graph/dump.hpp"
#include "core/graph/partition.hpp"
#include "core/graph/view.hpp"
#include "core/plugins/log_record.hpp"

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
    all.push_back({{"name", b.params[p].name}, {"dims", b.params[p].dims}, {"kind", text.substr(0, colon)},
                   {"why", colon < text.size() ? text.substr(colon + 2) : ""}, {"from", std::move(tensors)}});
  }
  return all;
}

/// Which device runs how many nodes of the step graph.
Result<Json> placed(Engine& engine, const Common& common, const Graph& step) {
  WEFT_TRY(const auto devices, engine.open_devices(common.backend));
  std::vector<DeviceSupport> support;
  for (const auto& device : devices) {
    support.push_back({device->name(), [device](const Graph& g) { return device->supports(*GraphView(g).get()); }});
  }
  WEFT_TRY(const Placement placement, place(step, support, {.strict = common.strict_device}));
  Json nodes = Json::object();
  for (const Segment& s : placement.segments) {
    Json& count = nodes[devices[s.device]->name()];
    count = (count.is_null() ? std::size_t{0} : count.get<std::size_t>()) + s.graph.nodes.size();
  }
  return Json{{"nodes", std::move(nodes)}, {"segments", placement.segments.size()}, {"notes", placement.notes}};
}

Json describe(const Checkpoint& checkpoint, const Blueprint& b) {
  uint64_t parameters = 0;
  for (std::size_t p = 0; p < b.params.size(); ++p) {
    uint64_t n = b.plan.tied_to[p] == p ? 1 : 0;
    for (int64_t d : b.params[p].dims) n *= static_cast<uint64_t>(d);
    parameters += n;
  }
  Json dtypes = Json::object();
  std::map<std::string, uint64_t> counts;
  for (const StoredTensor& t : checkpoint.tensors()) ++counts[std::string(to_view(checkpoint.dtypes().find(t.dtype)->name))];
  for (const auto& [name, n] : counts) dtypes[name] = n;
  return {{"path", checkpoint.path()}, {"format", checkpoint.format()}, {"format_plugin", checkpoint.format_plugin()},
          {"architecture", b.architecture}, {"architecture_plugin", b.architecture_plugin},
          {"converter", b.converter}, {"converter_plugin", b.converter_plugin}, {"parameters", parameters},
          {"bytes", checkpoint.stored_bytes()}, {"tensors", std::move(dtypes)}, {"context", b.max_context},
          {"graph", b.step.name}, {"nodes", b.step.nodes.size()}, {"graph_hash", text(hash(b.step))}, {"config", b.config}};
}

/// How many parameters backends read as which dtype.
Result<Json> read_as(const Checkpoint& checkpoint, const ParamReader& reader) {
  std::map<std::string, uint64_t> counts;
  for (std::size_t i = 0; i < reader.params().size(); ++i) {
    weft_param p{};
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

/// "f32 x21, q8_0 x4"
std::string listed(const Json& object) {
  std::string out;
  for (const auto& [key, n] : object.items()) out += fmt::format("{}{} x{}", out.empty() ? "" : ", ", key, json_text(n));
  return out.empty() ? "none" : out;
}

std::string as_text(const Json& d, bool explain) {
  auto s = [&](const char* key) { return one_line(d[key].get_ref<const std::string&>()); };
  std::size_t tensors = 0;
  for (const Json& n : d["tensors"]) tensors += n.get<std::size_t>();
  std::string out = fmt::format(
      "model        {}\nformat       {} ({})\nblueprint    {} ({})\nconverter    {} ({})\n"
      "parameters   {} in {} tensors, {:.1f} MB as stored: {}\nread as      {}\nplan         {}\ncontext      {} tokens\n"
      "graph        {} {}, {} nodes\n",
      s("path"), s("format"), s("format_plugin"), s("architecture"), s("architecture_plugin"), s("converter"),
      s("converter_plugin"), d["parameters"].get<uint64_t>(), tensors, static_cast<double>(d["bytes"].get<uint64_t>()) / 1e6,
      listed(d["tensors"]), listed(d["read_as"]), listed(d["plan"]), d["context"].get<int64_t>(), s("graph"), s("graph_hash"), d["nodes"].get<uint64_t>());
  const Json& backend = d["backend"];
  if (backend.contains("error")) {
    out += "backend      none: " + one_line(backend["error"].get<std::string>()) + "\n";
  } else {
    out += "backend      " + listed(backend["nodes"]) + "\n";
    for (const Json& note : backend["notes"]) out += "             " + one_line(note.get<std::string>()) + "\n";
  }
  out += "config       " + json_text(d["config"]) + "\n";
  for (const Json& note : d["notes"]) out += "note         " + one_line(note.get<std::string>()) + "\n";
  if (!explain) return out;
  for (const Json& i : d["ignored"]) {
    out += fmt::format("ignored      {}: {}\n", one_line(i["tensor"].get<std::string>()),
                       one_line(i["why"].get<std::string>()));
  }
  for (const Json& p : d["explain"]) {
    std::string from;
    for (const Json& t : p["from"]) from += (from.empty() ? "" : ", ") + t.get<std::string>();
    out += fmt::format("{:<44} {:<18} {}: {} <- {}\n", one_line(p["name"].get<std::string>()), json_text(p["dims"]),
                       p["kind"].get<std::string>(), p["why"].get<std::string>(), one_line(from));
  }
  return out;
}

Status inspect(const Options& o) {
  WEFT_TRY(auto engine, make_engine(o.common));
  WEFT_TRY(auto checkpoint, engine->open_checkpoint(o.common.model));
  const LogRecord log(LogRecord::kPass);
  WEFT_TRY(const Blueprint b, make_blueprint(*engine, *checkpoint, any_graph(o.common)));
  const ParamReader reader(checkpoint, b.plan, b.params);
  Json d = describe(*checkpoint, b);
  d["notes"] = log.messages();
  Json parameters = explain_parameters(*checkpoint, b, reader);
  d["plan"] = count_kinds(parameters, b.plan.ignored.size());
  WEFT_TRY(d["read_as"], read_as(*checkpoint, reader));
  auto backend = placed(*engine, o.common, b.step);
  // What was asked for must be there; otherwise a checkpoint can be looked at without any backend.
  if (!backend.ok() && (!o.common.backend.empty() || o.common.strict_device)) return backend.status();
  d["backend"] = backend.ok() ? *backend : Json{{"error", backend.status().message()}};
  if (o.explain) {
    Json ignored = Json::array();
    for (const auto& [tensor, why] : b.plan.ignored) {
      ignored.push_back({{"tensor", checkpoint->tensors()[tensor].name}, {"why", why}});
    }
    d["explain"] = std::move(parameters);
    d["ignored"] = std::move(ignored);
  }
  const std::string graphs = o.graph ? dump(b.step) + (b.encode ? dump(*b.encode) : "") : "";
  if (o.common.json && o.graph) d["graph"] = graphs;
  if (o.common.json) return print(json_text(d, 2) + "\n");
  return print(as_text(d, o.explain) + graphs);
}

}  // namespace

void add_inspect(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("inspect", "what a checkpoint is and how it would run", [o] { return inspect(*o); });
  add_model_options(command, o->common);
  command.add("--explain", &o->explain, "alias, view or stream, and why, tensor by tensor");
  command.add("--graph", &o->graph, "the step graph as text");
}

}  // namespace weft::app
