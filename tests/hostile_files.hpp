// Small weight files, sound or not, written byte by byte.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace weft::testing_files {

namespace fs = std::filesystem;

/// A temporary folder, which is removed with its contents.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = ::testing::TempDir() + "/weft_hostile_XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, std::string_view bytes) const {
    std::ofstream(*this / name, std::ios::binary | std::ios::trunc) << bytes;
    return *this / name;
  }

 private:
  std::string path_;
};

inline std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

template <class T>
std::string raw(T v) {
  return {reinterpret_cast<const char*>(&v), sizeof v};
}

/// A safetensors file: the header's length, the header, and `data_bytes` bytes of data.
inline std::string safetensors(const std::string& header, std::size_t data_bytes = 0) {
  return raw<uint64_t>(header.size()) + header + std::string(data_bytes, 'd');
}
inline std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                         const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

/// A GGUF file made of parts. Its counts are those of the added parts, unless n_tensors or n_pairs is set.
struct Gguf {
  std::string magic = "GGUF", pairs, infos;
  uint32_t version = 3;
  std::optional<uint64_t> n_tensors, n_pairs;
  uint64_t tensors_added = 0, pairs_added = 0, alignment = 32, data_bytes = 0;

  enum : uint32_t { U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 };

  static std::string text(const std::string& s) { return raw<uint64_t>(s.size()) + s; }
  Gguf& pair(const std::string& key, uint32_t type, const std::string& value) {
    pairs += text(key) + raw(type) + value;
    ++pairs_added;
    return *this;
  }
  Gguf& array(const std::string& key, uint32_t type, uint64_t n, const std::string& items) {
    return pair(key, ARRAY, raw(type) + raw(n) + items);
  }
  /// Adds a tensor with `dims` in the file's order: innermost first.
  Gguf& tensor(const std::string& name, const std::vector<uint64_t>& dims, uint32_t type, uint64_t offset) {
    infos += text(name) + raw(static_cast<uint32_t>(dims.size()));
    for (uint64_t d : dims) infos += raw(d);
    infos += raw(type) + raw(offset);
    ++tensors_added;
    return *this;
  }
  Gguf& data(uint64_t bytes) {
    data_bytes = bytes;
    return *this;
  }
  std::string bytes() const {
    std::string out = magic + raw(version) + raw(n_tensors.value_or(tensors_added)) +
                      raw(n_pairs.value_or(pairs_added)) + pairs + infos;
    out.resize((out.size() + alignment - 1) / alignment * alignment);
    return out + std::string(data_bytes, 'd');
  }
};

/// A GGUF file with one tensor "t" of 8 f32.
inline Gguf sound_gguf() {
  return Gguf().pair("general.architecture", Gguf::STRING, Gguf::text("llama")).tensor("t", {4, 2}, 0, 0).data(32);
}

}  // namespace weft::testing_files
