// Any text as weft.json: refused, or read with numbers in their ranges.
#include <cstdlib>

#include "core/plugins/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  auto config = weft::parse_config({reinterpret_cast<const char*>(data), size}, "weft.json");
  if (config.ok() && (config->threads < 0 || config->context < 0)) std::abort();
  return 0;
}
