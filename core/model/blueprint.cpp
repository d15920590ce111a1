#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "core/model/blueprint.hpp"
#include "core/plugins/claims.hpp"
#include "core/plugins/log_record.hpp"
#include "weft/abi/architecture.h"

namespace weft {
namespace {

std::string names(const std::vector<Interface>& architectures) {
  std::vector<std::string> all;
  for (const Interface& i : architectures) all.push_back(i.name);
  std::sort(all.begin(), all.end());
  return fmt::format("{}", fmt::join(all, ", "));
}

/// Finds the converter that claims the checkpoint; an empty plugin_id: none does.
Result<Interface> find_converter(Engine& engine, const Checkpoint& c) {
  Claims claims;
  const std::vector<Interface> all = engine.converters();
  for (const Interface& i : all) {
    const auto& api = *static_cast<const weft_converter*>(i.table);
    uint32_t score = 0;
    Status asked = call_plugin(i.plugin_id, "probe", [&] { return api.probe(i.self, c.abi(), &score); });
    if (!asked.ok()) engine.host().log(WEFT_LOG_WARN, i.plugin_id, "probe failed: " + std::string(asked.message()));
    claims.add(i, "probe", std::move(asked), score);
  }
  auto best = claims.best();
  if (!best.ok()) return best.status().with_context(c.path());
  return *best != nullptr ? **best : Interface{};
}

/// What the checkpoint says its model type is, in quotes, for messages.
std::string model_type(const Checkpoint& c) {
  if (c.metadata().contains("general.architecture")) return c.metadata()["general.architecture"].dump();
  const weft_json* config = nullptr;
  if (!from_abi(c.abi()->json_file(c.abi()->ctx, to_str("config.json"), &config)).ok() || config == nullptr)
    return "\"unknown\"";
  const std::string_view type = to_view(config->string(config->member(config->root, to_str("model_type"))));
  return fmt::format("\"{}\"", type.empty() ? "unknown" : type);
}

constexpr const char* kConfig = "config.json";

/// Lets `architecture` write the graphs of `config` that `o` asks for, and collects their parameters, at most
/// `most_params`.
Status write_graphs(Engine& engine, const Checkpoint& c, const LoadOptions& o, const Interface& architecture,
                    Json&& config, std::size_t most_params, Blueprint& b) {
  WEFT_TRY(b.writer, GraphWriter::open(engine, c, o, architecture, std::move(config)));
  const GraphWriter& writer = *b.writer;
  ParamTable params(most_params);
  const auto add = [&](const GraphInfo& info) -> Status {
    for (const WrittenGraph& known : b.graphs) {
      if (known.info.name == info.name) return {};
    }
    WEFT_TRY(b.graphs.emplace_back(), writer.write(info, params));
    return {};
  };
  for (const std::string& role : o.roles.empty() ? std::vector<std::string>{""} : o.roles) {
    WEFT_TRY(const GraphInfo* info, writer.find(role));
    WEFT_CHECK_OK(add(*info));
    if (info->role != WEFT_ROLE_PREDICT_TOKENS) continue;
    const auto source = writer.find(WEFT_ROLE_READ_SOURCE);
    if (!source.ok()) continue;
    if (writer.start_token() < 0 || writer.start_token() >= writer.vocab()) {
      return invalid("{}: the blueprint's start token is {}, the vocabulary has {}", c.path(), writer.start_token(),
                     writer.vocab());
    }
    WEFT_CHECK_OK(add(**source));
  }
  b.params = params.all();
  return {};
}

/// How many parameters a checkpoint of so many tensors may have. The most that published files hold in one tensor are
/// the experts of a layer. Larger: a config that asks for layers without weights takes longer to refuse.
std::size_t most_params(const Checkpoint& c) { return 64 + 1024 * c.tensors().size(); }

/// The parameters of the graphs that were not asked for.
Result<std::vector<ParamDecl>> further_params(const Checkpoint& c, const Blueprint& b) {
  ParamTable params(most_params(c));
  for (const ParamDecl& p : b.params) WEFT_CHECK_OK(params.add(p.name, p.dims).status());
  for (const GraphInfo& info : b.writer->graphs()) WEFT_CHECK_OK(b.writer->write(info, params).status());
  return std::vector<ParamDecl>(params.all().begin() + static_cast<std::ptrdiff_t>(b.params.size()),
                                params.all().end());
}

/// Asks `converter` where the parameters come from.
Status plan(const Checkpoint& c, const LoadOptions& o, const Interface& converter, Blueprint& b) {
  b.converter = to_view(static_cast<const weft_converter*>(converter.table)->id),
  b.converter_plugin = converter.plugin_id;
  std::function<Result<std::vector<ParamDecl>>()> further;
  if (b.graphs.size() < b.writer->graphs().size()) further = [&] { return further_params(c, b); };
  WEFT_TRY(b.plan, make_plan(c, converter, b.writer->config_view(), b.params, o.allow_unused, further));
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

/// Reads a checkpoint of a type that no converter claims as `architecture`, with a converter of the same plugin.
Result<Blueprint> read_as(Engine& engine, const Checkpoint& c, const LoadOptions& o, const Interface& architecture,
                          std::size_t most_params) {
  Blueprint b;
  b.architecture = to_view(static_cast<const weft_architecture*>(architecture.table)->id);
  WEFT_TRY(Json config, c.files().read_json(kConfig));
  const DrainAtEnd drain(config);
  WEFT_CHECK_OK(write_graphs(engine, c, o, architecture, std::move(config), most_params, b));
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
/// by name and shape, those first that know most of the config's keys; that does not make them the checkpoint's.
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
               "{}: no family knows the model type {}. Its tensors have the names and shapes of those of {}, but how "
               "they are computed with (where positions begin, which norm, which activation) no file says, and a wrong "
               "guess would give wrong results without a sign. A plugin adds the type: see CONTRIBUTING.md",
               c.path(), model_type(c), ids);
}

}  // namespace

const WrittenGraph* Blueprint::find(std::string_view role) const {
  for (const WrittenGraph& g : graphs) {
    if (g.info.role == role) return &g;
  }
  return nullptr;
}

Result<Blueprint> make_blueprint(Engine& engine, const Checkpoint& c, const LoadOptions& o) {
  WEFT_CHECK_OK(o.check());
  const std::vector<Interface> all = engine.architectures();
  const std::string forced = !o.architecture.empty() ? o.architecture : engine.config().architecture;
  if (!forced.empty() && find_named(all, forced) == nullptr)
    return error(Code::kNotFound, "{}: no architecture \"{}\"; found are: {}{}", c.path(), forced, names(all),
                 engine.plugins().why_missing(WEFT_ARCHITECTURE_INTERFACE, forced));
  WEFT_TRY(const Interface converter, find_converter(engine, c));
  if (converter.table == nullptr)
    return forced.empty() ? unknown_type(engine, c, o, all)
                          : read_as(engine, c, o, *find_named(all, forced), most_params(c));

  Blueprint b;
  const auto& convert = *static_cast<const weft_converter*>(converter.table);
  std::string config_text;
  const weft_string_sink id_sink = string_sink(b.architecture), config_sink = string_sink(config_text);
  WEFT_CHECK_OK(call_plugin(converter.plugin_id, "identify", [&] {
                  return convert.identify(converter.self, c.abi(), &id_sink, &config_sink);
                }).with_context(c.path()));
  if (!forced.empty()) b.architecture = forced;
  auto config = config_text.empty() ? c.files().read_json(kConfig) : parse_json(config_text);
  if (!config.ok())
    return config_text.empty() ? config.status() : config.status().with_context("config of " + c.path());
  const DrainAtEnd drain(*config);
  const Interface* const found = find_named(all, b.architecture);
  if (found == nullptr)
    return error(Code::kNotFound, "{}: no architecture \"{}\"; found are: {}{}", c.path(), b.architecture, names(all),
                 engine.plugins().why_missing(WEFT_ARCHITECTURE_INTERFACE, b.architecture));
  WEFT_CHECK_OK(write_graphs(engine, c, o, *found, std::move(*config), most_params(c), b));
  WEFT_CHECK_OK(plan(c, o, converter, b));
  warn_of_allowed(engine, c, b.plan);
  return b;
}

}  // namespace weft
