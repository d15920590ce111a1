#include "core/plugins/registry.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include "core/base/error.hpp"
#include "core/base/json_view.hpp"
#include "core/base/status_abi.hpp"
#include "core/plugins/library.hpp"
#include "core/plugins/trust.hpp"

namespace weft {

const Interface* find_named(const std::vector<Interface>& all, std::string_view name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Interface& i) { return i.name == name && i.behind.empty(); });
  return found != all.end() ? &*found : nullptr;
}

namespace {

struct NamedInterface {
  weft_interface head;
  weft_str name;
};

/// Calls a plugin's query function and checks its table as far as that is possible before init.
Result<const weft_plugin*> query_table(weft_plugin_query_fn query) {
  if (query == nullptr) return invalid("its query function is null");
  const weft_plugin* table = nullptr;
  WEFT_CHECK_OK(catch_thrown("query", [&] { table = query(WEFT_ABI_MAJOR, WEFT_ABI_MINOR); }));
  if (table == nullptr) {
    return error(Code::kFailedPrecondition, "does not serve ABI {}.{}", WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
  }
  if (!WEFT_HAS(table, weft_plugin, get_interface)) {
    return error(Code::kFailedPrecondition, "its plugin table has {} bytes, expected {}", table->hdr.struct_size,
                 WEFT_END(weft_plugin, get_interface));
  }
  if (!Manifest::serves(table->abi_major, table->abi_minor)) {
    return error(Code::kFailedPrecondition, "was built for ABI {}.{}, this is {}.{}", table->abi_major,
                 table->abi_minor, WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
  }
  if (table->init == nullptr || table->shutdown == nullptr || table->get_interface == nullptr) {
    return error(Code::kFailedPrecondition, "its plugin table lacks init, shutdown or get_interface");
  }
  return table;
}

}  // namespace

PluginRegistry::PluginRegistry(Host& host, RegistryOptions options)
    : host_(host), config_(std::move(options.config)), insecure_(options.environment.insecure),
      breaches_(std::move(options.breaches)) {
  if (!breaches_ && options.environment.validate) {
    breaches_ = [this](std::string_view plugin, std::string_view rule, std::string_view what) {
      host_.log(WEFT_LOG_ERROR, plugin, fmt::format("breaks {}: {}", rule, what));
    };
  }
  for (weft_plugin_query_fn query : options.static_plugins) add_static(query);
  const std::size_t statics = candidates_.size();
  for (Candidate& c : discover(options.folders, config_, options.environment)) {
    if (c.state == PluginState::kFound && found_before(statics, c.manifest.id)) {
      c.state = PluginState::kShadowed;
      c.reason = "a plugin linked into the program has the id";
    }
    if (c.state == PluginState::kRefused) {
      host_.log(WEFT_LOG_INFO, "plugins", c.manifest.id + " is refused: " + c.reason);
    }
    candidates_.push_back(std::move(c));
  }
  static_tables_.resize(candidates_.size());
  loaded_.resize(candidates_.size());
  order_.reserve(candidates_.size());  // so that every plugin that was initialised is also shut down
  if (insecure_) {
    host_.log(WEFT_LOG_WARN, "plugins", "WEFT_PLUGINS_INSECURE is set: owners and modes are not checked");
  }
}

void PluginRegistry::add_static(weft_plugin_query_fn query) {
  Candidate c;
  c.manifest.id = fmt::format("static plugin {}", candidates_.size());
  c.manifest.preference = Manifest::kMostPreferred;  // whoever links it wants it
  const auto table = query_table(query);
  if (!table.ok()) {
    refuse(c, table.status());
  } else {
    c.manifest.id = std::string(to_view((*table)->id));
    c.manifest.version = std::string(to_view((*table)->version));
    disable_by_config(c, config_);
    if (c.state == PluginState::kFound && found_before(candidates_.size(), c.manifest.id)) {
      c.state = PluginState::kShadowed;
      c.reason = "a plugin linked into the program earlier has the id";
    }
  }
  candidates_.push_back(std::move(c));
  static_tables_.push_back(table.ok() ? *table : nullptr);
}

bool PluginRegistry::found_before(std::size_t end, std::string_view id) const {
  return std::any_of(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(end),
                     [&](const Candidate& c) { return c.state == PluginState::kFound && c.manifest.id == id; });
}

void PluginRegistry::refuse(Candidate& candidate, const Status& why) {
  candidate.state = PluginState::kRefused;
  candidate.reason = std::string(why.message());
  host_.log(WEFT_LOG_WARN, "plugins", candidate.manifest.id + " is refused: " + candidate.reason);
  for (Candidate& c : candidates_) {  // the next one of its id takes its place
    if (c.state != PluginState::kShadowed || c.manifest.id != candidate.manifest.id) continue;
    c.state = PluginState::kFound;
    c.reason.clear();
    return;
  }
}

PluginRegistry::~PluginRegistry() {
  for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
    const Loaded& l = *loaded_[*it];
    try {
      const Status s = catch_thrown("shutdown", [&] { l.table->shutdown(l.self); });
      if (!s.ok()) host_.log(WEFT_LOG_WARN, to_view(l.table->id), s.message());
      if (l.watched) l.watched->end();
    } catch (const std::bad_alloc&) {  // it is not told
    }
  }
}

Status PluginRegistry::init(const weft_plugin* table, Loaded& out) {
  Json options;
  const DrainAtEnd drain(options);
  const auto given = config_.options.find(std::string(to_view(table->id)));
  if (given != config_.options.end()) {
    WEFT_TRY(options, parse_json(given->second));
  }
  const weft_json view = make_json_view(given != config_.options.end() ? &options : nullptr);
  weft_status* failed = nullptr;
  const weft_host* lent = host_.table();
  if (breaches_) {
    watched_.push_back(std::make_unique<WatchedHost>(host_, std::string(to_view(table->id)), breaches_));
    out.watched = watched_.back().get();
    lent = out.watched->table();
  }
  Status made = catch_thrown("init", [&] { failed = table->init(lent, &view, &out.self); });
  if (Status said = from_abi(failed).with_context("init"); made.ok()) made = said;
  if (!made.ok() && out.watched != nullptr) out.watched->end();
  WEFT_CHECK_OK(made);
  out.table = table;
  return {};
}

Status PluginRegistry::open(Candidate& c, Loaded& out) {
  WEFT_TRY(const std::string path, trusted_path(c.library_path, insecure_));
  std::string expected = c.manifest.sha256;
  if (auto pin = config_.pin.find(c.manifest.id); pin != config_.pin.end()) expected = pin->second;
  if (!expected.empty()) {
    WEFT_TRY(const std::string actual, sha256_of_file(path));
    if (actual != expected) {
      return error(Code::kPermissionDenied, "{} has the sha256 {}, expected {}", path, actual, expected);
    }
  }
  WEFT_TRY(const weft_plugin_query_fn query, open_plugin_library(path));
  WEFT_TRY(const weft_plugin* table, query_table(query));
  if (to_view(table->id) != c.manifest.id) {
    return error(Code::kFailedPrecondition, "calls itself {}, its manifest says {}", to_view(table->id), c.manifest.id);
  }
  return init(table, out);
}

std::string lack_of_table(const void* table, const InterfaceKind& kind) {
  const uint32_t size = static_cast<const weft_hdr*>(table)->struct_size;
  const uint32_t least = std::max(kind.least_size, kind.named ? WEFT_END(NamedInterface, name)
                                                              : WEFT_END(weft_interface, get_extension));
  if (size < least) return fmt::format("has {} bytes, expected {}", size, least);
  if (kind.named && to_view(static_cast<const NamedInterface*>(table)->name).empty()) return "has no name";
  for (const InterfaceKind::Function& f : kind.required) {
    void (*function)() = nullptr;
    std::memcpy(&function, static_cast<const char*>(table) + f.offset, sizeof function);
    if (function == nullptr) return fmt::format("has no function {}", f.name);
  }
  return "";
}

Status PluginRegistry::append_tables(const Loaded& loaded, const InterfaceKind& kind, int64_t preference,
                                     std::vector<Interface>& all) {
  std::vector<Interface> found;
  for (uint32_t n = 0; n < 1024; ++n) {
    const void* table = nullptr;
    WEFT_CHECK_OK(catch_thrown(fmt::format("get_interface of {}", kind.id), [&] {
      table = loaded.table->get_interface(loaded.self, to_str(kind.id), n);
    }));
    if (table == nullptr) break;
    if (const std::string lack = lack_of_table(table, kind); !lack.empty())
      return error(Code::kFailedPrecondition, "its table of {} {}", kind.id, lack);
    Interface& i = found.emplace_back();
    i.plugin_id = to_view(loaded.table->id);
    i.table = table, i.self = static_cast<const weft_interface*>(table)->self, i.preference = preference;
    i.watched = loaded.watched;
    if (kind.named) i.name = to_view(static_cast<const NamedInterface*>(table)->name);
  }
  all.insert(all.end(), found.begin(), found.end());
  return {};
}

std::optional<Interface> PluginRegistry::named(const InterfaceKind& kind, const std::string& name,
                                               std::vector<Interface>* asked) {
  std::vector<Interface> found = interfaces(kind, [&](const Manifest& m) { return m.offers(kind.id, name); });
  if (find_named(found, name) == nullptr) found = interfaces(kind);
  const Interface* const named = find_named(found, name);
  const std::optional<Interface> result = named != nullptr ? std::optional(*named) : std::nullopt;
  if (asked != nullptr) *asked = std::move(found);
  return result;
}

void PluginRegistry::tell_once(const std::string& what) {
  if (told_.insert(what).second) host_.log(WEFT_LOG_WARN, "plugins", what);
}

void PluginRegistry::compare_with_manifest(const Candidate& c, const InterfaceKind& kind,
                                           const std::vector<Interface>& tables) {
  for (const Manifest::Provided& p : c.manifest.provides) {
    if (!kind.named || p.interface_id != kind.id || p.name.empty()) continue;
    if (std::none_of(tables.begin(), tables.end(), [&](const Interface& i) { return i.name == p.name; }))
      tell_once(fmt::format("{}: its manifest promises {} {}, which it does not give", c.manifest.id, kind.id, p.name));
  }
}

/// `found` is by candidate.
void PluginRegistry::order_twins(const InterfaceKind& kind, std::vector<std::vector<Interface>>& found) {
  const auto rank = [&](std::size_t i) { return static_tables_[i] != nullptr ? 0 : candidates_[i].own ? 1 : 2; };
  std::map<std::string, std::size_t> first;  // by name: the candidate that goes before the others
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const Interface& table : found[i]) {
      const auto [at, fresh] = first.emplace(table.name, i);
      if (!fresh && rank(i) < rank(at->second)) at->second = i;
    }
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (Interface& table : found[i]) {
      const std::size_t before = first[table.name];
      if (before == i) continue;
      table.behind = candidates_[before].manifest.id;
      tell_once(fmt::format("{} and {} both have {} {}; that of {} is used (plugins.disable takes one away)",
                            table.behind, table.plugin_id, kind.id, table.name, table.behind));
    }
  }
}

