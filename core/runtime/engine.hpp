// The root object: plugins, thread pool, dtypes. One a process is enough.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/plugins/registry.hpp"
#include "core/runtime/backend.hpp"
#include "core/weights/checkpoint.hpp"

namespace weft {

struct EngineOptions {
  std::string config_path;                // weft.json, empty: the user's
  std::string config_text;                // its text instead of a file; paths in it are absolute
  std::vector<std::string> plugin_paths;  // searched first
  bool use_environment = true;            // off: no variable is read, only plugin_paths are searched
  std::vector<weft_plugin_query_fn> static_plugins;
  uint32_t threads = 0;  // 0: what weft.json says, else one a core
  LogSink log;
  HostServices services;
};

/// [any-thread] Models and checkpoints hold it.
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  static Result<std::shared_ptr<Engine>> create(EngineOptions options);

  PluginRegistry& plugins() { return *registry_; }
  Host& host() { return *host_; }
  ThreadPool& pool() { return host_->pool(); }
  const Config& config() const { return config_; }

  /// A folder or a file, or a handle ("hf://...") that the source of its scheme makes one of.
  Result<std::shared_ptr<Checkpoint>> open_checkpoint(const std::string& handle);
  std::vector<Interface> converters();
  std::vector<Interface> architectures();
  /// Devices in order of preference: "cpu,reference:variant". Empty: what weft.json or WEFT_BACKEND
  /// says, else all backends by the preference in their manifests.
  Result<std::vector<std::shared_ptr<Device>>> open_devices(std::string list);

 private:
  Engine() = default;
  Result<std::string> resolve(const std::string& handle);
  Config config_;
  Environment environment_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<PluginRegistry> registry_;
};

}  // namespace weft
