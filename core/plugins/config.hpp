// weft.json: what a user says once for all commands.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugins/environment.hpp"
#include "weft/status.hpp"

namespace weft {

/// What hosts, users and weft.json may call a precision and a cache's dtype.
inline constexpr std::string_view kPrecisions[] = {"exact", "default", "fast"};
inline constexpr std::string_view kCaches[] = {"f16", "bf16", "f32", "q8_0"};

struct Config {
  std::vector<std::string> paths;              // plugins.paths
  std::vector<std::string> enable, disable;    // globs on ids; enable empty: all
  std::map<std::string, std::string> pin;      // id -> sha256, lower-case
  std::map<std::string, std::string> options;  // id -> JSON text of the object handed to the plugin
  std::string backend, architecture, precision, kv;
  int64_t threads = 0, context = 0;  // 0: not said
  bool pin_threads = false;
};

/// Comments are allowed; an unknown key is an error that lists the known ones. `where` is the
/// file's name for messages.
Result<Config> parse_config(std::string_view text, const std::string& where);
/// The named file, else WEFT_CONFIG (an absolute path), else <config home>/weft/weft.json if it is there;
/// never the working directory's. Relative plugins.paths are relative to the file and come back absolute.
Result<Config> load_config(const std::string& file, const Environment& environment);

}  // namespace weft
