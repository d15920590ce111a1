// Any bytes as the start of a weight file: the length of its header is the same however much of the file is there.
#include <cstdlib>

#include "hub/header.hpp"

using namespace weft::hub;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  for (const HeaderLength length : {HeaderLength{safetensors_header}, HeaderLength{gguf_header}}) {
    const auto whole = length(all);
    if (!whole.ok() || !*whole) continue;
    for (std::size_t n = 0; n < size; n += 1 + size / 16) {
      const auto part = length(all.substr(0, n));
      if (!part.ok() || (*part && **part != **whole)) std::abort();
    }
  }
  return 0;
}
