// The root object: plugins, thread pool, dtypes. One a process is enough.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/device/backend.hpp"
#include "core/plugins/registry.hpp"
#include "core/weights/checkpoint.hpp"
#include "weft/abi/source.h"

namespace weft {

/// Told and asked while a source fetches what a handle names.
struct FetchCallbacks {
  std::function<void(const weft_source_progress&)> progress;  // one call at a time, from any thread
  std::function<bool()> cancelled;                            // [any-thread] true: give up
};

struct EngineOptions {
  std::string config_path;                // weft.json, empty: the user's
  std::string config_text;                // its text instead of a file; paths in it are absolute
  std::vector<std::string> plugin_paths;  // searched first
  bool use_environment = true;            // off: see WEFT_NO_ENVIRONMENT
  std::vector<weft_plugin_query_fn> static_plugins;
  uint32_t threads = 0;      // 0: what weft.json says, else one a core
  bool pin_threads = false;  // as weft.json may say too: see ThreadPool
  LogSink log;
  HostServices services;
  FetchCallbacks fetch;
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
  /// The same, perhaps while large files are still coming: see Checkpoint::complete.
  Result<std::shared_ptr<Checkpoint>> open_arriving(const std::string& handle);
  /// The local path of a handle, fetched if need be; a path is given back as it is.
  Result<std::string> resolve(const std::string& handle);
  std::vector<Interface> converters();
  std::vector<Interface> architectures();
  /// Devices in order of preference: "cpu,reference:variant". Empty: what weft.json or WEFT_BACKEND
  /// says, else all backends by the preference in their manifests.
  Result<std::vector<std::shared_ptr<Device>>> open_devices(std::string list);

 private:
  Engine() = default;
  struct Request;
  Result<std::shared_ptr<Checkpoint>> open(const std::string& handle, const std::string& path, std::unique_ptr<Arrival> arrival);
  Result<std::string> resolve(const std::string& handle, std::unique_ptr<Arrival>* arrival);
  Status ask(const Interface& source, const std::string& handle, std::string& path, std::unique_ptr<Arrival>* arrival);
  Config config_;
  Environment environment_;
  FetchCallbacks fetch_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<PluginRegistry> registry_;
};

}  // namespace weft
