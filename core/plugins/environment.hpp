// The environment variables, read in one place. A host that wants none of them passes an empty Environment.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace weft {

struct Environment {
  std::string config_file;    // WEFT_CONFIG
  std::string config_home;    // XDG_CONFIG_HOME, otherwise HOME/.config
  std::string data_home;      // XDG_DATA_HOME, otherwise HOME/.local/share
  std::string plugin_path;    // WEFT_PLUGIN_ADD: folders, separated by ':', searched first
  std::string backend;        // WEFT_BACKEND
  std::map<std::string, std::string> relative;  // variables that name a relative folder, and count as not set
  bool insecure = false;      // WEFT_PLUGINS_INSECURE=1: owners and modes of files are not checked
  bool validate = false;      // WEFT_VALIDATE=1: plugins are held to the rules of the ABI
  bool read = false;          // false: the host wants no variables, and no plugins from the usual places
};

/// Reads the variables. A relative XDG folder or HOME counts as not set, as it would depend on the working directory.
/// All variables count as not set when the process runs with another user's rights (setuid, file capabilities).
Environment read_environment();

/// A variable that a source plugin uses under a name of its own (HF_ENDPOINT, https_proxy). Empty when it is not set,
/// or when the process runs with another user's rights. Valid as long as the environment.
std::string_view variable(const std::string& name);

}  // namespace weft
