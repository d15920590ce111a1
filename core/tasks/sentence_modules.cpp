#include "core/tasks/sentence_modules.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/tasks/published_files.hpp"

namespace weft {

Result<std::string> module_folder(const Checkpoint& c, const std::string& path) {
  if (path.empty() || path.starts_with(".") || path.find('/') != path.npos || path.find('\0') != path.npos) {
    return invalid("{}: modules.json has the path \"{}\", expected the name of a folder beside it", c.path(), path);
  }
  return c.files().folder() + "/" + path;
}

Result<Json> module_config(const std::string& folder) {
  WEFT_TRY(const auto files, CheckpointFiles::open(folder));
  return files->read_object("config.json");
}

namespace {

constexpr std::size_t kMostModules = 32;

/// The member `key`; null where it is missing.
const Json& member(const Json& object, const char* key) {
  static const Json kNull;
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() ? *it : kNull;
}

std::string text_or(const Json& value, const char* fallback) {
  return value.is_string() ? value.get<std::string>() : fallback;
}

Status read_module(Engine& engine, const Checkpoint& c, const Json& module, bool& pooled, SentenceModules& s) {
  const std::string type = text_or(member(module, "type"), ""), path = text_or(member(module, "path"), "");
  const std::string kind = type.starts_with("sentence_transformers.") ? type.substr(type.rfind('.') + 1) : "";
  if (kind == "Transformer" && path.empty() && !pooled) return {};
  if (kind == "Dropout" && pooled) return {};  // used in training only
  if (kind == "Normalize" && pooled) {
    s.after.emplace_back();
    return {};
  }
  if ((kind == "Pooling" && !pooled) || (kind == "Dense" && pooled)) {
    WEFT_TRY(const std::string folder, module_folder(c, path));
    WEFT_TRY(const Json config, module_config(folder));
    if (kind == "Dense") {
      WEFT_CHECK_OK(c.complete());
      WEFT_TRY(s.after.emplace_back(), Dense::load(engine, folder, config));
      return {};
    }
    WEFT_TRY(s.pooling, Pooling::read(config, folder + "/config.json"));
    pooled = true;
    return {};
  }
  return error(Code::kUnimplemented,
               "{}: modules.json has the module \"{}\" in \"{}\", expected a Transformer beside it, a Pooling, then "
               "any of Dense, Normalize and Dropout",
               c.path(), type, path);
}

Status read_modules(Engine& engine, const Checkpoint& c, const Json& modules, SentenceModules& s) {
  if (!modules.is_array() || modules.size() > kMostModules)
    return invalid("{}: modules.json is no list of at most {} modules", c.path(), kMostModules);
  bool pooled = false;
  for (const Json& module : modules) WEFT_CHECK_OK(read_module(engine, c, module, pooled, s));
  if (!pooled) return error(Code::kUnimplemented, "{}: modules.json has no Pooling", c.path());
  return {};
}

Result<SentenceModules> of_gguf(const Checkpoint& c) {
  SentenceModules s;
  s.after.emplace_back();
  const std::string key = text_or(member(c.metadata(), "general.architecture"), "") + ".pooling_type";
  const Json& type = member(c.metadata(), key.c_str());
  if (type.is_null() || type == 1) return s;
  if (type != 2 && type != 3) {
    return error(Code::kUnimplemented, "{}: metadata {} is {}, expected 1 (mean), 2 (cls) or 3 (last)", c.path(), key,
                 type.dump());
  }
  s.pooling.modes = {type == 2 ? Pooling::Mode::kCls : Pooling::Mode::kLast};
  return s;
}

Status read_prompts(const Checkpoint& c, const Json& config, SentenceModules& s) {
  if (const Json& prompts = member(config, "prompts"); prompts.is_object()) {
    for (const auto& [name, prompt] : prompts.items()) {
      if (prompt.is_string()) s.prompts[name] = prompt.get<std::string>();
    }
  }
  const std::string name = text_or(member(config, "default_prompt_name"), "");
  if (name.empty()) return {};
  auto prompt = s.prompt_named(name);
  if (!prompt.ok()) {
    return invalid("{}: config_sentence_transformers.json has the default_prompt_name \"{}\" and no such prompt",
                   c.path(), name);
  }
  s.prompt = std::move(*prompt);
  return {};
}

}  // namespace

Result<SentenceModules> SentenceModules::load(Engine& engine, const Checkpoint& c) {
  if (c.metadata().contains("general.architecture")) return of_gguf(c);
  SentenceModules s;
  WEFT_TRY(const Json prompts, c.files().read_object("config_sentence_transformers.json"));
  WEFT_CHECK_OK(read_prompts(c, prompts, s));
  WEFT_TRY(const Json encoder, c.files().read_object(kSentenceConfig));
  WEFT_TRY(const Json tokenizer, c.files().read_object("tokenizer_config.json"));
  for (const Json* most : {&member(encoder, "max_seq_length"), &member(tokenizer, "model_max_length")}) {
    if (s.max_tokens == 0 && most->is_number_integer() && *most > 0 && *most < (1 << 30))
      s.max_tokens = most->get<int64_t>();
  }
  s.lower_case = member(encoder, "do_lower_case") == true;
  const auto modules = c.files().read_json("modules.json");
  if (modules.status().code() == Code::kNotFound) return s;
  WEFT_CHECK_OK(modules.status());
  WEFT_CHECK_OK(read_modules(engine, c, *modules, s));
  return s;
}

Result<std::string> SentenceModules::prompt_named(std::string_view name) const {
  if (const auto it = prompts.find(name); it != prompts.end()) return it->second;
  std::string names;
  for (const auto& [known, prompt] : prompts) names += (names.empty() ? "" : ", ") + known;
  return error(Code::kNotFound, "no prompt is called \"{}\"; the model's are: {}", name,
               names.empty() ? "none" : names);
}

Result<std::vector<float>> SentenceModules::vector(std::span<const float> hidden, int64_t width,
                                                   std::size_t prompt_tokens, const Pooling& how) const {
  std::vector<float> v = how.pool(hidden, width, prompt_tokens);
  for (const std::optional<Dense>& dense : after) {
    if (dense) {
      if (dense->in() != v.size())
        return invalid("a Dense module takes {} values, what comes before it gives {}", dense->in(), v.size());
      v = dense->apply(v);
      continue;
    }
    normalize(v);
  }
  return v;
}

void normalize(std::span<float> vector) {
  double squares = 0;
  for (const float x : vector) squares += static_cast<double>(x) * static_cast<double>(x);
  const double length = std::max(std::sqrt(squares), 1e-12);
  for (float& x : vector) x = static_cast<float>(static_cast<double>(x) / length);
}

}  // namespace weft