std::vector<Interface> PluginRegistry::interfaces(const InterfaceKind& kind,
                                                  const std::function<bool(const Manifest&)>& wanted) {
  std::lock_guard lock(mutex_);
  std::vector<std::vector<Interface>> found(candidates_.size());  // by candidate
  std::vector<bool> asked(candidates_.size());
  // A refused plugin gives its place to one that it has shadowed, which may stand before it.
  for (bool refused = true; refused;) {
    refused = false;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      Candidate& c = candidates_[i];
      const bool promised = c.manifest.offers(kind.id) && (!wanted || wanted(c.manifest));
      if (asked[i] || !(promised || static_tables_[i] != nullptr)) continue;
      Status s = load(i);
      if (s.ok() && c.state == PluginState::kLoaded) {
        asked[i] = true;
        s = append_tables(*loaded_[i], kind, c.manifest.preference, found[i]);
        if (s.ok()) compare_with_manifest(c, kind, found[i]);
      }
      if (s.ok()) continue;
      refuse(c, s);
      refused = true;
    }
  }
  if (kind.named) order_twins(kind, found);
  std::vector<Interface> all;
  for (const auto& tables : found) all.insert(all.end(), tables.begin(), tables.end());
  return all;
}

/// Opens a candidate that was only found so far.
Status PluginRegistry::load(std::size_t i) {
  Candidate& c = candidates_[i];
  if (c.state != PluginState::kFound) return {};
  auto loaded = std::make_unique<Loaded>();
  WEFT_CHECK_OK(static_tables_[i] ? init(static_tables_[i], *loaded) : open(c, *loaded));
  c.state = PluginState::kLoaded;
  loaded_[i] = std::move(loaded);
  order_.push_back(i);
  return {};
}

std::string PluginRegistry::why_missing(std::string_view interface_id, std::string_view name) const {
  std::lock_guard lock(mutex_);
  std::string why;
  for (const Candidate& c : candidates_) {
    if (c.reason.empty() || c.state == PluginState::kLoaded || !c.manifest.offers(interface_id, name)) continue;
    why += fmt::format("; {} offers it and is {}: {}", c.manifest.id, text(c.state), c.reason);
  }
  return why;
}

std::vector<Candidate> PluginRegistry::report() const {
  std::lock_guard lock(mutex_);
  return candidates_;
}

}  // namespace weft
