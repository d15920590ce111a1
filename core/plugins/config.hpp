// weft.json: the settings that a user makes once for all commands.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugins/environment.hpp"
#include "weft/status.hpp"

namespace weft {

/// The precisions, and the dtypes of the cache, that hosts, users and weft.json may name.
inline constexpr std::string_view kPrecisions[] = {"exact", "default", "fast"};
inline constexpr std::string_view kCaches[] = {"f16", "bf16", "f32", "q8_0"};

struct Config {
  std::vector<std::string> paths;              // plugins.paths
  std::vector<std::string> enable, disable;    // globs on plugin ids; `enable` empty: all are enabled
  std::map<std::string, std::string> pin;      // plugin id -> sha256, lower-case
  bool only_pinned = false;                    // libraries whose plugin has no pin are not opened
  std::map<std::string, std::string> options;  // plugin id -> JSON text of the object that the plugin is given
  std::string backend, architecture, precision, kv;
  int64_t threads = 0, context = 0;  // 0: not set
  bool pin_threads = false;
};

/// Parses a weft.json. Comments are allowed; an unknown key is an error that lists the known ones. `where` names the
/// file in messages.
Result<Config> parse_config(std::string_view text, const std::string& where);
/// Reads `file`; if it is empty, WEFT_CONFIG (an absolute path); otherwise <config home>/weft/weft.json if it exists. A
/// file in the working directory is never looked for. Relative plugins.paths are relative to the file and are returned
/// absolute.
Result<Config> load_config(const std::string& file, const Environment& environment);

}  // namespace weft
