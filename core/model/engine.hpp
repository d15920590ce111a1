// The root object: plugins, thread pool and dtypes. A process needs only one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/model/devices.hpp"
#include "core/plugins/registry.hpp"
#include "core/weights/checkpoint.hpp"
#include "weft/abi/source.h"

namespace weft {

/// Callbacks while a source fetches what a handle names.
struct FetchCallbacks {
  std::function<void(const weft_source_progress&)> progress;  // called from any thread, one call at a time
  std::function<bool()> cancelled;                            // [any-thread] true: give up
};

struct EngineOptions {
  std::string config_path;                // a weft.json; empty: the user's
  std::string config_text;                // the text of a weft.json instead of a file; its paths must be absolute
  std::vector<std::string> plugin_paths;  // searched first
  bool use_environment = true;            // off: see WEFT_NO_ENVIRONMENT
  std::vector<weft_plugin_query_fn> static_plugins;
  uint32_t threads = 0;      // 0: as weft.json says, otherwise one for each usable processor
  bool pin_threads = false;  // see ThreadPool; weft.json may also say it
  LogSink log;
  HostServices services;
  FetchCallbacks fetch;
  BreachSink breaches;  // see RegistryOptions
};

/// Models and the checkpoints that it opens keep the engine alive. [any-thread]
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  static Result<std::shared_ptr<Engine>> create(EngineOptions options);

  PluginRegistry& plugins() { return *registry_; }
  Host& host() { return *host_; }
  ThreadPool& pool() { return host_->pool(); }
  const Config& config() const { return config_; }

  /// Opens a folder, a file, or what a source makes of a handle ("hf://...") with its scheme.
  Result<std::shared_ptr<Checkpoint>> open_checkpoint(const std::string& handle);
  /// The same, but may return while large files are still being fetched: see Checkpoint::complete. `unwanted`
  /// [any-thread] gives up too, as FetchCallbacks::cancelled does.
  Result<std::shared_ptr<Checkpoint>> open_arriving(const std::string& handle, std::function<bool()> unwanted);
  /// Fetches what a handle names and gives its local path; a path is given back as it is.
  Result<std::string> resolve(const std::string& handle);
  std::vector<Interface> converters();
  std::vector<Interface> architectures();
  /// Every device of every backend, in order of preference. Opens backends, but no device.
  Result<std::vector<ListedDevice>> devices();
  /// Opens devices in order of preference: "cpu,acme:1,reference:variant". What follows a colon is a device's index,
  /// part of the name of one device, or a variant. Empty: what WEFT_BACKEND or weft.json says, otherwise all backends
  /// by the preference in their manifests. Models share what is open.
  Result<std::vector<std::shared_ptr<Device>>> open_devices(std::string list);

 private:
  std::vector<Interface> backends(const std::vector<WantedDevice>& wanted);
  Engine() = default;
  struct Request;
  struct Coming {  // what open_arriving asks of a source besides the path
    std::function<bool()> unwanted;
    std::unique_ptr<Arrival> arrival;  // what the source gave; null: all files have come
  };
  Result<std::shared_ptr<Checkpoint>> open(const std::string& handle, const std::string& path,
                                           std::unique_ptr<Arrival> arrival);
  Result<std::string> resolve(const std::string& handle, Coming* coming);
  Status ask(const Interface& source, const std::string& handle, std::string& path, Coming* coming);
  Config config_;
  Environment environment_;
  FetchCallbacks fetch_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<PluginRegistry> registry_;
  OpenDevices open_devices_;
};

}  // namespace weft
