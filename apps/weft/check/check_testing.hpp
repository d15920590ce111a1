// What the tests of this folder share: a plugin of tests/bad_plugins in a folder of its own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/base/json.hpp"
#include "weft/abi/backend.h"
#include "weft/abi/converter.h"
#include "weft/abi/format.h"
#include "weft/abi/source.h"
#include "weft/abi/tokenizer.h"

namespace weft::app {

namespace fs = std::filesystem;

inline constexpr const char* kThing = "test.thing/0";

inline std::string interface_of(const std::string& plugin) {
  if (plugin.starts_with("backend_")) return WEFT_BACKEND_INTERFACE;
  if (plugin.starts_with("format_")) return WEFT_FORMAT_INTERFACE;
  if (plugin.starts_with("converter_")) return WEFT_CONVERTER_INTERFACE;
  if (plugin.starts_with("tokenizer_")) return WEFT_TOKENIZER_INTERFACE;
  return plugin.starts_with("source_") ? WEFT_SOURCE_INTERFACE : kThing;
}

/// A folder with one of the plugins and its manifest.
class PluginFolder {
 public:
  explicit PluginFolder(const std::string& plugin, const Json& changes = {}) {
    std::string name = (fs::canonical(testing::TempDir()) / "weft_check_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder can be made");
    path_ = name;
    fs::copy_file(fs::path(WEFT_BINARY_DIR) / "lib/bad_plugins" / ("lib" + plugin + ".so"), path_ / (plugin + ".so"));
    Json manifest = {{"manifest", 1},
                     {"id", "test." + plugin},
                     {"version", "1.0.0"},
                     {"library", plugin + ".so"},
                     {"abi", {{"major", WEFT_ABI_MAJOR}, {"minor", WEFT_ABI_MINOR}}},
                     {"provides", Json::array({{{"interface", interface_of(plugin)},
                                                {"name", "test." + plugin}}})}};
    if (changes.is_object()) manifest.merge_patch(changes);
    write(plugin + ".weftplugin.json", manifest.dump());
    for (const auto& entry : fs::directory_iterator(path_)) fs::permissions(entry.path(), fs::perms(0644));
  }
  ~PluginFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  PluginFolder(const PluginFolder&) = delete;
  std::string path() const { return path_.string(); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }

 private:
  fs::path path_;
};

}  // namespace weft::app
