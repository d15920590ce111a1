#include "core/plugins/registry.hpp"

#include "core/base/error.hpp"
#include "core/base/json_view.hpp"
#include "core/base/status_abi.hpp"
#include "core/plugins/library.hpp"
#include "core/plugins/trust.hpp"

namespace weft {

PluginRegistry::PluginRegistry(Host& host, RegistryOptions options)
    : host_(host), config_(std::move(options.config)), insecure_(options.environment.insecure) {
  for (std::size_t i = 0; i < options.static_plugins.size(); ++i) {
    Candidate c;
    c.manifest.id = fmt::format("static plugin {}", i);
    candidates_.push_back(std::move(c));
    queries_.push_back(options.static_plugins[i]);
  }
  for (Candidate& c : discover(options.folders, config_, options.environment)) {
    candidates_.push_back(std::move(c));
    queries_.push_back(nullptr);
  }
  loaded_.resize(candidates_.size());
  if (insecure_) {
    host_.log(WEFT_LOG_WARN, "plugins", "WEFT_PLUGINS_INSECURE is set: owners and modes are not checked");
  }
}

PluginRegistry::~PluginRegistry() {
  for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
    Loaded& l = *loaded_[*it];
    try {
      l.table->shutdown(l.self);
    } catch (...) {
    }
  }
}

Status PluginRegistry::load(Candidate& candidate, weft_plugin_query_fn query, Loaded& out) {
  const weft_plugin* table = nullptr;
  try {
    table = query(WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
  } catch (...) {
    return error(Code::kInternal, "its query function threw an exception");
  }
  if (table == nullptr) {
    return error(Code::kFailedPrecondition, "does not serve ABI {}.{}", WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
  }
  if (!WEFT_HAS(table, weft_plugin, get_interface) || table->init == nullptr || table->shutdown == nullptr ||
      table->get_interface == nullptr) {
    return error(Code::kFailedPrecondition, "its plugin table has {} bytes, expected {}", table->hdr.struct_size,
                 WEFT_END(weft_plugin, get_interface));
  }
  if (table->abi_major != WEFT_ABI_MAJOR || table->abi_minor != WEFT_ABI_MINOR) {
    return error(Code::kFailedPrecondition, "was built for ABI {}.{}, this is {}.{}", table->abi_major,
                 table->abi_minor, WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
  }
  const std::string id(to_view(table->id));
  if (query == nullptr || candidate.manifest_path.empty()) {
    candidate.manifest.id = id;
    candidate.manifest.version = std::string(to_view(table->version));
  } else if (id != candidate.manifest.id) {
    return error(Code::kFailedPrecondition, "calls itself {}, its manifest says {}", id, candidate.manifest.id);
  }
  const Json* options = nullptr;
  if (auto it = config_.options.find(id); it != config_.options.end()) options = &*it;
  const weft_json view = make_json_view(options);
  try {
    WEFT_CHECK_OK(from_abi(table->init(host_.table(), &view, &out.self)).with_context("init"));
  } catch (...) {
    return error(Code::kInternal, "its init function threw an exception");
  }
  out.table = table;
  return {};
}

Status PluginRegistry::open(Candidate& c, Loaded& out) {
  if (c.manifest.abi_major != WEFT_ABI_MAJOR || c.manifest.abi_minor != WEFT_ABI_MINOR) {
    return error(Code::kFailedPrecondition, "its manifest says ABI {}.{}, this is {}.{}", c.manifest.abi_major,
                 c.manifest.abi_minor, WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
  }
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
  return load(c, query, out);
}

std::vector<Interface> PluginRegistry::interfaces(std::string_view interface_id, uint32_t least_size) {
  std::lock_guard lock(mutex_);
  std::vector<Interface> found;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    Candidate& c = candidates_[i];
    if (c.state == PluginState::kFound && (queries_[i] || c.manifest.offers(interface_id))) {
      auto loaded = std::make_unique<Loaded>();
      Status s = queries_[i] ? load(c, queries_[i], *loaded) : open(c, *loaded);
      if (!s.ok()) {
        c.state = PluginState::kRefused;
        c.reason = std::string(s.message());
        host_.log(WEFT_LOG_WARN, "plugins", c.manifest.id + " is refused: " + c.reason);
        continue;
      }
      c.state = PluginState::kLoaded;
      loaded_[i] = std::move(loaded);
      order_.push_back(i);
    }
    if (c.state != PluginState::kLoaded) continue;
    for (uint32_t n = 0; n < 1024; ++n) {
      const void* table = nullptr;
      try {
        table = loaded_[i]->table->get_interface(loaded_[i]->self, to_str(interface_id), n);
      } catch (...) {
      }
      if (table == nullptr) break;
      const auto size = static_cast<const weft_hdr*>(table)->struct_size;
      if (size < least_size) {
        c.state = PluginState::kRefused;
        c.reason = fmt::format("its table of {} has {} bytes, expected {}", interface_id, size, least_size);
        break;
      }
      found.push_back({c.manifest.id, table, loaded_[i]->self});
    }
  }
  return found;
}

std::vector<Candidate> PluginRegistry::report() const {
  std::lock_guard lock(mutex_);
  return candidates_;
}

}  // namespace weft
