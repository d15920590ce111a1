// The plugins of a process. They are found at once, and opened when one of their interfaces is asked for.
#pragma once

#include <functional>
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
  std::vector<weft_plugin_query_fn> static_plugins;  // linked into the host; they come before all folders
};

/// A table that a plugin offers. `self` is passed to its functions.
struct Interface {
  std::string plugin_id;
  const void* table = nullptr;
  void* self = nullptr;
  int64_t preference = 0;
};

/// Finds, opens and shuts down plugins. A broken plugin is refused with a reason and stops no other. [any-thread]
class PluginRegistry {
 public:
  PluginRegistry(Host& host, RegistryOptions options);
  ~PluginRegistry();  // shuts plugins down in reverse order of loading; libraries stay mapped
  PluginRegistry(const PluginRegistry&) = delete;
  PluginRegistry& operator=(const PluginRegistry&) = delete;

  /// All tables of an interface. Opens the plugins whose manifests promise the interface and that are `wanted` (null:
  /// all are); static plugins are always asked. A plugin that gives a table shorter than `least_size` or weft_interface
  /// is refused, and none of its tables are returned; tables returned by earlier calls stay valid.
  std::vector<Interface> interfaces(std::string_view interface_id, uint32_t least_size,
                                    const std::function<bool(const Manifest&)>& wanted = nullptr);
  std::vector<Candidate> report() const;
  /// Why the plugins that promise `name` do not give it: "; ID offers it and is refused: ..." for each; else "".
  std::string why_missing(std::string_view interface_id, std::string_view name) const;

 private:
  struct Loaded {
    const weft_plugin* table = nullptr;
    void* self = nullptr;
  };
  void add_static(weft_plugin_query_fn query);
  bool found_before(std::size_t end, std::string_view id) const;  // among the first `end` candidates
  void refuse(Candidate& candidate, const Status& why);
  Status init(const weft_plugin* table, Loaded& out);
  Status open(Candidate& candidate, Loaded& out);
  Status load(std::size_t i);
  static Status append_tables(const Loaded& loaded, std::string_view interface_id, uint32_t least_size,
                              int64_t preference, std::vector<Interface>& all);

  Host& host_;
  Config config_;
  bool insecure_;
  mutable std::mutex mutex_;
  std::vector<Candidate> candidates_;
  std::vector<const weft_plugin*> static_tables_;  // by candidate; null: it is a library, or was refused
  std::vector<std::unique_ptr<Loaded>> loaded_;    // by candidate
  std::vector<std::size_t> order_;
};

}  // namespace weft
