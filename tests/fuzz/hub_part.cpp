// Any bytes as a download that was broken off: it continues within the file's size, and lends only bytes that have
// come.
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "hub/part_file.hpp"

using namespace weft::hub;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static const std::string folder = [] {
    std::string name = (std::filesystem::temp_directory_path() / "weft-fuzz-part-XXXXXX").string();
    return std::string(mkdtemp(name.data()));
  }();
  const std::string path = folder + "/part";
  constexpr uint64_t kSize = 10000;
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  auto part = PartFile::open(path, kSize, 1 << 12);
  if (!part.ok()) abort();
  std::size_t chunk = 0;
  if (part->done() > kSize || part->front(chunk) > kSize) abort();
  if (part->lend(0, kSize) != (part->done() == kSize)) abort();
  if (part->lend(kSize, 1) || part->lend(UINT64_MAX, 2)) abort();
  for (std::size_t i = 0; i < part->chunks(); ++i) {
    const std::string rest(part->bytes(i) - part->done(i), 'x');
    if (!part->append(i, rest).ok() || part->append(i, "x").ok()) abort();
  }
  if (part->done() != kSize || !part->lend(0, kSize) || !part->finish(folder + "/whole").ok()) abort();
  if (std::filesystem::file_size(folder + "/whole") != kSize) abort();
  return 0;
}
