// Any text as tokenizer.json: refused, or a tokenizer that encodes and decodes.
#include "tests/fuzz/tokenizer_use.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  weft::use_tokenizer(weft::Tokenizer::from_json({reinterpret_cast<const char*>(data), size}));
  return 0;
}
