// Any bytes as model.safetensors: refused in one line, or decoded within the file.
#include "tests/fuzz/format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  weft::fuzz::open_bytes("model.safetensors", data, size);
  return 0;
}
