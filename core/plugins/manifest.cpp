#include "core/plugins/manifest.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/plugins/trust.hpp"
#include "weft/abi/base.h"

namespace weft {

bool Manifest::serves(int64_t major, int64_t minor) {
  return major == int64_t{WEFT_ABI_MAJOR} && minor >= int64_t{WEFT_ABI_LEAST_MINOR} &&
         minor <= int64_t{WEFT_ABI_MINOR};
}

bool Manifest::offers(std::string_view interface_id) const {
  return std::any_of(provides.begin(), provides.end(),
                     [&](const Provided& p) { return p.interface_id == interface_id; });
}

bool Manifest::offers(std::string_view interface_id, std::string_view name) const {
  return std::any_of(provides.begin(), provides.end(),
                     [&](const Provided& p) { return p.interface_id == interface_id && p.name == name; });
}

Result<Manifest> parse_manifest(std::string_view text) {
  WEFT_TRY(Json root, parse_json(text, {.max_bytes = 1 << 20, .max_depth = 16}));
  const DrainAtEnd drain(root);
  if (!root.is_object()) return invalid("the manifest is not an object");
  auto string = [&](const Json& object, const char* key) {
    auto it = object.find(key);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  auto integer = [](const Json& object, const char* key) {
    auto it = object.find(key);
    return it != object.end() && it->is_number_integer() ? it->get<int64_t>() : int64_t{-1};
  };
  if (integer(root, "manifest") != 1) return invalid("\"manifest\" is not 1");
  Manifest m;
  m.id = string(root, "id");
  m.version = string(root, "version");
  m.library = string(root, "library");
  if (m.id.empty() || m.id.size() > 256) return invalid("\"id\" is missing");
  if (m.library.empty() || m.library.find('/') != std::string::npos || m.library == "..") {
    return invalid("\"library\" is \"{}\", expected a plain file name", m.library);
  }
  if (root.contains("sha256")) {  // a malformed sha256 must not pass as none
    auto sha256 = parse_sha256(string(root, "sha256"));
    if (!sha256.ok()) return sha256.status().with_context("\"sha256\"");
    m.sha256 = std::move(*sha256);
  }
  const auto abi = root.find("abi");
  if (abi == root.end() || !abi->is_object()) return invalid("\"abi\" is missing");
  m.abi_major = integer(*abi, "major");
  m.abi_minor = integer(*abi, "minor");
  if (m.abi_major < 0 || m.abi_minor < 0) return invalid("\"abi\" has no integers \"major\" and \"minor\"");
  if (root.contains("preference")) {
    m.preference = integer(root, "preference");
    if (m.preference < 0 || m.preference > Manifest::kMostPreferred)
      return invalid("\"preference\" is no integer from 0 to {}", Manifest::kMostPreferred);
  }
  const auto provides = root.find("provides");
  if (provides == root.end() || !provides->is_array()) return invalid("\"provides\" is not a list");
  for (const Json& item : *provides) {
    if (!item.is_object()) return invalid("\"provides\" has an entry that is no object");
    m.provides.push_back({string(item, "interface"), string(item, "name")});
    if (m.provides.back().interface_id.empty()) return invalid("\"provides\" has an entry without an \"interface\"");
  }
  return m;
}

}  // namespace weft
