#include "core/plugins/discovery.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "core/base/error.hpp"
#include "core/base/folder.hpp"
#include "core/plugins/own_folder.hpp"
#include "core/plugins/trust.hpp"
#include "weft/abi/base.h"

namespace weft {

std::vector<std::string> own_plugin_folders() {
  std::vector<std::string> places;
  if (const std::string& own = own_folder(); !own.empty()) {
    for (const char* beside : {"/weft/plugins", "/../lib/weft/plugins", "/" WEFT_LIB_FROM_BIN "/weft/plugins"})
      places.push_back(own + beside);
  }
  if (*WEFT_PLUGIN_DIR != '\0') places.push_back(WEFT_PLUGIN_DIR);
  return places;
}

namespace {

constexpr std::string_view kSuffix = ".weftplugin.json";

/// A folder to search. `named_by`: who asked for it; empty for the usual places, which may be missing.
struct Place {
  std::string folder, named_by;
};

std::vector<Place> search_path(const std::vector<std::string>& host_folders, const Config& config,
                               const Environment& environment) {
  std::vector<Place> places;
  for (const std::string& folder : host_folders) places.push_back({folder, "the host"});
  std::stringstream added(environment.plugin_path);
  for (std::string folder; std::getline(added, folder, ':');) {
    if (!folder.empty()) places.push_back({folder, "WEFT_PLUGIN_ADD"});
  }
  for (const std::string& folder : config.paths) places.push_back({folder, "plugins.paths of weft.json"});
  for (const auto& [variable, folder] : environment.relative) places.push_back({folder, variable});
  if (!environment.read) return places;
  if (!environment.data_home.empty()) places.push_back({environment.data_home + "/weft/plugins", ""});
  for (const std::string& folder : own_plugin_folders()) places.push_back({folder, ""});
  return places;
}

/// The real path of a folder. The folder must be absolute: a relative one would change with the working directory.
Result<std::string> folder_to_search(const Place& place) {
  if (!place.folder.starts_with('/')) {
    return invalid("{} names this folder, which is not searched: expected a path that begins with /", place.named_by);
  }
  std::error_code failed;
  const auto real = std::filesystem::canonical(place.folder, failed);
  if (failed) return error(Code::kNotFound, "{} names this folder: {}", place.named_by, failed.message());
  return real.string();
}

Candidate refused_folder(const std::string& folder, std::string_view reason) {
  Candidate c;
  c.manifest_path = c.manifest.id = folder;
  c.state = PluginState::kRefused;
  c.reason = std::string(reason);
  return c;
}

Candidate read_candidate(const std::filesystem::path& file, bool insecure) {
  constexpr std::uintmax_t kMostBytes = 1 << 20;  // larger manifests are refused: none says so much
  Candidate c;
  c.manifest_path = file.string();
  auto refused = [&](std::string_view reason) {
    c.state = PluginState::kRefused;
    c.reason = std::string(reason);
    return c;
  };
  c.manifest.id = file.filename().string();
  std::error_code failed;
  if (!std::filesystem::is_regular_file(file, failed)) return refused("the manifest is not a regular file");
  if (std::filesystem::file_size(file, failed) > kMostBytes) return refused("the manifest is larger than 1 MB");
  // A manifest says which library is opened, and which plugin is shadowed.
  if (const auto trusted = trusted_path(file.string(), insecure); !trusted.ok())
    return refused(trusted.status().message());
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  auto manifest = parse_manifest(text.str());
  if (!manifest.ok()) return refused(manifest.status().message());
  c.manifest = std::move(*manifest);
  c.library_path = (file.parent_path() / c.manifest.library).string();
  if (!Manifest::serves(c.manifest.abi_major, c.manifest.abi_minor)) {
    return refused(fmt::format("its manifest says ABI {}.{}, this is {}.{}", c.manifest.abi_major,
                               c.manifest.abi_minor, WEFT_ABI_MAJOR, WEFT_ABI_MINOR));
  }
  return c;
}

/// Whether version a is lower than b, part by part: 1.9.0 is lower than 1.10.0.
bool version_less(const std::string& a, const std::string& b) {
  std::stringstream x(a), y(b);
  std::string p, q;
  while (true) {
    const bool more_a = static_cast<bool>(std::getline(x, p, '.')), more_b = static_cast<bool>(std::getline(y, q, '.'));
    if (!more_a || !more_b) return more_b && !more_a;
    const long m = std::strtol(p.c_str(), nullptr, 10), n = std::strtol(q.c_str(), nullptr, 10);
    if (m != n) return m < n;
  }
}

void settle_one_folder(std::vector<Candidate>& found) {
  std::map<std::string, std::vector<Candidate*>> by_id;
  for (Candidate& c : found) {
    if (c.state == PluginState::kFound) by_id[c.manifest.id].push_back(&c);
  }
  for (auto& entry : by_id) {
    std::vector<Candidate*>& same = entry.second;
    if (same.size() < 2) continue;
    std::stable_sort(same.begin(), same.end(), [](Candidate* a, Candidate* b) {
      return version_less(b->manifest.version, a->manifest.version);
    });
    auto highest = [&](const Candidate* c) { return !version_less(c->manifest.version, same[0]->manifest.version); };
    const bool tie = highest(same[1]);
    for (std::size_t i = tie ? 0 : 1; i < same.size(); ++i) {
      const bool refused = tie && highest(same[i]);
      same[i]->state = refused ? PluginState::kRefused : PluginState::kShadowed;
      same[i]->reason =
          refused ? fmt::format("two plugins with the id {} and version {} in one folder: {} and {}", entry.first,
                                same[0]->manifest.version, same[0]->manifest_path, same[1]->manifest_path)
                  : "a higher version stands beside it: " + same[0]->manifest_path;
    }
  }
}

bool matches(const std::vector<std::string>& globs, const std::string& id) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& g) { return fnmatch(g.c_str(), id.c_str(), 0) == 0; });
}

}  // namespace

