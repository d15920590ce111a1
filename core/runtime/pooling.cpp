#include "core/runtime/pooling.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"

namespace weft {
namespace {

using Mode = Pooling::Mode;

/// A JSON object of a folder; null where there is no such file.
Result<Json> object_of(const CheckpointFiles& files, const std::string& name) {
  auto text = files.read_text(name, 1u << 20);
  if (text.status().code() == Code::kNotFound) return Json();
  if (!text.ok()) return text.status();
  auto parsed = parse_json(*text);
  if (!parsed.ok()) return parsed.status().with_context(files.folder() + "/" + name);
  return parsed;
}

/// A member, null where it is missing.
const Json& member(const Json& object, const char* key) {
  static const Json kNull;
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() ? *it : kNull;
}

std::string text_or(const Json& value, const char* fallback) {
  return value.is_string() ? value.get<std::string>() : fallback;
}

/// A module's config.json; its path is a folder beside modules.json.
Result<Json> module_config(const Checkpoint& c, const std::string& path) {
  if (path.empty() || path.starts_with(".") || path.find('/') != path.npos || path.find('\0') != path.npos) {
    return invalid("{}: modules.json has the path \"{}\", expected the name of a folder beside it", c.path(), path);
  }
  WEFT_TRY(const auto files, CheckpointFiles::open(c.files().folder() + "/" + path));
  return object_of(*files, "config.json");
}

struct Named {
  const char* name;  // "pooling_mode": one of these or a list of them
  const char* flag;  // or flags, in the order in which the vectors stand
  Mode mode;
};
constexpr Named kModes[] = {{"cls", "pooling_mode_cls_token", Mode::kCls},
                            {"max", "pooling_mode_max_tokens", Mode::kMax},
                            {"mean", "pooling_mode_mean_tokens", Mode::kMean},
                            {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", Mode::kMeanSqrt},
                            {"weightedmean", "pooling_mode_weightedmean_tokens", Mode::kWeightedMean},
                            {"lasttoken", "pooling_mode_lasttoken", Mode::kLast}};

Result<std::vector<Mode>> modes_of(const Json& config, const std::string& where) {
  std::vector<Mode> modes;
  std::vector<std::string> known;
  for (const Named& n : kModes) {
    const Json& flag = member(config, n.flag);
    if (flag.is_boolean() && flag.get<bool>()) modes.push_back(n.mode);
    known.emplace_back(n.flag);
  }
  if (config.is_object()) {
    for (const auto& [key, value] : config.items()) {
      const bool other = key.starts_with("pooling_mode_") && std::find(known.begin(), known.end(), key) == known.end();
      if (other && value != false) return error(Code::kUnimplemented, "{}: {} is not implemented", where, key);
    }
  }
  const Json& named = member(config, "pooling_mode");
  for (const Json& name : named.is_array() ? named : named.is_string() ? Json::array({named}) : Json::array()) {
    const auto* it = std::find_if(std::begin(kModes), std::end(kModes), [&](const Named& n) { return name == n.name; });
    if (it == std::end(kModes)) return error(Code::kUnimplemented, "{}: pooling_mode {} is not implemented", where, name.dump());
    if (std::find(modes.begin(), modes.end(), it->mode) == modes.end()) modes.push_back(it->mode);
  }
  if (modes.empty()) return std::vector<Mode>{Mode::kMean};  // the default of sentence-transformers
  return modes;
}

Status read_modules(const Checkpoint& c, const Json& modules, Pooling& p) {
  if (!modules.is_array()) return invalid("{}: modules.json is not a list", c.path());
  bool pooled = false;
  for (const Json& module : modules) {
    const std::string type = text_or(member(module, "type"), ""), path = text_or(member(module, "path"), "");
    const std::string kind = type.substr(type.rfind('.') + 1);
    if (kind == "Transformer" && path.empty() && !pooled) continue;
    if (kind == "Pooling" && !pooled) {
      WEFT_TRY(const Json config, module_config(c, path));
      WEFT_TRY(p.modes, modes_of(config, c.files().folder() + "/" + path + "/config.json"));
      const Json& with_prompt = member(config, "include_prompt");
      if (with_prompt == false && !p.prompt.empty()) {
        return error(Code::kUnimplemented, "{}: include_prompt is false and there is a default prompt, which is not implemented", c.path());
      }
      pooled = true;
    } else if (kind == "Normalize" && pooled) {
      p.normalise = true;
    } else {
      return error(Code::kUnimplemented, "{}: modules.json has the module \"{}\" in \"{}\", expected a Transformer beside it, a Pooling and a Normalize",
                   c.path(), type, path);
    }
  }
  if (!pooled) return error(Code::kUnimplemented, "{}: modules.json has no Pooling", c.path());
  return {};
}

Result<Pooling> of_gguf(const Checkpoint& c) {
  Pooling p;
  p.normalise = true;
  const std::string key = text_or(member(c.metadata(), "general.architecture"), "") + ".pooling_type";
  const Json& type = member(c.metadata(), key.c_str());
  if (type.is_null() || type == 1) return p;
  if (type != 2 && type != 3) {
    return error(Code::kUnimplemented, "{}: metadata {} is {}, expected 1 (mean), 2 (cls) or 3 (last)", c.path(), key, type.dump());
  }
  p.modes = {type == 2 ? Mode::kCls : Mode::kLast};
  return p;
}

/// What one mode makes of column d.
float pooled_value(Mode mode, std::span<const float> hidden, std::size_t width, std::size_t d) {
  const std::size_t n = hidden.size() / width;
  if (mode == Mode::kCls) return hidden[d];
  if (mode == Mode::kLast) return hidden[(n - 1) * width + d];
  float most = hidden[d];
  double sum = 0, weights = 0;
  for (std::size_t t = 0; t < n; ++t) {
    const double weight = mode == Mode::kWeightedMean ? static_cast<double>(t + 1) : 1;
    most = std::max(most, hidden[t * width + d]);
    sum += weight * static_cast<double>(hidden[t * width + d]);
    weights += weight;
  }
  if (mode == Mode::kMax) return most;
  return static_cast<float>(sum / (mode == Mode::kMeanSqrt ? std::sqrt(weights) : weights));
}

}  // namespace

Result<Pooling> Pooling::load(const Checkpoint& c) {
  if (c.metadata().contains("general.architecture")) return of_gguf(c);
  Pooling p;
  WEFT_TRY(const Json modules, object_of(c.files(), "modules.json"));
  WEFT_TRY(const Json prompts, object_of(c.files(), "config_sentence_transformers.json"));
  const std::string default_prompt = text_or(member(prompts, "default_prompt_name"), "");
  if (!default_prompt.empty()) p.prompt = text_or(member(member(prompts, "prompts"), default_prompt.c_str()), "");
  WEFT_TRY(const Json encoder, object_of(c.files(), "sentence_bert_config.json"));
  WEFT_TRY(const Json tokenizer, object_of(c.files(), "tokenizer_config.json"));
  for (const Json* most : {&member(encoder, "max_seq_length"), &member(tokenizer, "model_max_length")}) {
    if (p.max_tokens == 0 && most->is_number_integer() && *most > 0 && *most < (1 << 30)) p.max_tokens = most->get<int64_t>();
  }
  p.lower_case = member(encoder, "do_lower_case") == true;
  if (!modules.is_null()) WEFT_CHECK_OK(read_modules(c, modules, p));
  return p;
}

std::vector<float> Pooling::pool(std::span<const float> hidden, int64_t width) const {
  const auto columns = static_cast<std::size_t>(width);
  std::vector<float> out;
  for (const Mode mode : modes) {
    for (std::size_t d = 0; d < columns; ++d) out.push_back(pooled_value(mode, hidden, columns, d));
  }
  if (!normalise) return out;
  double squares = 0;
  for (float v : out) squares += static_cast<double>(v) * static_cast<double>(v);
  const double length = std::max(std::sqrt(squares), 1e-12);
  for (float& v : out) v = static_cast<float>(static_cast<double>(v) / length);
  return out;
}

}  // namespace weft
