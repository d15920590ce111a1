// What the tests of this folder share: a folder for each test, and the libraries of tests/bad_plugins.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/base/status_abi.hpp"
#include "core/plugins/registry.hpp"
#include "core/plugins/trust.hpp"

namespace weft::test {

namespace fs = std::filesystem;

constexpr char kThing[] = "test.thing/0";
constexpr uint32_t kSize = WEFT_END(weft_interface, get_extension);  // of the interface's tables
inline const InterfaceKind kThings{kThing, kSize, false, {}};

inline void write(const fs::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
  fs::permissions(file, fs::perms(0644));
}

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Whether the library is mapped in this process.
inline bool opened(const fs::path& library) {
  void* handle = dlopen(library.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (handle != nullptr) dlclose(handle);
  return handle != nullptr;
}

struct Variable {  // sets the variable as long as the object lives
  Variable(const char* name, const std::string& value) : name(name) {
    if (const char* v = getenv(name)) before = v;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { before ? setenv(name, before->c_str(), 1) : unsetenv(name); }
  const char* name;
  std::optional<std::string> before;
};

struct WorkingDirectory {  // changes the directory as long as the object lives
  explicit WorkingDirectory(const fs::path& p) : before(fs::current_path()) { fs::current_path(p); }
  ~WorkingDirectory() { fs::current_path(before); }
  fs::path before;
};

/// A temporary folder that only the user can write to, and a host that keeps its log.
class WithFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::canonical(testing::TempDir()) / "weft_plugins_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root = name;
    fs::permissions(root, fs::perms(0755));
  }
  void TearDown() override { fs::remove_all(root); }

  fs::path folder(const std::string& name) {
    fs::create_directories(root / name);
    fs::permissions(root / name, fs::perms(0755));
    return root / name;
  }

  /// Copies one of the libraries and writes its manifest; `changes` replaces keys of the manifest (null: leaves them
  /// out). Returns the path of the copy.
  fs::path put(const fs::path& where, const std::string& plugin, const Json& changes = {}, std::string file = "") {
    if (file.empty()) file = plugin;
    const fs::path library = where / (file + ".so");
    fs::copy_file(fs::path(WEFT_BINARY_DIR) / "lib/bad_plugins" / ("lib" + plugin + ".so"), library);
    fs::permissions(library, fs::perms(0644));
    Json manifest = {{"manifest", 1},
                     {"id", "test." + plugin},
                     {"version", "1.0.0"},
                     {"library", library.filename().string()},
                     {"abi", {{"major", WEFT_ABI_MAJOR}, {"minor", WEFT_ABI_MINOR}}},
                     {"provides", Json::array({{{"interface", kThing}, {"name", plugin}}})}};
    if (changes.is_object()) manifest.merge_patch(changes);
    write(where / (file + ".weftplugin.json"), manifest.dump());
    return library;
  }

  std::unique_ptr<PluginRegistry> registry(Config config = {}, Environment environment = {},
                                           std::vector<std::string> folders = {}) {
    if (folders.empty()) folders = {root.string()};
    return std::make_unique<PluginRegistry>(host,
                                            RegistryOptions{folders, std::move(config), std::move(environment), {}});
  }

  /// The state of the plugin of a manifest file, after all interfaces were asked for.
  static Candidate outcome(PluginRegistry& r, const fs::path& manifest) {
    r.interfaces(kThings);
    for (const Candidate& c : r.report()) {
      if (c.manifest_path == manifest) return c;
    }
    ADD_FAILURE() << manifest << " is not in the report";
    return {};
  }
  Candidate outcome(const std::string& file, Config config = {}, Environment environment = {}) {
    return outcome(*registry(std::move(config), std::move(environment)), root / (file + ".weftplugin.json"));
  }

  void expect_refused(const Candidate& c, std::string_view reason) {
    EXPECT_EQ(text(c.state), "refused");
    EXPECT_TRUE(has(c.reason, reason)) << c.reason;
  }
  void expect_refused_beside_a_good_one(const std::string& plugin, std::string_view reason) {
    put(root, plugin);
    put(root, "echo");
    auto r = registry();
    EXPECT_EQ(r->interfaces(kThings).size(), 2u);  // echo's tables
    EXPECT_EQ(r->interfaces(kThings).size(), 2u);
    expect_refused(outcome(*r, root / (plugin + ".weftplugin.json")), reason);
    EXPECT_TRUE(logged("test." + plugin + " is refused: "));
  }
  void expect_refused_unopened(const Json& changes, std::string_view reason) {
    const fs::path library = put(root, "echo", changes);
    expect_refused(outcome("echo"), reason);
    EXPECT_FALSE(opened(library));
    fs::remove(library);
  }
  bool logged(std::string_view part) {
    std::lock_guard lock(log_mutex);
    for (const std::string& line : log) {
      if (has(line, part)) return true;
    }
    return false;
  }

  fs::path root;
  std::mutex log_mutex;
  std::vector<std::string> log;
  Host host{2, [this](uint32_t, std::string_view component, std::string_view message) {
              std::lock_guard lock(log_mutex);
              log.push_back(std::string(component) + ": " + std::string(message));
            }};
};

}  // namespace weft::test
