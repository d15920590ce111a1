// Converters and blueprints, on checkpoints of the author's.
#include "apps/weft/check/groups.hpp"
#include "apps/weft/check/samples.hpp"
#include "apps/weft/whole_file.hpp"
#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "core/graph/dump.hpp"
#include "core/model/blueprint.hpp"
#include "core/model/interfaces.hpp"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnknownKey = "weft_check_unknown_key";
constexpr const char* kUnknownType = "weft_check_unknown_type";

LoadOptions any_graph() {
  LoadOptions o;
  o.roles = {};
  return o;
}

struct Loaded {
  std::shared_ptr<Checkpoint> checkpoint;
  Blueprint blueprint;
};

/// The plugin and a sample that it claims.
struct Models {
  const Subject& subject;
  Engine& engine;
  std::vector<std::string>& log;
  Reporter& reporter;

  Result<std::unique_ptr<Loaded>> load(const std::string& path) const {
    auto loaded = std::make_unique<Loaded>();
    WEFT_TRY(loaded->checkpoint, engine.open_checkpoint(path));
    auto made = make_blueprint(engine, *loaded->checkpoint, any_graph());
    reporter.note(made.status());
    WEFT_TRY(loaded->blueprint, std::move(made));
    return loaded;
  }
  std::vector<Interface> converters() const {
    std::vector<Interface> own;
    for (const Interface& i : engine.converters()) {
      if (i.plugin_id == subject.manifest.id) own.push_back(i);
    }
    return own;
  }
  /// The highest score of the plugin's converters; the verdict of a score that must not be.
  Verdict score(const Checkpoint& checkpoint, uint32_t& highest) const {
    highest = 0;
    for (const Interface& i : converters()) {
      const auto& api = *static_cast<const weft_converter*>(i.table);
      uint32_t scores[2] = {};
      for (uint32_t& s : scores) {
        const Status asked = call_plugin(i.plugin_id, "probe", [&] { return api.probe(i.self, checkpoint.abi(), &s); });
        reporter.note(asked);
        if (!asked.ok()) return Verdict::of(asked);
      }
      if (scores[0] > 100) return Verdict::breaks("probe of {} scores {}, expected 0 to 100", i.name, scores[0]);
      if (scores[0] != scores[1])
        return Verdict::breaks("probe of {} scores {}, and {} when it is asked again", i.name, scores[0], scores[1]);
      highest = std::max(highest, scores[0]);
    }
    return Verdict::holds();
  }
};

/// Graphs, parameters and plan of a blueprint as text.
std::string description(const Blueprint& b) {
  std::string text = b.architecture + " " + b.converter;
  for (const WrittenGraph& g : b.graphs) text += "\n" + dump(g.graph);
  for (const ParamDecl& p : b.params) text += fmt::format("\n{} [{}]", p.name, fmt::join(p.dims, ","));
  return text;
}

Verdict deterministic(const Models& models, const std::string& path) {
  const auto first = models.load(path), again = models.load(path);
  if (!first.ok() || !again.ok()) return Verdict::of(first.ok() ? again.status() : first.status());
  return description((*first)->blueprint) == description((*again)->blueprint)
             ? Verdict::holds()
             : Verdict::breaks("loaded again, the model has other graphs or parameters");
}

/// A copy of the sample with another config.json; it gives back the old one at its end.
class Config {
 public:
  explicit Config(const SampleCopy& sample) : sample_(sample) {
    const auto text = read_whole_file((sample.folder->path() / kName).string(), kMostConfig);
    const auto read = text.ok() ? parse_json(*text) : Result<Json>(text.status());
    if (read.ok() && read->is_object()) json = *read;
  }
  ~Config() { (void)write(json); }
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;
  Status write(const Json& changed) const { return sample_.folder->write(kName, changed.dump()); }

  Json json;  // null: the sample has none

 private:
  static constexpr const char* kName = "config.json";
  static constexpr uint64_t kMostConfig = 1 << 20;
  const SampleCopy& sample_;
};

