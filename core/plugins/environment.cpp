#include "core/plugins/environment.hpp"

#include <cstdlib>

namespace weft {

std::string_view variable(const std::string& name) {
  const char* value = secure_getenv(name.c_str());
  return value ? value : "";
}

Environment read_environment() {
  Environment e;
  auto folder = [&](const char* name) {
    const std::string value(variable(name));
    if (!value.empty() && !value.starts_with('/')) e.relative[name] = value;
    return value.starts_with('/') ? value : std::string();
  };
  const std::string home = folder("HOME");
  auto under_home = [&](const char* name, const char* fallback) {
    const std::string value = folder(name);
    return !value.empty() || home.empty() ? value : home + fallback;
  };
  e.config_file = variable("WEFT_CONFIG");
  e.config_home = under_home("XDG_CONFIG_HOME", "/.config");
  e.data_home = under_home("XDG_DATA_HOME", "/.local/share");
  e.plugin_path = variable("WEFT_PLUGIN_ADD");
  e.backend = variable("WEFT_BACKEND");
  e.read = true;
  e.insecure = variable("WEFT_PLUGINS_INSECURE") == "1";
  e.validate = variable("WEFT_VALIDATE") == "1";
  return e;
}

}  // namespace weft
