// Opens bytes as a file of the format plugin that is linked in, as the host does, and decodes the small tensors found.
#pragma once

#include <cstdlib>

#include "core/base/json_view.hpp"
#include "core/plugins/host.hpp"
#include "core/weights/fake_plugins.hpp"
#include "core/weights/row_map.hpp"

extern "C" const weft_plugin* weft_plugin_query_v1(uint32_t host_major, uint32_t host_minor);

namespace weft::fuzz {

inline void open_bytes(const std::string& name, const uint8_t* data, std::size_t size) {
  static Host host(1, nullptr);
  static const Interface format = [] {
    const weft_plugin* plugin = weft_plugin_query_v1(WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
    const weft_json options = make_json_view(nullptr);
    void* self = nullptr;
    if (!from_abi(plugin->init(host.table(), &options, &self)).ok()) std::abort();
    const auto* table =
        static_cast<const weft_interface*>(plugin->get_interface(self, to_str(WEFT_FORMAT_INTERFACE), 0));
    return Interface{"fuzz", table, table->self};
  }();
  static const testing_weights::TempFolder folder;
  const std::string path = folder.write(name, {reinterpret_cast<const char*>(data), size});
  auto c = Checkpoint::open(path, {format}, host.dtypes());
  if (!c.ok()) {
    if (c.status().message().find('\n') != std::string_view::npos) std::abort();  // messages are one line
    return;
  }
  for (uint32_t i = 0; i < (*c)->tensors().size(); ++i) {
    const StoredTensor& t = (*c)->tensors()[i];
    if (t.rows() * t.cols() > (1u << 16)) continue;
    Expression leaf;
    leaf.stored = i, leaf.dims = t.dims;
    (void)evaluate(leaf, **c);
  }
}

}  // namespace weft::fuzz