Verdict unknown_type(const Models& models, const SampleCopy& sample) {
  const Config config(sample);
  if (!config.json.contains("model_type")) return Verdict::skipped("the sample has no config.json with a model_type");
  Json changed = config.json;
  changed["model_type"] = kUnknownType;
  changed.erase("architectures");
  if (const Status s = config.write(changed); !s.ok()) return Verdict::skipped("{}", s.message());
  const auto checkpoint = models.engine.open_checkpoint(sample.path);
  if (!checkpoint.ok()) return Verdict::skipped("{}", checkpoint.status().message());
  uint32_t score = 0;
  if (const Verdict v = models.score(**checkpoint, score); v.state != RuleState::kPassed) return v;
  return score == 0 ? Verdict::holds()
                    : Verdict::breaks("probe scores {} for the model type {}, which nobody knows", score, kUnknownType);
}

Verdict unknown_key(const Models& models, const SampleCopy& sample) {
  const Config config(sample);
  if (config.json.is_null()) return Verdict::skipped("the sample has no config.json");
  Json changed = config.json;
  changed[kUnknownKey] = 1;
  if (const Status s = config.write(changed); !s.ok()) return Verdict::skipped("{}", s.message());
  models.log.clear();
  const auto loaded = models.load(sample.path);
  const auto names_it = [](std::string_view text) { return text.find(kUnknownKey) != std::string_view::npos; };
  if (std::any_of(models.log.begin(), models.log.end(), names_it) || names_it(loaded.status().message()))
    return Verdict::holds();
  return Verdict::breaks("a config with the key {} is taken without a word", kUnknownKey);
}

/// Each key of the config with values that make no sense. Nothing is asked of the results but that there is one.
Verdict hostile(const Models& models, const SampleCopy& sample) {
  const Config config(sample);
  if (config.json.is_null()) return Verdict::skipped("the sample has no config.json");
  const Json values[] = {nullptr, -1, 0, int64_t{1} << 40, 1e308, "nonsense", Json::array(), Json::object()};
  for (const auto& [key, value] : config.json.items()) {
    for (const Json& other : values) {
      models.reporter.at(fmt::format("config.json with {} {}", key, other.dump()));
      Json changed = config.json;
      changed[key] = other;
      if (const Status s = config.write(changed); !s.ok()) return Verdict::skipped("{}", s.message());
      (void)models.load(sample.path);
    }
  }
  return Verdict::holds();
}

/// Whether the sample is one of the plugin's; then it is checked.
bool check_sample(const Models& models, const std::string& path) {
  auto copy = copy_sample(path);
  if (!copy.ok()) {
    models.reporter.could_not(std::string(copy.status().message()));
    return false;
  }
  Reporter& reporter = models.reporter;
  {
    const auto checkpoint = models.engine.open_checkpoint(copy->path);
    if (!checkpoint.ok()) return false;
    uint32_t score = 0;
    const Verdict scored = models.score(**checkpoint, score);
    if (scored.state == RuleState::kPassed && score == 0) return false;
    reporter.tell("converter.score", scored);
  }
  if (!reporter.needed("converter.plan", [&] { return Verdict::of(models.load(copy->path).status()); })) return true;
  reporter.rule("architecture.deterministic", [&] { return deterministic(models, copy->path); });
  reporter.rule("converter.unknown-type", [&] { return unknown_type(models, *copy); });
  reporter.rule("architecture.unknown-key", [&] { return unknown_key(models, *copy); });
  reporter.rule("architecture.hostile", [&] { return hostile(models, *copy); });
  return true;
}

}  // namespace

void check_model(const Subject& subject, Reporter& reporter) {
  const Manifest& m = subject.manifest;
  if (!m.offers(WEFT_CONVERTER_INTERFACE)) return reporter.skip_rest("model", "the plugin has no converter");
  std::vector<std::string> log;
  auto engine = engine_with(subject, reporter, &log);
  if (!engine.ok()) return reporter.could_not(std::string(engine.status().message()));
  {
    const Models models{subject, **engine, log, reporter};
    for (const std::string& sample : subject.samples) check_sample(models, sample);
  }
  reporter.skip_rest("model", "no converter of the plugin claims a sample; --sample gives one");
  engine->reset();
  reporter.end();
}

}  // namespace weft::app
