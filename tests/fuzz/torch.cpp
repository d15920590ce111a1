// Any bytes as pytorch_model.bin: refused in one line, or decoded within the file. Bytes that begin like no checkpoint
// become the data.pkl of an archive, so that the fuzzer need not find the pickle through the zip's offsets.
#include "tests/fuzz/format.hpp"
#include "tests/zip_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const bool whole = bytes.starts_with("PK") || bytes.starts_with("\x80\x02\x8a\x0a");
  const std::string file =
      whole ? bytes : weft::testing_files::zip({{"a/data.pkl", bytes}, {"a/data/0", std::string(24, 'd')}});
  weft::fuzz::open_bytes("pytorch_model.bin", reinterpret_cast<const uint8_t*>(file.data()), file.size());
  return 0;
}
