// Any bytes as an archive: what is unpacked are plain files and folders within the output folder and the allowed size.
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "hub/tar.hpp"

namespace fs = std::filesystem;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static const std::string folder = [] {
    std::string name = (fs::temp_directory_path() / "weft-fuzz-tar-XXXXXX").string();
    return std::string(mkdtemp(name.data()));
  }();
  const std::string archive = folder + "/archive", out = folder + "/a/b";
  fs::create_directories(out);
  std::ofstream(archive, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  constexpr uint64_t kMost = 1 << 20;
  (void)weft::hub::unpack_tar(archive, out, kMost, nullptr);
  uint64_t bytes = 0;
  for (const auto& e : fs::recursive_directory_iterator(folder)) {
    if (e.is_symlink() || (!e.is_regular_file() && !e.is_directory())) abort();
    const std::string path = e.path().string();
    if (path.starts_with(out + "/")) bytes += e.is_regular_file() ? e.file_size() : 0;
    else if (path != archive && path != out && path != folder + "/a") abort();
  }
  if (bytes > kMost) abort();
  fs::remove_all(out);
  return 0;
}
