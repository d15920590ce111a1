// The plugins of a process: found at once, opened when an interface of theirs is asked for.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/plugins/discovery.hpp"
#include "core/plugins/host.hpp"
#include "weft/abi/plugin.h"

namespace weft {

struct RegistryOptions {
  std::vector<std::string> folders;  // searched first
  Config config;
  Environment environment;
  std::vector<weft_plugin_query_fn> static_plugins;  // linked into the host; before all folders
};

/// A table that a plugin offers. `self` goes to its functions.
struct Interface {
  std::string plugin_id;
  const void* table = nullptr;
  void* self = nullptr;
};

/// [any-thread] A broken plugin is refused with a reason and stops nobody else.
class PluginRegistry {
 public:
  PluginRegistry(Host& host, RegistryOptions options);
  ~PluginRegistry();  // shutdown in reverse order of loading; libraries stay mapped
  PluginRegistry(const PluginRegistry&) = delete;
  PluginRegistry& operator=(const PluginRegistry&) = delete;

  /// All tables of an interface, opening the plugins whose manifests promise it. Tables shorter
  /// than `least_size` are left out and their plugin refused.
  std::vector<Interface> interfaces(std::string_view interface_id, uint32_t least_size);
  std::vector<Candidate> report() const;

 private:
  struct Loaded {
    const weft_plugin* table;
    void* self;
  };
  Status load(Candidate& candidate, weft_plugin_query_fn query, Loaded& out);
  Status open(Candidate& candidate, Loaded& out);

  Host& host_;
  Config config_;
  bool insecure_;
  mutable std::mutex mutex_;
  std::vector<Candidate> candidates_;
  std::vector<weft_plugin_query_fn> queries_;  // of static plugins, by candidate; null: a library
  std::vector<std::unique_ptr<Loaded>> loaded_;  // by candidate
  std::vector<std::size_t> order_;
};

}  // namespace weft
