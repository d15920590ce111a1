// The environment, read in one place. A host that wants none of it passes an empty Environment.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace weft {

struct Environment {
  std::string config_file;    // WEFT_CONFIG
  std::string config_home;    // XDG_CONFIG_HOME, else HOME/.config
  std::string data_home;      // XDG_DATA_HOME, else HOME/.local/share
  std::string plugin_path;    // WEFT_PLUGIN_ADD: folders, separated by ':', searched first
  std::string backend;        // WEFT_BACKEND
  std::map<std::string, std::string> relative;  // variables whose folder is relative: they count as not set
  bool insecure = false;      // WEFT_PLUGINS_INSECURE=1: skip the checks of owners and modes
  bool read = false;          // false: the host wants none of it, nor the plugins of the usual places
};

/// A relative XDG folder or HOME counts as not set: it would mean the working directory's.
/// All are, when the process runs with another user's rights (setuid, file capabilities).
Environment read_environment();

/// A variable for a source, which has names of its own (HF_ENDPOINT, https_proxy); empty when it is not
/// set, or when the process runs with another user's rights. Lives as long as the environment.
std::string_view variable(const std::string& name);

}  // namespace weft
