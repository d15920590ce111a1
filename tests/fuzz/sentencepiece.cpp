// Any bytes as tokenizer.model: refused, or a tokenizer that encodes and decodes.
#include "core/text/tokenizer_files.hpp"
#include "tests/fuzz/tokenizer_use.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  weft::TokenizerFiles files;
  files.model.assign(reinterpret_cast<const char*>(data), size);
  weft::use_tokenizer(weft::Tokenizer::from_files(files));
  return 0;
}
