// The plugin that is checked: its manifest, its library, and what its author gives to try it on.
#pragma once

#include <string>
#include <vector>

#include "core/plugins/manifest.hpp"
#include "weft/status.hpp"

namespace weft::app {

struct Subject {
  std::string manifest_path, library_path;  // empty: there is none
  Manifest manifest;
  Status readable;                   // why the manifest is not read
  std::vector<std::string> samples, handles;  // of the author: files and folders, and what a source takes
  bool trusted = true;               // whether a host would open it, by owners and modes
  std::string why_not_trusted;

  /// What the plugin is called in messages.
  std::string name() const { return !manifest.id.empty() ? manifest.id : library_path; }
};

/// The plugins at a path: those of a folder's manifests, that of one manifest, or of a library. NOT_FOUND: there is
/// none.
Result<std::vector<Subject>> find_subjects(const std::string& path);

}  // namespace weft::app
