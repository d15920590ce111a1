// Finds plugins: the manifests in the search path. No plugin is opened.
#pragma once

#include <string>
#include <vector>

#include "core/plugins/config.hpp"
#include "core/plugins/manifest.hpp"

namespace weft {

enum class PluginState { kFound, kLoaded, kShadowed, kDisabled, kRefused };
std::string_view text(PluginState state);

struct Candidate {
  std::string manifest_path, library_path;
  Manifest manifest;  // its id is the file's name where the manifest is malformed, or the folder where that is refused
  PluginState state = PluginState::kFound;
  std::string reason;  // why it is shadowed, disabled or refused
  bool own = false;    // it lies in the folder beside the core, or in the installed one
};

/// Lists the plugins of the host's folders, WEFT_PLUGIN_ADD, plugins.paths, <data home>/weft/plugins, the folder beside
/// the core (weft/plugins, ../lib/weft/plugins) and the installed one, in this order. Where the environment is not
/// read, only the host's folders and plugins.paths are searched. The first plugin with an id wins; within a folder the
/// highest version does, and equal versions are both refused. Malformed manifests, those of another ABI, and named
/// folders that are relative or missing are listed as refused and shadow nothing.
std::vector<Candidate> discover(const std::vector<std::string>& host_folders, const Config& config,
                                const Environment& environment);

/// Where weft's own plugins may lie.
std::vector<std::string> own_plugin_folders();

/// Disables the candidate if plugins.disable or plugins.enable says so.
void disable_by_config(Candidate& candidate, const Config& config);

}  // namespace weft