std::string_view text(PluginState state) {
  switch (state) {
    case PluginState::kFound: return "found";
    case PluginState::kLoaded: return "loaded";
    case PluginState::kShadowed: return "shadowed";
    case PluginState::kDisabled: return "disabled";
    case PluginState::kRefused: return "refused";
  }
  return "";
}

void disable_by_config(Candidate& c, const Config& config) {
  const bool enabled = config.enable.empty() || matches(config.enable, c.manifest.id);
  const bool disabled = matches(config.disable, c.manifest.id);
  if (enabled && !disabled) return;
  c.state = PluginState::kDisabled;
  c.reason = disabled ? "plugins.disable" : "not in plugins.enable";
}

std::vector<Candidate> discover(const std::vector<std::string>& host_folders, const Config& config,
                                const Environment& environment) {
  std::vector<Candidate> all;
  std::map<std::string, std::string> winner;  // plugin id -> path of its manifest
  std::set<std::string> visited, own;
  for (const std::string& folder : own_plugin_folders()) {
    if (const auto real = folder_to_search({folder, ""}); real.ok()) own.insert(*real);
  }
  for (const Place& place : search_path(host_folders, config, environment)) {
    const auto real = folder_to_search(place);
    if (real.ok() && !visited.insert(*real).second) continue;
    const auto names = real.ok() ? list_folder(*real, Entries::kAll, SIZE_MAX) : real.status();
    if (!names.ok()) {
      if (!place.named_by.empty()) all.push_back(refused_folder(place.folder, names.status().message()));
      continue;
    }
    std::vector<Candidate> found;
    for (const std::string& name : *names) {
      if (!name.ends_with(kSuffix)) continue;
      found.push_back(read_candidate(std::filesystem::path(*real) / name, environment.insecure));
      found.back().own = own.contains(*real);
    }
    if (found.empty() && !place.named_by.empty()) {
      const auto why = fmt::format("{} names this folder, in which no manifest lies (NAME{})", place.named_by, kSuffix);
      all.push_back(refused_folder(place.folder, why));
    }
    settle_one_folder(found);
    for (Candidate& c : found) {
      const std::string& id = c.manifest.id;
      if (c.state == PluginState::kFound) disable_by_config(c, config);
      if (c.state == PluginState::kFound && config.only_pinned && !config.pin.contains(id)) {
        c.state = PluginState::kDisabled;
        c.reason = "not in plugins.pin, and plugins.only_pinned is set";
      }
      if (c.state == PluginState::kFound && winner.count(id)) {
        c.state = PluginState::kShadowed;
        c.reason = "an earlier folder has it: " + winner[id];
      } else if (c.state == PluginState::kFound) {
        winner[id] = c.manifest_path;
      }
      all.push_back(std::move(c));
    }
  }
  return all;
}

}  // namespace weft
