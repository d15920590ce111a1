// WEFT_PLUGIN: the one exported symbol of a plugin and its table, from a class like this one:
//
//   struct Acme {
//     static constexpr std::string_view kId = "com.acme.llm", kVersion = "1.0.0", kVendor = "Acme";
//     explicit Acme(const weft::sdk::Json& options);            // throws to refuse them; one object for each host
//                                                               // or Acme(): all options are refused by name
//     const void* interface(std::string_view id, uint32_t n);   // the n-th table of `id`, or null
//   };
//   WEFT_PLUGIN(Acme)
#pragma once

#include <memory>
#include <string>
#include <type_traits>

#include "weft/sdk/error.hpp"
#include "weft/sdk/json.hpp"

namespace weft::sdk {

/// A plugin of class P, whose constructor says whether it has options.
template <class P>
P made_with(const Json& options) {
  if constexpr (std::is_constructible_v<P, const Json&>) {
    return P(options);
  } else {
    if (options.size() > 0) refuse("unknown option \"" + std::string(options.key(0)) + "\": the plugin has none");
    return P();
  }
}

/// What init makes: the plugin's object, and the host it serves.
template <class P>
struct Initialised {
  Initialised(const weft_host* h, const Json& options) : host(h), plugin(made_with<P>(options)) {}
  const weft_host* host;
  P plugin;
};

template <class P>
const weft_plugin* plugin_table(uint32_t host_major, uint32_t host_minor) noexcept {
  static const weft_plugin table = {
      WEFT_HDR(weft_plugin, get_interface),
      WEFT_ABI_MAJOR,
      WEFT_ABI_MINOR,
      str(P::kId),
      str(P::kVersion),
      str(P::kVendor),
      [](const weft_host* h, const weft_json* options, void** self) noexcept -> weft_status* {
        return guard(h, [&] { *self = new Initialised<P>(h, Json(options)); });
      },
      [](void* self) noexcept {
        auto* it = static_cast<Initialised<P>*>(self);
        const Entry entry(it->host);
        delete it;
      },
      [](void* self, weft_str id, uint32_t n) noexcept -> const void* {
        auto* it = static_cast<Initialised<P>*>(self);
        const Entry entry(it->host);
        try {
          return it->plugin.interface(view(id), n);
        } catch (...) {
          return nullptr;
        }
      }};
  if (host_major != WEFT_ABI_MAJOR || host_minor < WEFT_ABI_MINOR) return nullptr;
  return &table;
}

}  // namespace weft::sdk

#define WEFT_PLUGIN(Class)                                                            \
  extern "C" __attribute__((visibility("default"))) const weft_plugin*                \
  weft_plugin_query_v1(uint32_t host_major, uint32_t host_minor) {                    \
    return ::weft::sdk::plugin_table<Class>(host_major, host_minor);                  \
  }
