#include "apps/weft/check/file_text.hpp"

#include <filesystem>
#include <fstream>

#include "core/base/error.hpp"

namespace weft::app {

Result<std::string> file_text(const std::string& path, uint64_t most) {
  std::error_code failed;
  const uint64_t size = std::filesystem::file_size(path, failed);
  if (failed) return error(Code::kNotFound, "{}: {}", path, failed.message());
  if (size > most) return error(Code::kResourceExhausted, "{}: {} bytes, at most {} are read", path, size, most);
  std::string text(size, '\0');
  std::ifstream in(path, std::ios::binary);
  if (!in.read(text.data(), static_cast<std::streamsize>(size)))
    return error(Code::kNotFound, "{}: cannot be read", path);
  return text;
}

}  // namespace weft::app
