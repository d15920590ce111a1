// A plugin table written by hand, without the SDK's trampolines, so that a source can break it in
// one place. As it is, it takes no options and offers one empty table of test.thing/0.
#pragma once

#include <cstring>

#include "weft/abi/plugin.h"

#define TEST_PLUGIN_QUERY                                                  \
  extern "C" __attribute__((visibility("default"))) const weft_plugin*     \
  weft_plugin_query_v1([[maybe_unused]] uint32_t host_major, [[maybe_unused]] uint32_t host_minor)

namespace test_plugin {

template <uint64_t N>
constexpr weft_str text(const char (&literal)[N]) {
  return {literal, N - 1};
}

inline bool is(weft_str a, weft_str b) { return a.size == b.size && std::memcmp(a.data, b.data, a.size) == 0; }

inline weft_status* init(const weft_host* host, const weft_json* options, void** self) {
  *self = nullptr;
  if (options->size(options->root) == 0) return nullptr;
  return host->status_new(host->ctx, WEFT_INVALID_ARGUMENT, options->key(options->root, 0));
}
inline void shutdown(void*) {}
inline const void* get_interface(void*, weft_str id, uint32_t n) {
  static const weft_interface offered = {{WEFT_END(weft_interface, get_extension), 0}, nullptr, nullptr};
  return is(id, text("test.thing/0")) && n == 0 ? &offered : nullptr;
}

template <uint64_t N>
weft_plugin table(const char (&id)[N]) {
  return {{WEFT_END(weft_plugin, get_interface), 0}, WEFT_ABI_MAJOR, WEFT_ABI_MINOR, text(id), text("1.0.0"),
          text("tests"), init, shutdown, get_interface};
}

}  // namespace test_plugin
