// Any text as tokenizer.json: refused, or a tokenizer that encodes and decodes.
#include "core/text/tokenizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  auto t = weft::Tokenizer::from_json({reinterpret_cast<const char*>(data), size});
  if (!t.ok()) return 0;
  for (const char* text : {"Hello  wörld 123\n<s>", "\xff\xf0\x9f", ""}) {
    auto ids = t->encode(text);
    if (ids.ok()) (void)t->decode(*ids);
  }
  const std::int32_t odd[] = {0, -1, INT32_MAX, t->vocab_size()};
  (void)t->decode(odd, true);
  return 0;
}
