#include "core/plugins/environment.hpp"

#include <sys/auxv.h>

#include <cstdlib>

namespace weft {

std::string_view variable(const std::string& name) {
  const char* value = secure_getenv(name.c_str());
  return value ? value : "";
}

Environment read_environment() {
  if (getauxval(AT_SECURE) != 0) return {};
  const std::string home(variable("HOME"));
  auto under_home = [&](const char* name, const char* fallback) {
    const std::string value(variable(name));
    if (value.starts_with('/')) return value;
    return home.starts_with('/') ? home + fallback : std::string();
  };
  Environment e;
  e.config_file = variable("WEFT_CONFIG");
  e.config_home = under_home("XDG_CONFIG_HOME", "/.config");
  e.data_home = under_home("XDG_DATA_HOME", "/.local/share");
  e.plugin_path = variable("WEFT_PLUGIN_ADD");
  e.backend = variable("WEFT_BACKEND");
  e.read = true;
  e.insecure = variable("WEFT_PLUGINS_INSECURE") == "1";
  return e;
}

}  // namespace weft
