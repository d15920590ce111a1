// Any text as a plugin's manifest; its library is a plain file name.
#include <cstdlib>

#include "core/plugins/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  auto m = weft::parse_manifest({reinterpret_cast<const char*>(data), size});
  if (m.ok() && (m->library.empty() || m->library.find('/') != std::string::npos || m->library == "..")) std::abort();
  return 0;
}
