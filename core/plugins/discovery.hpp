// Which plugins there are: manifests in the search path, none of them opened.
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
  Manifest manifest;  // id is the name of a malformed manifest, or of a refused folder
  PluginState state = PluginState::kFound;
  std::string reason;  // why it is shadowed, disabled or refused
};

/// Order: the host's folders, WEFT_PLUGIN_ADD, plugins.paths, <data home>/weft/plugins, the folder
/// beside the core (weft/plugins, ../lib/weft/plugins), the installed one; only the host's and
/// plugins.paths where the environment is not read. The first of an id wins; within a folder the
/// highest version, and equal versions are both refused. Manifests that are malformed or of another
/// ABI, and folders that somebody named but that are relative or not there, are listed as refused and
/// shadow nothing.
std::vector<Candidate> discover(const std::vector<std::string>& host_folders, const Config& config,
                                const Environment& environment);

/// plugins.disable and plugins.enable applied to one candidate.
void disable_by_config(Candidate& candidate, const Config& config);

}  // namespace weft
