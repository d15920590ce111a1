#include "core/plugins/config.hpp"

#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/plugins/config_path.hpp"
#include "core/plugins/trust.hpp"

namespace weft {
namespace {

class Reader {
 public:
  explicit Reader(std::string where) : where_(std::move(where)) {}

  Status known(const Json& object, const std::string& at, std::initializer_list<const char*> keys) const {
    if (!object.is_object()) return invalid("{}: {} is not an object", where_, at);
    for (auto it = object.begin(); it != object.end(); ++it) {
      bool found = false;
      std::string list;
      for (const char* key : keys) {
        found = found || it.key() == key;
        list += (list.empty() ? "" : ", ") + std::string(key);
      }
      if (!found) return invalid("{}: unknown key \"{}\" in {}, known are {}", where_, it.key(), at, list);
    }
    return {};
  }
  Status text(const Json& object, const char* key, std::string& out,
              std::span<const std::string_view> allowed = {}) const {
    if (!object.contains(key)) return {};
    if (!object[key].is_string()) return invalid("{}: {} is not a string", where_, key);
    out = object[key].get<std::string>();
    if (allowed.size() == 0) return {};
    for (std::string_view a : allowed) {
      if (out == a) return {};
    }
    return invalid("{}: {} is \"{}\", expected one of {}", where_, key, out, fmt::join(allowed, ", "));
  }
  Status texts(const Json& object, const char* key, std::vector<std::string>& out) const {
    if (!object.contains(key)) return {};
    if (!object[key].is_array()) return invalid("{}: plugins.{} is not a list", where_, key);
    for (const Json& item : object[key]) {
      if (!item.is_string()) return invalid("{}: plugins.{} has an entry that is no string", where_, key);
      out.push_back(item.get<std::string>());
    }
    return {};
  }
  Status count(const Json& object, const char* key, int64_t most, int64_t& out) const {
    if (!object.contains(key)) return {};
    const Json& v = object[key];
    if (!v.is_number_integer() || v.get<int64_t>() < 0 || v.get<int64_t>() > most) {
      return invalid("{}: {} is not a number from 0 to {}", where_, key, most);
    }
    out = v.get<int64_t>();
    return {};
  }
  Status flag(const Json& object, const char* key, bool& out) const {
    if (!object.contains(key)) return {};
    if (!object[key].is_boolean()) return invalid("{}: {} is neither true nor false", where_, key);
    out = object[key].get<bool>();
    return {};
  }
  const std::string& where() const { return where_; }

 private:
  std::string where_;
};

Status read_plugins(const Reader& r, const Json& plugins, Config& config) {
  WEFT_CHECK_OK(r.known(plugins, "plugins", {"paths", "enable", "disable", "pin", "only_pinned", "options"}));
  WEFT_CHECK_OK(r.texts(plugins, "paths", config.paths));
  WEFT_CHECK_OK(r.texts(plugins, "enable", config.enable));
  WEFT_CHECK_OK(r.texts(plugins, "disable", config.disable));
  WEFT_CHECK_OK(r.flag(plugins, "only_pinned", config.only_pinned));
  if (plugins.contains("pin")) {
    if (!plugins["pin"].is_object()) return invalid("{}: plugins.pin is not an object", r.where());
    for (auto it = plugins["pin"].begin(); it != plugins["pin"].end(); ++it) {
      const auto sha256 = parse_sha256(it.value().is_string() ? it.value().get<std::string>() : "");
      if (!sha256.ok()) return invalid("{}: plugins.pin.{} is not a sha256 of 64 hex digits", r.where(), it.key());
      config.pin[it.key()] = *sha256;
    }
  }
  if (plugins.contains("options")) {
    const Json& options = plugins["options"];
    if (!options.is_object()) return invalid("{}: plugins.options is not an object", r.where());
    for (auto it = options.begin(); it != options.end(); ++it) {
      if (!it.value().is_object()) return invalid("{}: plugins.options.{} is not an object", r.where(), it.key());
      config.options[it.key()] = it.value().dump();
    }
  }
  return {};
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& where) {
  auto parsed = parse_json(text, {.max_bytes = 16 << 20, .allow_comments = true, .by_line = true});
  if (!parsed.ok()) return parsed.status().with_context(where);
  const DrainAtEnd drain(*parsed);
  const Json& root = *parsed;
  const Reader r(where);
  Config config;
  WEFT_CHECK_OK(r.known(root, "the top level",
                        {"plugins", "backend", "architecture", "threads", "pin_threads", "precision", "kv", "ctx"}));
  if (root.contains("plugins")) WEFT_CHECK_OK(read_plugins(r, root["plugins"], config));
  WEFT_CHECK_OK(r.text(root, "backend", config.backend));
  WEFT_CHECK_OK(r.text(root, "architecture", config.architecture));
  WEFT_CHECK_OK(r.text(root, "precision", config.precision, kPrecisions));
  WEFT_CHECK_OK(r.text(root, "kv", config.kv, kCaches));
  WEFT_CHECK_OK(r.count(root, "threads", 4096, config.threads));
  WEFT_CHECK_OK(r.flag(root, "pin_threads", config.pin_threads));
  WEFT_CHECK_OK(r.count(root, "ctx", int64_t{1} << 24, config.context));
  return config;
}

Result<std::string> config_path(const std::string& file, const Environment& environment) {
  if (!file.empty()) return file;
  // The file names code to load, and a relative path may lead to anybody's file in another folder.
  if (!environment.config_file.empty() && !environment.config_file.starts_with('/'))
    return invalid("WEFT_CONFIG is \"{}\", expected a path that begins with /", environment.config_file);
  if (!environment.config_file.empty() || environment.config_home.empty()) return environment.config_file;
  return environment.config_home + "/weft/weft.json";
}

Result<Config> load_config(const std::string& file, const Environment& environment) {
  WEFT_TRY(const std::string path, config_path(file, environment));
  std::error_code ignored;
  const bool named = !file.empty() || !environment.config_file.empty();
  if (path.empty() || (!named && !std::filesystem::exists(path, ignored))) return Config{};
  std::error_code failed;
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path, failed)) return error(Code::kNotFound, "{}: cannot be read", path);
  std::stringstream text;
  text << in.rdbuf();
  WEFT_TRY(Config config, parse_config(text.str(), path));
  const auto folder = std::filesystem::absolute(path, failed).parent_path();
  if (failed) return error(Code::kNotFound, "{}: {}", path, failed.message());
  for (std::string& p : config.paths) p = (folder / p).lexically_normal().string();
  return config;
}

}  // namespace weft
