#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/json_view.hpp"
#include "core/base/status_abi.hpp"
#include "core/graph/builder.hpp"
#include "core/model/candidates.hpp"
#include "core/model/model.hpp"
#include "core/plugins/log_record.hpp"
#include "weft/abi/architecture.h"

namespace weft {
namespace {

std::string names(const std::vector<Interface>& architectures) {
  std::vector<std::string> all;
  for (const Interface& i : architectures)
    all.emplace_back(to_view(static_cast<const weft_architecture*>(i.table)->id));
  std::sort(all.begin(), all.end());
  return fmt::format("{}", fmt::join(all, ", "));
}

/// Finds the converter that claims the checkpoint; an empty plugin_id: none does.
Result<Interface> find_converter(Engine& engine, const Checkpoint& c) {
  const Interface *best = nullptr, *alike = nullptr;  // the first with the best score, and another one with it
  uint32_t best_score = 0;
  const std::vector<Interface> all = engine.converters();
  for (const Interface& i : all) {
    const auto& api = *static_cast<const weft_converter*>(i.table);
    uint32_t score = 0;
    WEFT_CHECK_OK(call_plugin(i.plugin_id, "probe", [&] { return api.probe(i.self, c.abi(), &score); }));
    if (score > best_score) best = &i, best_score = score, alike = nullptr;
    else if (score > 0 && score == best_score && alike == nullptr) alike = &i;
  }
  if (alike != nullptr) {
    return error(Code::kFailedPrecondition, "{}: {} and {} claim it alike; disable one in weft.json", c.path(),
                 best->plugin_id, alike->plugin_id);
  }
  return best != nullptr ? *best : Interface{};
}

/// What the checkpoint says its model type is, in quotes, for messages.
std::string model_type(const Checkpoint& c) {
  if (c.metadata().contains("general.architecture")) return c.metadata()["general.architecture"].dump();
  weft_json config{};
  if (!from_abi(c.abi()->json_file(c.abi()->ctx, to_str("config.json"), &config)).ok()) return "\"unknown\"";
  const std::string_view type = to_view(config.string(config.member(config.root, to_str("model_type"))));
  return fmt::format("\"{}\"", type.empty() ? "unknown" : type);
}

struct OpenModel {  // closes the model
  const weft_architecture* api = nullptr;
  void* model = nullptr;
  ~OpenModel() {
    if (model) api->close(model);
  }
};

constexpr std::string_view kEmbed = "embed", kClassify = "classify";

/// Whether a graph takes whole texts in one step, because later tokens change the results of earlier ones.
bool takes_whole_texts(std::string_view graph) { return graph == kEmbed || graph == kClassify; }

Result<uint32_t> state_dtype(const Engine& engine, const Checkpoint& c, const LoadOptions& o, std::string_view graph) {
  std::string kv = !o.kv.empty() ? o.kv : engine.config().kv;
  const std::string precision = !o.precision.empty() ? o.precision : engine.config().precision;
  // The cache of such graphs lives for one step, so f32 costs little.
  if (kv.empty()) kv = precision == "exact" || takes_whole_texts(graph) ? "f32" : "f16";
  const uint32_t id = c.dtypes().find(kv);
  if (id == WEFT_NONE) return error(Code::kUnimplemented, "no plugin knows the cache dtype {}", kv);
  return id;
}

constexpr const char* kConfig = "config.json";
// Encode reads the encoder's input of the sequences that step runs.
constexpr std::string_view kStep = "step", kEncode = "encode";

bool has_graph(const weft_model_info& info, std::string_view name) {
  return std::any_of(info.graphs, info.graphs + info.n_graphs, [&](weft_str graph) { return to_view(graph) == name; });
}

/// The name of the graph that `o` asks for; an error: the model does not have it.
Result<std::string> graph_of(const weft_model_info& info, const Checkpoint& c, const LoadOptions& o) {
  std::string all;
  for (uint32_t i = 0; i < info.n_graphs; ++i) {
    const std::string_view name = to_view(info.graphs[i]);
    if (o.graph.empty() || o.graph == name) return std::string(name);
    all += (all.empty() ? "" : ", ") + std::string(name);
  }
  const std::string_view what = o.graph == kEmbed      ? "gives no embeddings"
                                : o.graph == kClassify ? "tells no labels"
                                : o.graph == kStep     ? "predicts no tokens"
                                                       : "does not do that";
  return error(Code::kFailedPrecondition, "{}: the model {}: it has no graph \"{}\", only {}", c.path(), what, o.graph,
               all);
}

constexpr int64_t kBlock = 16;  // tokens that the cache hands out at once; larger: more of it is left unused
int64_t blocks_of(int64_t context) { return (context + kBlock - 1) / kBlock + 1; }

/// Slots of the cache are 32-bit numbers. A context beyond the trained one runs, but seldom gives good text, so it is
/// warned of.
Status check_context(Engine& engine, const Checkpoint& c, const LoadOptions& o, const Blueprint& b) {
  if (b.context < 1 || b.context > LoadOptions::kMostTokens) {
    return invalid("{}: a context of {} tokens, expected 1 to {}", c.path(), b.context, LoadOptions::kMostTokens);
  }
  const int64_t slots = blocks_of(b.context) * o.sequences * kBlock;  // below 2^56
  if (slots > INT32_MAX) {
    return error(
        Code::kOutOfRange,
        "{}: {} sequences of {} tokens take {} slots of the cache, at most {}; lower the context or the sequences",
        c.path(), o.sequences, b.context, slots, INT32_MAX);
  }
  if (b.max_context > 0 && b.context > b.max_context) {
    engine.host().log(
        WEFT_LOG_WARN, "context",
        fmt::format("{} tokens are more than the {} that the model was trained for", b.context, b.max_context));
  }
  return {};
}

/// Lets `architecture` write the graphs of b.config, and collects their parameters, at most `most_params`.
Status write_graph(Engine& engine, const Checkpoint& c, const LoadOptions& o, const Interface& architecture,
                   std::size_t most_params, Blueprint& b) {
  b.architecture_plugin = architecture.plugin_id;
  const weft_json view = make_json_view(&b.config);
  OpenModel opened{static_cast<const weft_architecture*>(architecture.table)};
  const std::string& plugin = architecture.plugin_id;
  WEFT_CHECK_OK(call_plugin(plugin, "open", [&] {
                  return opened.api->open(architecture.self, &view, o.context, &opened.model);
                }).with_context(c.path()));
  weft_model_info info{};
  info.hdr.struct_size = WEFT_END(weft_model_info, start_token);
  info.start_token = -1;
  WEFT_CHECK_OK(call_plugin(plugin, "info", [&] { return opened.api->info(opened.model, &info); }));
  b.vocab = info.vocab_size, b.max_context = info.max_context;
  const int64_t wanted = o.context > 0 ? o.context : engine.config().context;
  b.context = wanted > 0 ? wanted : std::min<int64_t>(info.max_context, 4096);
  WEFT_TRY(const std::string graph, graph_of(info, c, o));
  if (takes_whole_texts(graph)) b.context = std::min(b.context, info.max_context);
  WEFT_CHECK_OK(check_context(engine, c, o, b));
  b.step_tokens = takes_whole_texts(graph) ? std::max(b.context, o.step_tokens) : o.step_tokens;

  const int64_t blocks = blocks_of(b.context);
  BuilderOptions options;
  ParamTable params(most_params);
  options.params = &params;
  options.block_tokens = kBlock;
  WEFT_TRY(options.state_dtype, state_dtype(engine, c, o, graph));
  const auto write = [&](const std::string& name, int64_t tokens) -> Result<Graph> {
    options.name = name;
    options.symbol_max = [=](std::string_view symbol) -> int64_t {
      if (symbol == "S") return o.sequences;
      if (symbol == "R" && o.logits_rows > 0) return std::min(o.logits_rows, tokens);
      if (symbol.starts_with("B:")) return blocks;
      if (symbol.starts_with("slots:")) return blocks * o.sequences * kBlock;
      if (symbol.starts_with("kept:")) return SlotTable::kRows * o.sequences;
      return tokens;  // T, R, Q
    };
    GraphBuilder builder(options);
    WEFT_CHECK_OK(call_plugin(plugin, "build", [&] {
                    return opened.api->build(opened.model, to_str(name), builder.abi());
                  }).with_context(c.path()));
    if (o.candidates && name == kStep) WEFT_CHECK_OK(add_candidates(builder, b.vocab));
    WEFT_TRY(Graph written, builder.finish());
    for (const Group& group : written.groups) {  // of a window, a sequence keeps no more than that and a step
      // What an encoder and "step" share has one size in both.
      if (group.kind != WEFT_GROUP_PAGED || group.window <= 0 || has_graph(info, kEncode)) continue;
      const int64_t most = std::min(blocks, blocks_of(group.window + tokens) + 1);
      written.symbols[group.sym_blocks].max = most;
      written.symbols[group.sym_slots].max = most * o.sequences * kBlock;
    }
    params.add_uses(written);
    return written;
  };
  WEFT_TRY(b.step, write(graph, b.step_tokens));
  if (graph == kStep && has_graph(info, kEncode)) {
    b.start_token = info.start_token;
    if (b.start_token < 0 || b.start_token >= b.vocab) {
      return invalid("{}: the blueprint's start token is {}, the vocabulary has {}", c.path(), b.start_token, b.vocab);
    }
    WEFT_TRY(b.encode, write(std::string(kEncode), std::max(b.context, o.step_tokens)));
  }
  b.params = params.all();
  return {};
}

/// Asks `converter` where the parameters come from.
Status plan(const Checkpoint& c, const LoadOptions& o, const Interface& converter, Blueprint& b) {
  b.converter = to_view(static_cast<const weft_converter*>(converter.table)->id),
  b.converter_plugin = converter.plugin_id;
  WEFT_TRY(b.plan, make_plan(c, converter, make_json_view(&b.config), b.params, o.allow_unused));
  return {};
}

/// Warns of the tensors that are left out because the host allows it.
void warn_of_allowed(Engine& engine, const Checkpoint& c, const Plan& plan) {
  constexpr std::size_t kMost = 10;  // names; further ones are counted
  std::vector<std::string> names;
  for (const auto& [tensor, why] : plan.ignored) {
    if (why == Plan::kAllowed) names.push_back(c.tensors()[tensor].name);
  }
  if (names.empty()) return;
  const std::size_t all = names.size();
  if (all > kMost) names.resize(kMost);
  engine.host().log(WEFT_LOG_WARN, "weights",
                    fmt::format("not used: {}{}; results are right only if these change nothing",
                                fmt::join(names, ", "), all > kMost ? fmt::format(" and {} more", all - kMost) : ""));
}

/// How many parameters a checkpoint of so many tensors may have. The most that published files hold in one tensor are
/// the experts of a layer. Larger: a config that asks for layers without weights takes longer to refuse.
std::size_t most_params(const Checkpoint& c) { return 64 + 1024 * c.tensors().size(); }

/// Reads a checkpoint of a type that no converter claims as `architecture`, with a converter of the same plugin.
Result<Blueprint> read_as(Engine& engine, const Checkpoint& c, const LoadOptions& o, const Interface& architecture,
                          std::size_t most_params) {
  Blueprint b;
  b.architecture = to_view(static_cast<const weft_architecture*>(architecture.table)->id);
  WEFT_TRY(b.config, c.files().read_json(kConfig));
  WEFT_CHECK_OK(write_graph(engine, c, o, architecture, most_params, b));
  Status last = error(Code::kNotFound, "{}: plugin {} has no converter", c.path(), architecture.plugin_id);
  for (const Interface& converter : engine.converters()) {
    if (converter.plugin_id != architecture.plugin_id) continue;
    Status status = plan(c, o, converter, b);
    if (status.ok()) {
      warn_of_allowed(engine, c, b.plan);
      return b;
    }
    if (b.converter.starts_with(b.architecture + ".") || last.code() == Code::kNotFound)
      last = std::move(status);  // the error that says most
  }
  return last;
}

/// The error for a type that no converter claims. It names the families whose parameters are the checkpoint's tensors,
/// by name and shape, as these may run it; those that know most of the config's keys come first.
Status unknown_type(Engine& engine, const Checkpoint& c, LoadOptions o, const std::vector<Interface>& architectures) {
  o.allow_unused = false;
  std::vector<std::pair<std::size_t, std::string>> fits;  // number of warnings of unknown keys, architecture's id
  if (c.files().read_json(kConfig).ok()) {
    // A guess is worth little time, so graphs of many more parameters than there are tensors are not written to their
    // end, and neither are those of very many.
    const std::size_t most = std::min<std::size_t>(64 + 4 * c.tensors().size(), 8192);
    for (const Interface& i : architectures) {
      WEFT_CHECK_OK(o.limits.check());
      const LogRecord log(LogRecord::kHold);
      if (read_as(engine, c, o, i, most).ok())
        fits.emplace_back(log.messages().size(), to_view(static_cast<const weft_architecture*>(i.table)->id));
    }
  }
  if (fits.empty()) {
    return error(Code::kNotFound,
                 "{}: no family knows the model type {}, and its tensors are those of none; found are: {}. A plugin "
                 "adds one: see CONTRIBUTING.md",
                 c.path(), model_type(c), names(architectures));
  }
  std::sort(fits.begin(), fits.end());
  std::string ids;
  for (const auto& [unknown, id] : fits) ids += (ids.empty() ? "" : ", ") + id;
  return error(Code::kNotFound,
               "{}: no family knows the model type {}; its tensors are those of {}: as architecture {} it runs, "
               "rightly only if it computes the same",
               c.path(), model_type(c), ids, fits[0].second);
}

}  // namespace

Result<Blueprint> make_blueprint(Engine& engine, const Checkpoint& c, const LoadOptions& o) {
  WEFT_CHECK_OK(o.check());
  const std::vector<Interface> all = engine.architectures();
  const auto find = [&](std::string_view id) {
    return std::find_if(all.begin(), all.end(), [&](const Interface& i) {
      return to_view(static_cast<const weft_architecture*>(i.table)->id) == id;
    });
  };
  const std::string forced = !o.architecture.empty() ? o.architecture : engine.config().architecture;
  if (!forced.empty() && find(forced) == all.end())
    return error(Code::kNotFound, "{}: no architecture \"{}\"; found are: {}", c.path(), forced, names(all));
  WEFT_TRY(const Interface converter, find_converter(engine, c));
  if (converter.table == nullptr)
    return forced.empty() ? unknown_type(engine, c, o, all)
                          : read_as(engine, c, o, *find(forced), most_params(c));

  Blueprint b;
  const auto& convert = *static_cast<const weft_converter*>(converter.table);
  std::string config_text;
  const weft_string_sink id_sink = string_sink(b.architecture), config_sink = string_sink(config_text);
  WEFT_CHECK_OK(call_plugin(converter.plugin_id, "identify", [&] {
                  return convert.identify(converter.self, c.abi(), &id_sink, &config_sink);
                }).with_context(c.path()));
  if (!forced.empty()) b.architecture = forced;
  if (config_text.empty()) {
    WEFT_TRY(b.config, c.files().read_json(kConfig));
  } else {
    auto parsed = parse_json(config_text);
    if (!parsed.ok()) return parsed.status().with_context("config of " + c.path());
    b.config = std::move(*parsed);
  }
  const auto found = find(b.architecture);
  if (found == all.end())
    return error(Code::kNotFound, "{}: no architecture \"{}\"; found are: {}", c.path(), b.architecture, names(all));
  WEFT_CHECK_OK(write_graph(engine, c, o, *found, most_params(c), b));
  WEFT_CHECK_OK(plan(c, o, converter, b));
  warn_of_allowed(engine, c, b.plan);
  return b;
}

}  // namespace weft
