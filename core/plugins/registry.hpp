// The plugins of a process. They are found at once, and opened when one of their interfaces is asked for.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugins/discovery.hpp"
#include "core/plugins/host.hpp"
#include "core/plugins/watched_host.hpp"
#include "weft/abi/plugin.h"

namespace weft {

struct RegistryOptions {
  std::vector<std::string> folders;  // searched first
  Config config;
  Environment environment;
  std::vector<weft_plugin_query_fn> static_plugins;  // linked into the host; they come before all folders
  BreachSink breaches;  // where set, plugins are held to the rules of the ABI, as with WEFT_VALIDATE=1, and it is told
};

/// What the host needs of the tables of an interface, which begin as weft_interface.
struct InterfaceKind {
  struct Function {
    const char* name;
    std::size_t offset;
  };
  std::string_view id;
  uint32_t least_size = 0;
  bool named = false;              // behind weft_interface stands a weft_str, which is not empty
  std::vector<Function> required;  // are not NULL
};

/// What a table lacks that `kind` asks for ("has no function open"); empty: nothing.
std::string lack_of_table(const void* table, const InterfaceKind& kind);

/// A table that a plugin offers. `self` is passed to its functions.
struct Interface {
  std::string plugin_id;
  const void* table = nullptr;
  void* self = nullptr;
  int64_t preference = 0;
  std::string name;    // empty where tables have none
  WatchedHost* watched = nullptr;  // of the plugin; null: there is no validation
  std::string behind;  // the plugin whose table of this name goes before it; empty: none
};

/// The table of this name that goes before the others; null: there is none.
const Interface* find_named(const std::vector<Interface>& all, std::string_view name);

/// Finds, opens and shuts down plugins. A broken plugin is refused with a reason and stops no other. [any-thread]
class PluginRegistry {
 public:
  PluginRegistry(Host& host, RegistryOptions options);
  ~PluginRegistry();  // shuts plugins down in reverse order of loading; libraries stay mapped
  PluginRegistry(const PluginRegistry&) = delete;
  PluginRegistry& operator=(const PluginRegistry&) = delete;

  /// All tables of an interface. Opens the plugins whose manifests promise the interface and that are `wanted` (null:
  /// all are); static plugins are always asked. A plugin that gives a table that lacks what `kind` says is refused, and
  /// none of its tables are returned; tables returned by earlier calls stay valid. Of plugins with tables of one name a
  /// static one goes before those of weft's own folders, and these before others. The log tells of them, and of names
  /// that a manifest promises and no table has.
  std::vector<Interface> interfaces(const InterfaceKind& kind,
                                    const std::function<bool(const Manifest&)>& wanted = nullptr);
  /// The table of this name that goes before the others. Opens the plugins whose manifests name it; where none of them
  /// has it, all that promise the interface, as a manifest need not name its tables. `asked`, if given, gets the tables
  /// of those that were opened last.
  std::optional<Interface> named(const InterfaceKind& kind, const std::string& name,
                                 std::vector<Interface>* asked = nullptr);
  std::vector<Candidate> report() const;
  /// Why the plugins that promise `name` do not give it: "; ID offers it and is refused: ..." for each; else "".
  std::string why_missing(std::string_view interface_id, std::string_view name) const;

 private:
  struct Loaded {
    const weft_plugin* table = nullptr;
    void* self = nullptr;
    WatchedHost* watched = nullptr;  // null: there is no validation
  };
  void add_static(weft_plugin_query_fn query);
  bool found_before(std::size_t end, std::string_view id) const;  // among the first `end` candidates
  void refuse(Candidate& candidate, const Status& why);
  Status init(const weft_plugin* table, Loaded& out);
  Status open(Candidate& candidate, Loaded& out);
  Status load(std::size_t i);
  static Status append_tables(const Loaded& loaded, const InterfaceKind& kind, int64_t preference,
                              std::vector<Interface>& all);
  void compare_with_manifest(const Candidate& candidate, const InterfaceKind& kind,
                             const std::vector<Interface>& tables);
  void order_twins(const InterfaceKind& kind, std::vector<std::vector<Interface>>& found);
  void tell_once(const std::string& what);

  Host& host_;
  Config config_;
  bool insecure_;
  BreachSink breaches_;  // empty: there is no validation
  std::vector<std::unique_ptr<WatchedHost>> watched_;  // of plugins that were made ready, or refused to be
  mutable std::mutex mutex_;
  std::vector<Candidate> candidates_;
  std::vector<const weft_plugin*> static_tables_;  // by candidate; null: it is a library, or was refused
  std::vector<std::unique_ptr<Loaded>> loaded_;    // by candidate
  std::vector<std::size_t> order_;
  std::set<std::string> told_;
};

}  // namespace weft
