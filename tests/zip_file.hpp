// Zip archives written byte by byte. Entries are stored without compression, and sound unless a field says otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weft::testing_files {

struct ZipEntry {
  std::string name, data;
  uint16_t method = 0, flags = 0;
  std::optional<uint32_t> stored, size, offset;  // what the directory says instead of the truth
  std::optional<std::string> local_name;
  std::optional<uint32_t> local_size;
};

/// `v` as little-endian bytes.
template <class T>
std::string little(T v) {
  return {reinterpret_cast<const char*>(&v), sizeof v};
}

inline std::string zip(const std::vector<ZipEntry>& entries) {
  std::string out, directory;
  for (const ZipEntry& e : entries) {
    const auto at = static_cast<uint32_t>(out.size()), bytes = static_cast<uint32_t>(e.data.size());
    const std::string local = e.local_name.value_or(e.name);
    const uint32_t local_size = e.local_size.value_or(bytes);
    out += little(0x04034b50) + little<uint16_t>(0) + little(e.flags) + little(e.method) + std::string(8, '\0') +
           little(local_size) + little(local_size) + little(static_cast<uint16_t>(local.size())) + little<uint16_t>(0) +
           local + e.data;
    directory += little(0x02014b50) + std::string(4, '\0') + little(e.flags) + little(e.method) + std::string(8, '\0') +
                 little(e.stored.value_or(bytes)) + little(e.size.value_or(bytes)) +
                 little(static_cast<uint16_t>(e.name.size())) + std::string(12, '\0') + little(e.offset.value_or(at)) +
                 e.name;
  }
  const auto n = static_cast<uint16_t>(entries.size());
  const std::string end = little(0x06054b50) + std::string(4, '\0') + little(n) + little(n) +
                          little(static_cast<uint32_t>(directory.size())) + little(static_cast<uint32_t>(out.size())) +
                          little<uint16_t>(0);
  return out + directory + end;
}

}  // namespace weft::testing_files
